"""By when a hồ sơ is handed over next: by the unit to the current archive, then by that to the historical one."""

from __future__ import annotations

from datetime import date, timedelta

from archive.retention.period import Period, PeriodKind
from schemas.rule_profiles import TransferRule, profile_named


def handover_due_on(profile: str, period: Period, *, ended_year: int | None, received_year: int | None) -> date | None:
    """The last day for the next handing over; None when there is none to come, or it cannot be said yet.

    Not received yet: within the year after the work ended, unless it is kept for too short a time to be handed in.
    Received: to the historical archive, if it is kept for ever.
    """
    rule = profile_named(profile).transfer
    if received_year is None:
        return None if ended_year is None or not _handed_in(period, rule) else _end_of(ended_year + rule.hand_in_years)
    if not period.permanent:
        return None
    counted_from = ended_year if rule.historical_counted_from == "ended" else received_year
    return None if counted_from is None else _end_of(counted_from + rule.historical_years)


def notice_on(profile: str, due_on: date) -> date:
    """From this day on people are told that it is due (NĐ 30/2020 Phụ lục VI III.5b: 30 days before)."""
    return due_on - timedelta(days=profile_named(profile).transfer.notice_days)


def _handed_in(period: Period, rule: TransferRule) -> bool:
    return period.kind is not PeriodKind.YEARS or period.years >= rule.hand_in_least_years


def _end_of(year: int) -> date | None:
    return date(year, 12, 31) if year <= date.max.year else None
