"""A rehearsal of recovery: one store rebuilt beside the running archive, and compared with it as of the checkpoint.

What the running archive has done since the checkpoint is no difference: the ledger behind its end, rows noted as changed
since, packages written since. Everything else must be the same.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.catalogue import Aip, Catalogue, Reading
from archive.catalogue.backup_log import Drill, RunState, begin_drill, drills_logged, end_drill
from archive.catalogue.carried import FROM_PACKAGES
from archive.catalogue.comparing import RowDifference, Side
from archive.catalogue.since import keys_changed_behind, packages_of_material, sealed_change
from archive.errors import LuutruError
from archive.events import Event
from archive.fixity import DeepCheck, verify_copy
from archive.ledger import written_instant
from archive.recovery.diff import view_differences
from archive.recovery.problems import Problem
from archive.recovery.rebuilding import Progress, Rebuilding, Rebuilt
from archive.sealing.opening import NO_KEYS, Keys
from archive.storage.store import Store

_MOST_ROWS = 500
_EXPECTED = frozenset({"package.object.unclaimed", "submission.content.lost"})
"""What a rebuild of a living archive always may find: work that is under way."""


@dataclass(frozen=True)
class Drilling:
    """How drills are run. ``deep`` looks into each sampled package; ``sample``: how many are read whole."""

    catalogue: Catalogue
    public_keys: Sequence[Ed25519PublicKey]
    archive: dict[str, str]
    now: Callable[[], datetime]
    deep: DeepCheck
    sample: int = 20
    location: str = ""
    operator: str = ""
    actor: str = "luutru"
    chance: random.Random = field(default_factory=random.Random)
    progress: Progress = lambda _phase, _done, _total: None
    keys: Keys = NO_KEYS

    def run(self, store: Store, scratch: Path, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """The report; ``passed`` says whether the archive would come back from ``store``. ``keep`` is given it to store it
        before the ledger names it. Nothing but the report is left. A drill that could not be run is one that failed.
        """
        drill = Drill(str(uuid.uuid4()), store.name, RunState.RUNNING, self.now())
        with self.catalogue.transaction() as tx:
            begin_drill(tx, drill)
        report = self._report(drill)
        try:
            with Catalogue.open(f"sqlite:///{scratch / 'catalogue.sqlite'}") as fresh:
                rebuilding = Rebuilding(
                    fresh,
                    [store],
                    self.public_keys,
                    scratch,
                    self.now,
                    read_whole=False,
                    progress=self.progress,
                    keys=self.keys,
                )
                self._compare(rebuilding.run(), fresh, store, report)
        except LuutruError as error:
            failed = Problem(error.code, store.name, error.message, store.name, True, error.detail)
            report["problems"].append(failed.as_json())
        report["passed"] = not report["differences"] and not any(item["red"] for item in report["problems"])
        report["ended_at"] = written_instant(self.now())
        keep(report)
        self._record(drill, report)
        return report

    def _compare(self, rebuilt: Rebuilt, fresh: Catalogue, store: Store, report: dict[str, Any]) -> None:
        report |= {
            "checkpoint": rebuilt.number,
            "ledger_last": rebuilt.ledger_last,
            "packages": rebuilt.packages,
            "documents": rebuilt.documents,
        }
        report["problems"] += [item.as_json() for item in rebuilt.problems if item.code not in _EXPECTED]
        with self.catalogue.read() as running, fresh.read() as back:
            excused = _Since(running, rebuilt.ledger_last, sealed_change(back, rebuilt.number))
            for item in view_differences(running, back):
                if not excused.explains(item):
                    report["differences"] += 1
                    if len(report["rows"]) < _MOST_ROWS:
                        key = "/".join(map(str, item.key))
                        side = f"{item.side.value} {' '.join(item.columns)}".strip()
                        report["rows"].append({"table": item.table, "key": key, "side": side})
            chosen = self._sampled(back)
        for aip in chosen:
            self._look(aip, store, report)

    def _sampled(self, view: Reading) -> list[Aip]:
        """Each package with the same chance, in one pass and flat memory."""
        chosen: list[Aip] = []
        for number, aip in enumerate(view.aips()):
            if len(chosen) < self.sample:
                chosen.append(aip)
            elif (place := self.chance.randrange(number + 1)) < self.sample:
                chosen[place] = aip
        return chosen

    def _look(self, aip: Aip, store: Store, report: dict[str, Any]) -> None:
        seen = verify_copy(
            store, aip.object_key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256, deep=self.deep
        )
        report["sampled"] += 1
        if not seen.ok:
            found = Problem(
                "package.sample.damaged",
                aip.id,
                f"Gói tin {aip.id} trong kho «{store.name}» không đạt khi mở ra kiểm tra ({seen.state.value}).",
                store.name,
                True,
                seen.detail,
            )
            report["problems"].append(found.as_json())

    def _report(self, drill: Drill) -> dict[str, Any]:
        return {
            "format": "luutru-drill/1",
            "id": drill.id,
            "archive": dict(self.archive),
            "store": drill.store,
            "begun_at": written_instant(drill.begun_at),
            "ended_at": "",
            "location": self.location,
            "operator": self.operator or self.actor,
            "checkpoint": 0,
            "ledger_last": 0,
            "packages": 0,
            "documents": 0,
            "sampled": 0,
            "differences": 0,
            "rows": [],
            "problems": [],
            "passed": False,
        }

    def _record(self, drill: Drill, report: dict[str, Any]) -> None:
        with self.catalogue.transaction() as tx:
            end_drill(
                tx,
                Drill(
                    drill.id,
                    drill.store,
                    RunState.COMPLETED if report["passed"] else RunState.FAILED,
                    drill.begun_at,
                    self.now(),
                    report["checkpoint"],
                    report["packages"],
                    report["differences"],
                    report,
                ),
            )
            tx.append(
                Event.ARCHIVE_DRILL_COMPLETED,
                "archive",
                actor=self.actor,
                at=self.now(),
                data={
                    name: report[name]
                    for name in ("id", "store", "passed", "checkpoint", "packages", "sampled", "differences")
                },
            )


def next_store(view: Reading, stores: Sequence[Store]) -> Store:
    """The store whose last drill is longest ago; one that never had any before all others."""
    last = {drill.store: drill.begun_at for drill in reversed(drills_logged(view, 10_000))}
    never = [store for store in stores if store.name not in last]
    return never[0] if never else min(stores, key=lambda store: last[store.name])


class _Since:
    """What the running archive has changed behind a checkpoint."""

    def __init__(self, running: Reading, ledger_last: int, last_change: int) -> None:
        self._running = running
        self._ledger_last = ledger_last
        self._changed = {(table, tuple(json.loads(key))) for table, key in keys_changed_behind(running, last_change)}

    def explains(self, item: RowDifference) -> bool:
        if item.table == "ledger":
            return item.side is Side.LEFT and item.key[0] > self._ledger_last
        if item.table == "ledger_end":
            return self._grown()
        if item.table == "validation_material":
            return item.side is Side.LEFT and all(map(self._is_new, packages_of_material(self._running, item.key[0])))
        if item.table in FROM_PACKAGES:
            return item.side is Side.LEFT and self._is_new(item.key[0])
        return (item.table, item.key) in self._changed

    def _grown(self) -> bool:
        end = self._running.ledger_end()
        return end is not None and end[0] > self._ledger_last

    def _is_new(self, aip_id: str) -> bool:
        """Whether the package was recorded behind the checkpoint."""
        submission = self._running.submission_of_aip(aip_id)
        record = self._running.record_of(submission.id, Event.AIP_PACKAGE_WRITTEN) if submission else None
        return record is not None and record.seq > self._ledger_last
