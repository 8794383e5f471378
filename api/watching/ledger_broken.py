"""The ledger, a checkpoint, or a sealed copy of them contradicted: by the last comparison of each kind, or by sealing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.bootstrap import Installation
from api.ledger_runs import LEDGER_RUN, SEAL_RUN
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.repair_reading import fsck_runs

CODE = "ledger.broken"
_BROKEN = (
    "checkpoint.catalogue.behind",
    "checkpoint.chain.",
    "checkpoint.object.damaged",
    "checkpoint.part.damaged",
    "checkpoint.row.",
    "checkpoint.timestamp.invalid",
    "ledger.",
)
_UNREAD = "ledger.seal.unread"
"""Nobody can say: it is no contradiction."""
_LOOKED_BACK = 50


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    with installation.catalogue.read() as view:
        found = [item for kind in (SEAL_RUN, LEDGER_RUN, "light") for item in _contradictions(view, kind)]
    # One alert, however much is wrong: who has changed one record has changed all behind it.
    for item in found[:1]:
        data = {"code": str(item["code"]), "contradictions": len(found)}
        return [Standing(CODE, str(item["subject"]), Severity.RED, str(item["message"]), data)]
    return []


def _contradictions(view: Reading, kind: str) -> Iterator[Mapping[str, Any]]:
    """Those of the last run; where that could not compare everything, those found before stand too."""
    for run in fsck_runs(view, _LOOKED_BACK, kind=kind):
        for item in run.found:
            code = str(item["code"])
            if code.startswith(_BROKEN) and code != _UNREAD:
                yield item
        if not run.problem:
            return


WATCH = Watch("ledger-broken", frozenset({CODE}), _look)
