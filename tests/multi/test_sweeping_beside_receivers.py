"""The sweeper of quarantine beside receivers at work: what is acknowledged meanwhile, or begun anew, is never swept."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.settings import load_settings
from ingest.quarantine import Quarantine
from tests.multi.conftest import archive


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with opened(load_settings(archive(tmp_path / "home", ""))) as installation:
        yield installation


def test_what_is_acknowledged_while_the_sweeper_looks_stays(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.txt"
    source.write_text("Về việc tu bổ đê điều", encoding="utf-8")
    quarantine = installation.quarantine
    names = quarantine.names
    received: list[str] = []

    def while_listing() -> Iterator[str]:
        if received:
            return names()
        received.append("")  # receiving lists nothing of its own
        # Listed while it was being received, acknowledged before the sweeper comes to it.
        received[0] = installation.intake().receive(source).submission.id
        return iter([*names(), f"{received[0]}.lock"])

    monkeypatch.setattr(quarantine, "names", while_listing)
    intake = installation.intake()
    assert intake.sweep() == 0
    assert any(quarantine.slot(received[0]).content.iterdir())
    assert list(names()) == received


def test_a_lock_that_was_taken_away_says_nothing_of_who_receives_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarantine, same = Quarantine(tmp_path / "q"), "1" * 32
    lock = fcntl.flock
    with ExitStack() as receivers:

        def overtaken(file: object, operation: int) -> None:
            if operation & fcntl.LOCK_NB:
                # The sweeper has the first receiver's lock open; that one gives up, and the next begins on the same.
                monkeypatch.setattr(fcntl, "flock", lock)
                first.close()
                receivers.enter_context(quarantine.being_received(same))
                quarantine.begin(same).transfer.write_bytes(b"content")
                quarantine.complete(same)
            lock(file, operation)  # type: ignore[arg-type]

        first = ExitStack()
        first.enter_context(quarantine.being_received(same))
        monkeypatch.setattr(fcntl, "flock", overtaken)
        assert quarantine.sweep(lambda _id: False) == 0  # it is about to be recorded
        assert quarantine.slot(same).transfer.read_bytes() == b"content"
