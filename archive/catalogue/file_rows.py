"""Rows of hồ sơ to values and back."""

from __future__ import annotations

import hashlib
from typing import Any

from archive.catalogue.rows import AnyRow
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import Period, PeriodKind


def file_of(row: AnyRow) -> File:
    return File(
        id=row.id,
        agency_code=row.agency_code,
        file_code=row.file_code,
        fonds_code=row.fonds_code,
        title=row.title,
        state=FileState(row.state),
        opened_on=row.opened_on,
        received_on=row.received_on,
        ended_year=row.ended_year,
        closed_at=row.closed_at,
        period=period_of(row),
        event_year=row.event_year,
        period_basis=row.period_basis,
        schedule_id=row.schedule_id,
        schedule_version=row.schedule_version,
        schedule_row=row.schedule_row,
        profile=row.profile,
        profile_version=row.profile_version,
        review_on=row.review_on,
        transfer_due_on=row.transfer_due_on,
        transferred_at=row.transferred_at,
        paper_code=row.paper_code,
        paper_permanent=row.paper_permanent,
        paper_reason=row.paper_reason,
        plan_id=row.plan_id,
        plan_ordinal=row.plan_ordinal,
        round_id=row.round_id,
        destroyed_at=row.destroyed_at,
        changed_at=row.changed_at,
        transfer=row.transfer or {},
    )


def period_of(row: AnyRow) -> Period:
    return Period(PeriodKind(row.period_kind), row.period_years or 0, row.period_event or "", row.period_at_least or 0)


def period_row(period: Period) -> dict[str, Any]:
    timed = period.kind in (PeriodKind.YEARS, PeriodKind.EVENT)
    return {
        "period_kind": period.kind.value,
        "period_years": period.years if timed else None,
        "period_event": period.event or None,
        "period_at_least": period.at_least or None,
    }


def period_json(period: Period) -> dict[str, Any]:
    """The period as the ledger states it: an event by its digest, its words may have come with the content."""
    told: dict[str, Any] = {"kind": period.kind.value}
    if period.kind in (PeriodKind.YEARS, PeriodKind.EVENT):
        told["years"] = period.years
    if period.event:
        told["event_sha256"] = hashlib.sha256(period.event.encode()).hexdigest()
    if period.at_least:
        told["at_least"] = period.at_least
    return told
