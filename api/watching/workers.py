"""Workers that say nothing any more, or sit before work they do not begin (T29)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Alert, Severity, Standing
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.worker_model import Heartbeat
from archive.catalogue.worker_reading import database_now, heartbeats

CODE = "worker.silent"
ALL = "*"
"""The subject that stands for every worker there might be."""


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    with installation.catalogue.read() as view:
        return list(silent(heartbeats(view), open_alerts(view, {CODE}), database_now(view)))


def silent(beats: Sequence[Heartbeat], told: Sequence[Alert], now: datetime) -> Iterator[Standing]:
    """A machine is silent from the time its last worker died until one lives there again.

    The catalogue forgets dead workers; what was told of one stands until then, or until somebody acknowledged that the
    machine is gone while others work.
    """
    living = {beat.host for beat in beats if beat.alive(now)}
    if not living:
        yield Standing(CODE, ALL, Severity.RED, "Không có tiến trình xử lý nào đang chạy.")
    left = {alert.subject for alert in told if alert.subject != ALL and not (living and alert.acknowledged_at)}
    dead = {beat.host for beat in beats if not beat.alive(now)} - {
        alert.subject for alert in told if living and alert.acknowledged_at
    }
    for host in sorted((dead | left) - living):
        yield Standing(CODE, host, Severity.RED, f"Không còn tiến trình xử lý nào trên máy «{host}».")
    for host in sorted({beat.host for beat in beats if beat.alive(now) and not beat.takes_jobs(now)}):
        yield Standing(CODE, host, Severity.RED, f"Tiến trình xử lý trên máy «{host}» có việc chờ mà không làm.")


WATCH = Watch("workers", frozenset({CODE}), _look)
