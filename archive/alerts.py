"""Alerts: what somebody must be told, durable in the transaction of the fact itself, one for each thing that is wrong.

Codes, their meaning and their remedies stand in ``schemas/alerts.toml``. Delivery is ``api.alerting``: nothing here waits
for a server.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from archive.catalogue.alert_model import Alert, Delivery, Notice, NoticeKind, Severity, Standing
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.alert_writing import (
    LONGEST_SUBJECT,
    close,
    describe_anew,
    mark_acknowledged,
    open_or_count,
)
from archive.catalogue.reading import Reading
from archive.catalogue.writing import Transaction
from archive.errors import LuutruError
from schemas.alerts import alert_kinds

__all__ = [
    "Alert",
    "AlertMissingError",
    "Delivery",
    "Notice",
    "NoticeKind",
    "Severity",
    "Standing",
    "acknowledge_alert",
    "agree_with",
    "differs",
    "raise_alert",
    "resolve_alert",
]


class AlertMissingError(LuutruError):
    """No alert has this number."""

    code = "alert.missing"


def raise_alert(
    tx: Transaction,
    *,
    severity: Severity,
    code: str,
    subject: str,
    text: str,
    at: datetime,
    data: Mapping[str, Any] | None = None,
) -> Alert:
    """The open alert about (code, subject); committed with ``tx``, and then told to people as soon as possible.

    While one is open, raising it again only counts it, with the newest text; a worse severity is told anew. ``text`` is
    one Vietnamese sentence; ``data`` holds ids and numbers, never content of records: it leaves the house by e-mail.
    An unknown code is a defect of ours and raises KeyError.
    """
    alert_kinds()[code]
    return open_or_count(tx, severity=severity, code=code, subject=subject, text=text, at=at, data=data or {})


def resolve_alert(tx: Transaction, code: str, subject: str, at: datetime) -> Alert | None:
    """The alert about (code, subject) is over, and people are told; None, and nothing done, when none was open."""
    alert_kinds()[code]
    return close(tx, code, subject, at)


def acknowledge_alert(tx: Transaction, number: int, *, by: str, note: str, at: datetime) -> Alert:
    """The alert with who has taken it on (``account:…`` as the ledger names people) and his words.

    It stays open, and a red one red, until what it is about is over. Raises AlertMissingError.
    """
    alert = mark_acknowledged(tx, number, by=by, note=" ".join(note.split()), at=at)
    if alert is None:
        raise AlertMissingError("Không có cảnh báo mang số này.", detail=str(number))
    return alert


def differs(reading: Reading, codes: Collection[str], standing: Iterable[Standing]) -> bool:
    """Whether ``agree_with`` would change anything: asked first, so that watching does not write each time."""
    return any(_changes(reading, codes, standing))


def agree_with(tx: Transaction, codes: Collection[str], standing: Iterable[Standing], at: datetime) -> None:
    """Open alerts with these codes are afterwards exactly ``standing``: raised, described anew, or resolved.

    For states that are looked at again and again: one that lasts is counted once and told once.
    """
    raised, described, over = _changes(tx, codes, standing)
    for item in raised:
        raise_alert(
            tx, severity=item.severity, code=item.code, subject=item.subject, text=item.text, at=at, data=item.data
        )
    for alert, item in described:
        describe_anew(tx, alert, text=item.text, data=item.data, at=at)
    for alert in over:
        resolve_alert(tx, alert.code, alert.subject, at)


def _changes(
    view: Reading, codes: Collection[str], standing: Iterable[Standing]
) -> tuple[list[Standing], list[tuple[Alert, Standing]], list[Alert]]:
    found = {(item.code, item.subject[:LONGEST_SUBJECT]): item for item in standing}
    known = {(alert.code, alert.subject): alert for alert in open_alerts(view, codes)}
    raised, described = [], []
    for name, item in found.items():
        alert = known.get(name)
        if alert is None or item.severity.worse_than(alert.severity):
            raised.append(item)
        elif (alert.text, dict(alert.data)) != (item.text, dict(item.data)):
            described.append((alert, item))
    return raised, described, [alert for name, alert in known.items() if name not in found]
