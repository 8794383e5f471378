"""After the proof: each hồ sơ is said to be destroyed, in the catalogue, on its tombstone and in the ledger at once.

Nothing here removes anything. Stopped anywhere, the next call goes on; a run that proved nothing completes nothing. What a
look found again is made due again: it goes once more, and is looked for once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from archive.catalogue import Catalogue
from archive.catalogue.absence_proof import proving_run
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict, ItemState
from archive.catalogue.destruction_reading import (
    items_of_files,
    tombstone_packages_of,
    undone_tombstones,
)
from archive.catalogue.destruction_writing import Noted, mark_destroyed, note_work
from archive.catalogue.file_writing import move_file
from archive.catalogue.pieces import pieces
from archive.destruction.executing import ROUND
from archive.events import Event
from archive.policy_standing import Standing, always
from archive.retention.file_state import FileState

AT_ONCE = 100


def complete(
    catalogue: Catalogue, round_id: str, *, actor: str, now: Callable[[], datetime], standing: Standing = always
) -> int:
    """How many hồ sơ were said to be destroyed now; none unless the last run proved the absence of every one of them.

    That is asked again in each transaction that says so: a line may have been begun since the run looked. So is
    ``standing``, and what it raises is raised.
    """
    done = 0
    while True:
        with catalogue.transaction() as tx:
            standing(tx)
            run, _ = proving_run(tx, round_id)
            some = undone_tombstones(tx, round_id, AT_ONCE)
            if run is None or not some:
                return done
            packages = tombstone_packages_of(tx, [item.file_id for item in some])
            locked: dict[str, list[str]] = {}
            for waiting in items_of_files(tx, round_id, [item.file_id for item in some]):
                if waiting.state is ItemState.LOCKED:
                    locked.setdefault(waiting.file_id, []).append(waiting.place)
            for item in some:
                data = {
                    "run_id": run.id,
                    "aip_ids": [package.aip_id for package in packages.get(item.file_id, ())],
                    "locked": locked.get(item.file_id, []),
                }
                move_file(tx, item.file_id, FileState.DESTROYED, actor=actor, at=now(), round_id=round_id, data=data)
                record = tx.record_of(item.file_id, Event.FILE_CONTENT_DESTROYED)
                assert record is not None, "a state has its record"
                mark_destroyed(tx, item.file_id, record)
        done += len(some)


def found_again(catalogue: Catalogue, run: AbsenceRun, *, now: Callable[[], datetime]) -> int:
    """Makes due again what ``run`` found where it was thought absent; how many items. Once for the round follows again."""
    traces: list[Mapping[str, Any]] = list((run.report or {}).get("found", {}).get("traces", ()))
    if run.verdict is not AbsenceVerdict.FOUND:
        return 0
    named = (run.report or {}).get("found", {}).get("files", ())
    files = {*map(str, named), *(str(item["file_id"]) for item in traces)}
    with catalogue.transaction() as tx:
        items = [
            item for some in pieces(sorted({*files, ROUND}), 500) for item in items_of_files(tx, run.round_id, some)
        ]
        # What a lock kept of the round's own steps is no reason to leave what was found besides.
        again = [
            item
            for item in items
            if item.state is ItemState.ABSENT or (item.file_id == ROUND and item.state is ItemState.LOCKED)
        ]
        note_work(
            tx,
            run.round_id,
            [Noted(item.file_id, item.place, ItemState.DUE, "Tìm thấy lại khi kiểm chứng.") for item in again],
            now(),
        )
    return len(again)
