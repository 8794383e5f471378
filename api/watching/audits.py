"""Audits that ended red, that missed their canary, or that do not get on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.audit_model import AuditRun, RunState, Verdict
from archive.catalogue.audit_reading import last_runs, running
from archive.local_time import local_text
from archive.storage_policy import StorePolicy

STOPPED = timedelta(hours=24)
"""A run whose last sitting was stopped by trouble and that nobody has taken up since."""
_LOOKED_BACK = 20


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    with installation.catalogue.read() as view:
        return [item for store in installation.policy.stores for item in _of_store(view, store, at)]


def _of_store(view: Reading, store: StorePolicy, at: datetime) -> Iterator[Standing]:
    last = next((run for run in last_runs(view, store.name, _LOOKED_BACK) if run.state is RunState.COMPLETED), None)
    if last is not None and last.verdict is Verdict.CANARY_MISSED:
        text = f"Lần kiểm tra {last.id} của kho «{store.name}» không phát hiện được gói chim báo."
        yield Standing("canary.missed", store.name, Severity.RED, text, {"run_id": last.id})
    elif last is not None and last.verdict is Verdict.RED:
        text = f"Lần kiểm tra {last.id} của kho «{store.name}» có kết quả không đạt."
        yield Standing("audit.red", store.name, Severity.RED, text, {"run_id": last.id})
    under_way = running(view, store.name)
    if under_way is not None and _does_not_get_on(under_way, store, at):
        text = (
            f"Lần kiểm tra {under_way.id} của kho «{store.name}», bắt đầu {local_text(under_way.begun_at)}, chưa xong."
        )
        yield Standing("audit.not-run", store.name, Severity.RED, text, {"run_id": under_way.id})


def _does_not_get_on(run: AuditRun, store: StorePolicy, at: datetime) -> bool:
    held = run.held_until is not None and run.held_until > at
    stopped = bool(run.trouble) and not held and at - (run.held_until or run.begun_at) > STOPPED
    return stopped or at - run.begun_at > timedelta(days=store.audit.interval_days)


WATCH = Watch("audits", frozenset({"audit.red", "audit.not-run", "canary.missed"}), _look)
