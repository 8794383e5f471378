"""Backups that failed or are missing, drills that did not give the archive back or were not held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.backup_log import RunState, backups_logged, drills_logged
from archive.local_time import local_text

BACKUP_MISSING = timedelta(hours=36)
"""One is made every day; half a day more is patience enough."""
DRILL_MISSING = timedelta(days=45)
"""One is held every month."""
_LOOKED_BACK = 20


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    settings = installation.settings.backup
    with installation.catalogue.read() as view:
        first = view.records(0, 1)
        if not first:
            return []
        begun = first[0].at
        found = list(_backups(view, begun, at)) if settings.at else []
        return [*found, *(_drills(view, begun, at) if settings.drill_at else ())]


def _backups(view: Reading, begun: datetime, at: datetime) -> Iterator[Standing]:
    logged = backups_logged(view, _LOOKED_BACK)
    ended = [item for item in logged if item.state is not RunState.RUNNING]
    if ended and ended[0].state is RunState.FAILED:
        yield _failed("backup", f"Lần sao lưu {ended[0].name} không thành công.")
        return
    last = ended[0].ended_at or ended[0].begun_at if ended else begun
    if at - last > BACKUP_MISSING:
        yield _failed("backup", f"Chưa có bản sao lưu nào từ {local_text(last)}.")


def _drills(view: Reading, begun: datetime, at: datetime) -> Iterator[Standing]:
    ended = [item for item in drills_logged(view, _LOOKED_BACK) if item.state is not RunState.RUNNING]
    if ended and (ended[0].state is RunState.FAILED or ended[0].differences):
        yield _failed("drill", f"Lần diễn tập phục hồi {ended[0].id} từ kho «{ended[0].store}» không đạt.")
        return
    last = ended[0].ended_at or ended[0].begun_at if ended else begun
    if at - last > DRILL_MISSING:
        yield _failed("drill", f"Chưa diễn tập phục hồi lần nào từ {local_text(last)}.")


def _failed(what: str, text: str) -> Standing:
    return Standing(f"{what}.failed", what, Severity.RED, text)


WATCH = Watch("recovery", frozenset({"backup.failed", "drill.failed"}), _look)
