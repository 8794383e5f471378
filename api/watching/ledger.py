"""Records that wait for their seal, and stores that lack checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.checkpoint_reading import checkpoint_numbered, last_checkpoint, shipments
from archive.checkpoints.statement import Checkpoint
from archive.local_time import local_text

UNSEALED = timedelta(hours=1)


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    patience = timedelta(hours=installation.policy.lag_alert_hours)
    with installation.catalogue.read() as view:
        newest = last_checkpoint(view)
        found = list(_unsealed(view, newest, at))
        if newest is not None:
            for store in installation.policy.names:
                found += _lagging(view, store, newest, at, patience)
    return found


def _unsealed(view: Reading, newest: Checkpoint | None, at: datetime) -> Iterator[Standing]:
    waiting = view.records(newest.content.ledger_last if newest else 0, 1)
    if waiting and at - waiting[0].at > UNSEALED:
        text = f"Sổ nhật ký chưa được niêm phong từ bản ghi {waiting[0].seq} ({local_text(waiting[0].at)})."
        yield Standing("ledger.unsealed", "ledger", Severity.YELLOW, text, {"seq": waiting[0].seq})


def _lagging(view: Reading, store: str, newest: Checkpoint, at: datetime, patience: timedelta) -> Iterator[Standing]:
    shipped = shipments(view).get(store)
    number = shipped.number if shipped else 0
    lacking = checkpoint_numbered(view, number + 1) if number < newest.number else None
    if lacking is not None and at - lacking.content.at > patience:
        text = f"Kho «{store}» chưa có sổ nhật ký từ điểm niêm phong {lacking.number}."
        yield Standing("store.lagging", store, Severity.YELLOW, text, {"lacks_from": lacking.number})


WATCH = Watch("ledger", frozenset({"ledger.unsealed", "store.lagging"}), _look)
