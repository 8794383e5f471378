"""Changes to alerts and their delivery: each together with the notice that tells of it, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, func, insert, or_, select, update

from archive.catalogue import alert_tables as t
from archive.catalogue.alert_model import Alert, Delivery, Notice, NoticeKind, Severity
from archive.catalogue.alert_reading import alert_numbered, open_alert
from archive.catalogue.pieces import pieces
from archive.catalogue.writing import Transaction

LONGEST_SUBJECT = 255
_ASKED_AT_ONCE = 500


def open_or_count(
    tx: Transaction,
    *,
    severity: Severity,
    code: str,
    subject: str,
    text: str,
    at: datetime,
    data: Mapping[str, Any],
) -> Alert:
    """The one open alert about this: opened, or counted once more with the newest text; never better than it was.

    A severity worse than before is told anew, and whoever had acknowledged it has to look again.
    """
    subject = subject[:LONGEST_SUBJECT]
    standing = open_alert(tx, code, subject)
    if standing is None:
        return _opened(tx, severity, code, subject, text, at, data)
    worse = severity.worse_than(standing.severity)
    change: dict[str, Any] = {
        "text": text,
        "data": dict(data),
        "last_at": max(at, standing.last_at),
        "count": standing.count + 1,
    }
    if worse:
        change |= {"severity": severity.value, "told_at": at, "acknowledged_at": None, "acknowledged_by": None}
    _change(tx, standing.number, change)
    alert = _standing(tx, standing.number)
    if worse:
        _notice(tx, alert, NoticeKind.WORSE, at)
    return alert


def describe_anew(tx: Transaction, alert: Alert, *, text: str, data: Mapping[str, Any], at: datetime) -> None:
    """What is known of a lasting state changed, not the state: nobody is told again."""
    _change(tx, alert.number, {"text": text, "data": dict(data), "last_at": max(at, alert.last_at)})


def close(tx: Transaction, code: str, subject: str, at: datetime) -> Alert | None:
    """The alert about this, over now; None when none was open."""
    standing = open_alert(tx, code, subject[:LONGEST_SUBJECT])
    if standing is None:
        return None
    _change(tx, standing.number, {"resolved_at": max(at, standing.opened_at)})
    alert = _standing(tx, standing.number)
    _notice(tx, alert, NoticeKind.RESOLVED, at)
    return alert


def mark_acknowledged(tx: Transaction, number: int, *, by: str, note: str, at: datetime) -> Alert | None:
    """The alert with who has taken it on, and his words; None when there is no such alert."""
    if alert_numbered(tx, number) is None:
        return None
    _change(tx, number, {"acknowledged_at": at, "acknowledged_by": by, "note": note})
    return _standing(tx, number)


def remind(tx: Transaction, alert: Alert, at: datetime) -> None:
    """A notice that it is still open."""
    _change(tx, alert.number, {"told_at": at})
    _notice(tx, alert, NoticeKind.REMINDER, at)


def post(tx: Transaction, messages: Iterable[tuple[str, tuple[int, ...]]], taken: Iterable[int], at: datetime) -> None:
    """A delivery for each (channel, notices); the notices ``taken`` are in all deliveries they will ever be in."""
    number = _next(tx, t.alert_deliveries)
    for offset, (channel, notices) in enumerate(messages):
        values = {
            "number": number + offset,
            "channel": channel,
            "notices": list(notices),
            "created_at": at,
            "due_at": at,
            "attempts": 0,
            "last_error": "",
        }
        tx.rows(insert(t.alert_deliveries).values(values))
    for some in pieces(taken, _ASKED_AT_ONCE):
        tx.rows(update(t.alert_notices).where(t.alert_notices.c.number.in_(some)).values(taken_at=at))


def claim(tx: Transaction, number: int, *, at: datetime, until: datetime) -> bool:
    """Whether the delivery is ours to try until then: due, not delivered, and claimed by nobody else."""
    c = t.alert_deliveries.c
    free = or_(c.claimed_until.is_(None), c.claimed_until <= at)
    mine = and_(c.number == number, c.delivered_at.is_(None), c.due_at <= at, free)
    found = tx.rows(update(t.alert_deliveries).where(mine).values(claimed_until=until, attempts=c.attempts + 1))
    return bool(found.rowcount)


def delivered(tx: Transaction, delivery: Delivery, at: datetime) -> None:
    """It arrived."""
    _settle(tx, delivery, {"delivered_at": at, "last_at": at, "last_error": ""})


def not_delivered(tx: Transaction, delivery: Delivery, *, error: str, at: datetime, due_at: datetime) -> None:
    """It did not arrive, as far as is known; tried again at ``due_at``."""
    _settle(tx, delivery, {"due_at": due_at, "last_at": at, "last_error": error})


def _settle(tx: Transaction, delivery: Delivery, values: dict[str, Any]) -> None:
    c = t.alert_deliveries.c
    tx.rows(update(t.alert_deliveries).where(c.number == delivery.number).values(**values, claimed_until=None))


def _opened(
    tx: Transaction, severity: Severity, code: str, subject: str, text: str, at: datetime, data: Mapping[str, Any]
) -> Alert:
    alert = Alert(_next(tx, t.alerts), code, subject, severity, text, dict(data), at, at, 1, at)
    values = {
        "number": alert.number,
        "code": code,
        "subject": subject,
        "severity": severity.value,
        "text": text,
        "data": alert.data,
        "opened_at": at,
        "last_at": at,
        "count": 1,
        "told_at": at,
    }
    tx.rows(insert(t.alerts).values(values))
    _notice(tx, alert, NoticeKind.OPENED, at)
    return alert


def _notice(tx: Transaction, alert: Alert, kind: NoticeKind, at: datetime) -> None:
    notice = Notice(_next(tx, t.alert_notices), alert, kind, alert.severity, at, alert.text, alert.count)
    values = {
        "number": notice.number,
        "alert": alert.number,
        "kind": kind.value,
        "severity": notice.severity.value,
        "at": at,
        "text": notice.text,
        "count": notice.count,
    }
    tx.rows(insert(t.alert_notices).values(values))


def _change(tx: Transaction, number: int, values: Mapping[str, Any]) -> None:
    tx.rows(update(t.alerts).where(t.alerts.c.number == number).values(**values))


def _standing(tx: Transaction, number: int) -> Alert:
    alert = alert_numbered(tx, number)
    assert alert is not None
    return alert


def _next(tx: Transaction, table: Table) -> int:
    """There is one writer at a time, and nothing is ever removed: the next number is nobody else's."""
    return int(tx.rows(select(func.coalesce(func.max(table.c.number), 0) + 1)).scalar_one())
