"""One locked report of an audit keeps no other from going."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from api.destruction_places import AuditReports, Mentioned
from archive.absence.patterns import Needle, Searcher
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict, ItemState
from archive.catalogue.destruction_reading import items_of_files
from archive.catalogue.destruction_writing import Noted, note_work, plan_work
from archive.destruction.completing import found_again
from archive.destruction.executing import ROUND
from archive.errors import LockedError
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork

QUOTED = b"hello-needle-0123456789"
SOON, LATE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


class Locking:
    """The store, with locks on some objects."""

    def __init__(self, store: DirectoryStore, locks: dict[str, datetime]) -> None:
        self._store = store
        self._locks = locks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def remove(self, key: Key) -> None:
        if key in self._locks:
            raise LockedError("Còn khóa.", until=self._locks[key])
        self._store.remove(key)


def reports(folder: Path, names: Sequence[str], locks: dict[str, datetime]) -> AuditReports:
    store = DirectoryStore.initialise("kho-1", folder / "kho-1")
    (folder / "audit").mkdir()
    (folder / "audit" / "run.json").write_bytes(QUOTED)
    for name in names:
        with store.create(Key(f"audit/{name}.json")) as writer:
            writer.write(QUOTED)
            writer.commit()
    mentioned = cast(Mentioned, SimpleNamespace(searcher=Searcher([Needle("f", "content", QUOTED)])))
    return AuditReports([cast(Any, Locking(store, locks))], folder / "audit", mentioned)


def test_reports_behind_a_locked_one_go_and_the_last_lock_is_told(tmp_path: Path) -> None:
    locks = {"audit/a.json": LATE, "audit/b.json": SOON}
    place = reports(tmp_path, ["a", "b", "c"], locks)
    outcome = place.finish(ROUND_ID)
    assert (outcome.state, outcome.locked_until) == (ItemState.LOCKED, LATE)
    assert sorted(map(str, place.stores[0].keys("audit"))) == ["audit/a.json", "audit/b.json"]
    assert list(place.folder.iterdir()) == []


def test_what_was_found_makes_locked_steps_of_the_round_due_too(work: RoundAtWork) -> None:
    work.take_in(1)
    work.begin()
    assert work.run().settled
    at, file_id = work.now(), work.file_id(work.destroyed[0])
    with work.catalogue.transaction() as tx:
        plan_work(tx, ROUND_ID, [ROUND], ["audit-reports"], at)
        note_work(tx, ROUND_ID, [Noted(ROUND, "audit-reports", ItemState.LOCKED, "", LATE)], at)
    report = {"found": {"files": [file_id], "traces": []}}
    run = AbsenceRun("3" * 32, ROUND_ID, VERIFIER, EXECUTOR, at, verdict=AbsenceVerdict.FOUND, report=report)
    assert found_again(work.catalogue, run, now=work.now) > 0
    with work.catalogue.read() as view:
        states = {item.place: item.state for item in items_of_files(view, ROUND_ID, [ROUND])}
    assert states["audit-reports"] is ItemState.DUE
