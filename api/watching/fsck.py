"""Comparisons of everything that found a difference, or could not be made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.ledger_runs import LEDGER_RUN, SEAL_RUN
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue.repair_model import FsckRun
from archive.catalogue.repair_reading import fsck_runs


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    last: dict[str, FsckRun] = {}
    with installation.catalogue.read() as view:
        for run in fsck_runs(view):
            last.setdefault(run.kind, run)
    return [_standing(run) for run in last.values() if _counts(run)]


def _counts(run: FsckRun) -> bool:
    """That a store was away is told of it anyway, and refused sealing as what it is: a broken ledger."""
    if run.kind in (LEDGER_RUN, SEAL_RUN):
        return run.kind == LEDGER_RUN and bool(run.differences)
    return bool(run.differences or run.problem)


def _standing(run: FsckRun) -> Standing:
    found = f"{run.differences} sai khác" if run.differences else "chưa đối chiếu được hết"
    text = f"Lần đối chiếu {run.id} ({run.kind}): {found}."
    return Standing("fsck.red", run.kind, Severity.RED, text, {"run_id": run.id, "differences": run.differences})


WATCH = Watch("fsck", frozenset({"fsck.red"}), _look)
