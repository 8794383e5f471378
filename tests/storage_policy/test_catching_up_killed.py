"""kill -9 between any two steps of catching up: the next run ends it, once, and no copy is believed that was not read."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from moody_stores import Mood
from small_archive import NEVER, SmallArchive

import archive.catchup
from archive.catalogue import Catalogue
from archive.catchup import CatchUp
from archive.events import Event
from archive.fixity import CopyState
from archive.lagging import LaggingStore
from archive.storage import DirectoryStore
from archive.storage.file_writing import FileWriter

OK = CopyState.OK


def dying(real: Callable[..., Any], when: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return found

    return call


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (archive.catchup, "fill"),
        (archive.catchup, "awaited_copies"),
        (archive.catchup, "copy_proven"),
        (FileWriter, "write"),
        (FileWriter, "commit"),
        (archive.catchup, "verify_copy"),
        (archive.catchup, "copy_added"),
        (Catalogue, "transaction"),
    ],
)
def test_a_run_that_was_killed_anywhere_is_ended_by_the_next(tmp_path: Path, place: Any, name: str, when: str) -> None:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    with Catalogue.open(url) as catalogue:
        small = SmallArchive(catalogue, tmp_path)
        small.mood(2, Mood.AWAY)
        aips = [small.store_one(number) for number in (3, 1, 2)]
        policy = small.policy
    pid = os.fork()
    if pid == 0:
        # The child never returns into pytest, whatever happens.
        try:
            setattr(place, name, dying(getattr(place, name), when))
            if name == "fill":
                archive.catchup.unfilled = lambda _view: ("c",)  # type: ignore[assignment]
            with Catalogue.open(url) as again:
                stores = [LaggingStore(DirectoryStore(store, tmp_path / store)) for store in "abc"]
                CatchUp(again, policy, stores, small.now).run(NEVER)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    with Catalogue.open(url) as again:
        with again.read() as view:
            for aip in aips:
                copy = next(copy for copy in view.copies(aip.id) if copy.store == "c")
                if copy.state is OK:
                    assert (tmp_path / "c" / str(aip.object_key)).read_bytes() == small.held(aip, 0)
        stores = [LaggingStore(DirectoryStore(store, tmp_path / store)) for store in "abc"]
        CatchUp(again, policy, stores, small.now).run(NEVER)
        with again.read() as view:
            assert {copy.state for aip in aips for copy in view.copies(aip.id)} == {OK}
            added = [record.subject for record in view.records(limit=100, event=Event.AIP_COPY_ADDED)]
            assert added == [aip.id for aip in aips]
        for aip in aips:
            assert small.held(aip, 2) == small.held(aip, 0)
        DirectoryStore("c", tmp_path / "c").sweep()
        assert list((tmp_path / "c" / ".writing").iterdir()) == []
