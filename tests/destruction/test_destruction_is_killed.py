"""Killed between any two steps, or anywhere at all, destruction goes on forward; nothing half-done is shown as either (T6)."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import ItemState
from archive.catalogue.destruction_reading import tombstone, work_items
from archive.catalogue.file_reading import file
from archive.fsck.everything import Holdings, fsck
from archive.retention.file_state import FileState
from archive.storage.directory import DirectoryStore
from archive.storage.disk import Disk
from tests.destruction.round_at_work import ROUND_ID, RoundAtWork, in_folders

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("LUUTRU_KILLS", "12"))
"""Random kills of a process; 200 in the long runs."""


class _Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


class _Steps:
    """Dies at the step of this number: a change on a disk, a commit."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Killed


class _DyingDisk(Disk):
    def __init__(self, steps: _Steps) -> None:
        self._steps = steps

    def unlink(self, path: Path) -> None:
        self._steps.step()
        super().unlink(path)
        self._steps.step()


class _DyingCatalogue:
    """Dies right before a commit, or right after it."""

    def __init__(self, catalogue: Catalogue, steps: _Steps) -> None:
        self._catalogue = catalogue
        self._steps = steps

    def transaction(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def dying() -> Any:
            with self._catalogue.transaction() as tx:
                yield tx
                self._steps.step()
            self._steps.step()

        return dying()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalogue, name)


def _whole_or_ended(work: RoundAtWork) -> None:
    """At any instant each hồ sơ is either untouched, or on its way with its tombstone; and fsck finds nothing amiss."""
    with work.catalogue.read() as view:
        for line in work.lines():
            laid, account = tombstone(view, line.file_id), file(view, line.file_id)
            assert account is not None
            held = next(item for item in work.destroyed if work.file_id(item) == line.file_id)
            if laid is None:
                assert account.state is FileState.IN_ROUND and view.aip(held.aip_id) is not None
                assert all(held.key in set(store.keys("aip")) for store in work.stores), "not begun, not touched"
            else:
                assert account.state is FileState.DESTROYING and view.aip(held.aip_id) is None
                assert not laid.destroyed
    assert [f"{item.code} {item.subject}" for item in fsck(work.catalogue, work.stores, Holdings())] == []


def test_killed_at_every_step_it_goes_on(tmp_path: Path) -> None:
    """Each commit and each change of a disk, one after the other; the next attempt always comes one step further."""
    first = tmp_path / "first"
    first.mkdir()
    with Catalogue.open(f"sqlite:///{first / 'catalogue.sqlite'}") as catalogue:
        prepared = in_folders(catalogue, "", first)
        prepared.take_in(1, kept=1, size_bytes=2_000)
    for at in range(1, 400):
        folder = tmp_path / str(at)
        shutil.copytree(first, folder)
        url = f"sqlite:///{folder / 'catalogue.sqlite'}"
        with Catalogue.open(url) as catalogue:
            work = in_folders(catalogue, url, folder)
            work.destroyed, work.kept, work.keys.ids = prepared.destroyed, prepared.kept, set(prepared.keys.ids)
            killed = _destroyed_until_killed(work, folder, _Steps(at))
            _whole_or_ended(work)
            work.usual_places()
            work.begin()
            # Whoever was killed while sealing is waited for: by the clock of the archive, ten seconds.
            assert any(work.run().settled for _ in range(8)), at
            _everything_gone(work)
        shutil.rmtree(folder)
        if not killed:
            assert at > 20, "there were steps to be killed at"
            return
    raise AssertionError("it never came to its end")


def _destroyed_until_killed(work: RoundAtWork, folder: Path, steps: _Steps) -> bool:
    real, stores = work.catalogue, work.stores
    work.catalogue = _DyingCatalogue(real, steps)  # type: ignore[assignment]
    work.stores = [
        DirectoryStore(store.name, folder / "stores" / store.name, disk=_DyingDisk(steps)) for store in stores
    ]
    work.usual_places()
    try:
        work.begin()
        work.run()
    except _Killed:
        return True
    finally:
        work.catalogue, work.stores = real, stores
    return False


def _everything_gone(work: RoundAtWork) -> None:
    for store in work.stores:
        assert set(store.keys("aip")) == {held.key for held in work.kept}
    with work.catalogue.read() as view:
        assert {item.state for item in work_items(view, ROUND_ID)} == {ItemState.ABSENT}
    assert [item.code for item in fsck(work.catalogue, work.stores, Holdings())] == []


@pytest.mark.timeout(60 + 20 * KILLS)
def test_killed_anywhere_as_a_process_it_goes_on(
    new_url: Callable[[], str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance, kills, number = random.Random(7), 0, 0
    longest = 1.0
    while kills < KILLS:
        number += 1
        url, folder = new_url(), tmp_path / str(number)
        folder.mkdir()
        with Catalogue.open(url) as catalogue:
            work = in_folders(catalogue, url, folder)
            work.take_in(12, kept=1, size_bytes=2_000)
            (folder / "lines").write_text("\n".join(line.file_id for line in work.lines()))
            for _ in range(12):
                process, begun = _destroyer(folder, url), time.monotonic()
                try:
                    process.wait(chance.uniform(0.0, longest))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    kills += 1
                    _whole_or_ended(work)
                    if kills < KILLS:
                        continue
                else:
                    assert process.returncode == 0
                    longest = min(longest, time.monotonic() - begun)  # no longer than a whole one takes
                break
            assert _destroyer(folder, url).wait(120) == 0
            _everything_gone(work)


def _destroyer(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """Begun when it has said so: importing is no part of what is killed."""
    command = [sys.executable, "-m", "tests.destruction.destroyer", str(folder), url]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"started\n"
    return process
