"""Thời hạn: permanent, a number of years, or until an event (and n years after it); how it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PeriodKind(StrEnum):
    """Vĩnh viễn, có thời hạn, đến khi một sự kiện xảy ra, chưa xác định."""

    PERMANENT = "permanent"
    YEARS = "years"
    EVENT = "event"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Period:
    """``years``: for YEARS at least 1; for EVENT what is added after the event, at least 0. ``event``: for EVENT alone."""

    kind: PeriodKind
    years: int = 0
    event: str = ""

    def __post_init__(self) -> None:
        if self.kind is PeriodKind.YEARS and self.years < 1:
            raise ValueError("a period in years has at least one")
        if self.years < 0 or (self.kind in (PeriodKind.PERMANENT, PeriodKind.UNDETERMINED) and self.years):
            raise ValueError("years do not belong to this period")
        if (self.kind is PeriodKind.EVENT) != bool(self.event):
            raise ValueError("an event belongs to a period until an event, and to no other")

    @property
    def permanent(self) -> bool:
        return self.kind is PeriodKind.PERMANENT


PERMANENT = Period(PeriodKind.PERMANENT)
UNDETERMINED = Period(PeriodKind.UNDETERMINED)


def review_on(period: Period, *, ended_year: int | None, event_year: int | None = None) -> date | None:
    """1 January of the year after the period runs out: never earlier. None as long as that cannot be said.

    Counted from the year the work ended; until an event: from the later of that year and the year of the event.
    """
    if ended_year is None or period.kind in (PeriodKind.PERMANENT, PeriodKind.UNDETERMINED):
        return None
    if period.kind is PeriodKind.EVENT:
        return None if event_year is None else date(max(ended_year, event_year) + period.years + 1, 1, 1)
    return date(ended_year + period.years + 1, 1, 1)
