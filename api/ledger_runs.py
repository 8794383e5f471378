"""What verifying the ledger and sealing it found, kept beside the runs of fsck: alerts stand by the last of each kind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archive.catalogue import Catalogue, Reading
from archive.catalogue.repair_model import FsckRun
from archive.catalogue.repair_reading import fsck_runs
from archive.catalogue.repair_writing import record_fsck_run
from archive.checkpoints.errors import CheckpointConflictError
from archive.errors import LedgerBrokenError

LEDGER_RUN = "ledger"
"""A comparison of all stores with what was sealed."""
SEAL_RUN = "seal"
"""Sealing that was refused, or goes on again."""
REFUSED = "ledger.seal.refused"
_KEPT = 1000
_TOLD_ELSEWHERE = frozenset({"store.place.unreachable", "checkpoint.shipment.missing"})
"""Stores that are away or late have alerts of their own."""


class Noted:
    """Differences counted, the first of them kept."""

    def __init__(self) -> None:
        self._count = 0
        self._kept: list[Mapping[str, Any]] = []
        self._problem = ""

    def add(self, item: Mapping[str, Any]) -> None:
        if item["code"] in _TOLD_ELSEWHERE:
            self._problem = str(item["message"])
            return
        self._count += 1
        if len(self._kept) < _KEPT:
            self._kept.append(item)

    def run(self, kind: str, begun: datetime, ended: datetime) -> FsckRun:
        return FsckRun(str(uuid.uuid4()), kind, begun, ended, self._count, self._kept, self._problem)


def found_something(view: Reading, kind: str) -> bool:
    """Whether the last run of this kind did, or could not compare all."""
    return any(run.differences or run.problem for run in fsck_runs(view, 1, kind=kind))


def note_sealing(
    catalogue: Catalogue, refused: LedgerBrokenError | CheckpointConflictError | None, at: datetime
) -> None:
    """Sealing was refused because something was changed, or (None) works; written only when that is news."""
    noted = Noted()
    if refused is not None:
        subject = refused.detail.removeprefix("seq ")
        noted.add({"code": REFUSED, "subject": subject, "behind": "ledger", "message": refused.message})
    with catalogue.read() as view:
        if found_something(view, SEAL_RUN) is (refused is not None):
            return
    with catalogue.transaction() as tx:
        record_fsck_run(tx, noted.run(SEAL_RUN, at, at))
