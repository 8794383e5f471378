"""Questions about alerts and their delivery."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from archive.catalogue import alert_tables as t
from archive.catalogue.alert_model import Alert, Delivery, Notice, NoticeKind, Severity
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.rows import AnyRow

_ASKED_AT_ONCE = 500


def alert_numbered(view: LedgerReading, number: int) -> Alert | None:
    return _first(view, select(t.alerts).where(t.alerts.c.number == number))


def open_alert(view: LedgerReading, code: str, subject: str) -> Alert | None:
    """The one about this that is not over."""
    c = t.alerts.c
    return _first(view, select(t.alerts).where(c.code == code, c.subject == subject, c.resolved_at.is_(None)))


def open_alerts(view: LedgerReading, codes: Collection[str] | None = None, limit: int | None = None) -> list[Alert]:
    """Those not over (with one of ``codes``, when given), the oldest first."""
    c = t.alerts.c
    query = select(t.alerts).where(c.resolved_at.is_(None)).order_by(c.number).limit(limit)
    if codes is not None:
        query = query.where(c.code.in_(sorted(codes)))
    return [_alert(row) for row in view.rows(query)]


def alerts_listed(
    view: LedgerReading,
    *,
    only_open: bool = False,
    severity: Severity | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Alert]:
    """The newest first, from below number ``before`` on."""
    c = t.alerts.c
    query = select(t.alerts).order_by(c.number.desc()).limit(limit)
    if only_open:
        query = query.where(c.resolved_at.is_(None))
    if severity is not None:
        query = query.where(c.severity == severity.value)
    if before is not None:
        query = query.where(c.number < before)
    return [_alert(row) for row in view.rows(query)]


def open_counts(view: LedgerReading) -> Mapping[Severity, int]:
    """Alerts not over by severity; a severity without any is absent."""
    c = t.alerts.c
    query = select(c.severity, func.count()).where(c.resolved_at.is_(None)).group_by(c.severity)
    return {Severity(severity): int(count) for severity, count in view.rows(query)}


def reds_to_remind_of(view: LedgerReading, before: datetime, acknowledged_before: datetime, limit: int) -> list[Alert]:
    """Open red alerts people were last told of by ``before``; those somebody took on, by ``acknowledged_before``."""
    c = t.alerts.c
    unseen = and_(c.acknowledged_at.is_(None), c.told_at <= before)
    due = or_(unseen, c.told_at <= acknowledged_before)
    query = select(t.alerts).where(c.resolved_at.is_(None), c.severity == Severity.RED.value, due)
    return [_alert(row) for row in view.rows(query.order_by(c.number).limit(limit))]


def untaken_notices(view: LedgerReading, limit: int) -> list[Notice]:
    """Notices no delivery was made of yet, in the order they happened."""
    c = t.alert_notices.c
    return _notices(view, select(t.alert_notices).where(c.taken_at.is_(None)).order_by(c.number).limit(limit))


def notices_numbered(view: LedgerReading, numbers: Sequence[int]) -> list[Notice]:
    """In the order of their numbers."""
    c = t.alert_notices.c
    found: list[Notice] = []
    for some in pieces(sorted(numbers), _ASKED_AT_ONCE):
        found += _notices(view, select(t.alert_notices).where(c.number.in_(some)).order_by(c.number))
    return found


def undelivered(view: LedgerReading, channel: str | None = None, limit: int = 1000) -> list[Delivery]:
    """Messages not delivered yet (of one channel), in order."""
    c = t.alert_deliveries.c
    query = select(t.alert_deliveries).where(c.delivered_at.is_(None)).order_by(c.number).limit(limit)
    if channel is not None:
        query = query.where(c.channel == channel)
    return [_delivery(row) for row in view.rows(query)]


def longest_undelivered(view: LedgerReading) -> Mapping[str, datetime]:
    """For each channel with messages it tried and did not deliver: since when the oldest waits."""
    c = t.alert_deliveries.c
    query = (
        select(c.channel, func.min(c.created_at, type_=c.created_at.type))
        .where(c.delivered_at.is_(None), c.attempts > 0)
        .group_by(c.channel)
    )
    return {channel: at for channel, at in view.rows(query)}


def deliveries_of(view: LedgerReading, limit: int = 50) -> list[Delivery]:
    """The newest first."""
    query = select(t.alert_deliveries).order_by(t.alert_deliveries.c.number.desc()).limit(limit)
    return [_delivery(row) for row in view.rows(query)]


def _notices(view: LedgerReading, query: Select[Any]) -> list[Notice]:
    rows = view.rows(query).all()
    alerts: dict[int, Alert] = {}
    for some in pieces(sorted({row.alert for row in rows}), _ASKED_AT_ONCE):
        found = view.rows(select(t.alerts).where(t.alerts.c.number.in_(some)))
        alerts |= {row.number: _alert(row) for row in found}
    return [_notice(row, alerts[row.alert]) for row in rows]


def _first(view: LedgerReading, query: Select[Any]) -> Alert | None:
    row = view.rows(query).first()
    return None if row is None else _alert(row)


def _alert(row: AnyRow) -> Alert:
    values = dict(row._mapping)
    return Alert(**{**values, "severity": Severity(values["severity"])})


def _notice(row: AnyRow, alert: Alert) -> Notice:
    values = dict(row._mapping) | {"alert": alert}
    del values["taken_at"]
    return Notice(**{**values, "kind": NoticeKind(values["kind"]), "severity": Severity(values["severity"])})


def _delivery(row: AnyRow) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**{**values, "notices": tuple(values["notices"])})
