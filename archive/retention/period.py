"""Thời hạn: permanent, a number of years, or until an event (and n years after it); how it is counted and compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

EVENT_SEPARATOR = " và khi "
"""Between the events of a period that waits for several of them."""


class PeriodKind(StrEnum):
    """Vĩnh viễn, có thời hạn, đến khi một sự kiện xảy ra, chưa xác định."""

    PERMANENT = "permanent"
    YEARS = "years"
    EVENT = "event"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Period:
    """``years``: for YEARS at least 1; for EVENT what is added after the event, at least 0. ``event``: for EVENT alone.

    ``at_least``: for EVENT alone, the years from the end of the work that are kept however early the event comes.
    """

    kind: PeriodKind
    years: int = 0
    event: str = ""
    at_least: int = 0

    def __post_init__(self) -> None:
        if self.kind is PeriodKind.YEARS and self.years < 1:
            raise ValueError("a period in years has at least one")
        if self.years < 0 or (self.kind in (PeriodKind.PERMANENT, PeriodKind.UNDETERMINED) and self.years):
            raise ValueError("years do not belong to this period")
        if (self.kind is PeriodKind.EVENT) != bool(self.event):
            raise ValueError("an event belongs to a period until an event, and to no other")
        if self.at_least < 0 or (self.at_least and self.kind is not PeriodKind.EVENT):
            raise ValueError("a least number of years belongs to a period until an event, and to no other")

    @property
    def permanent(self) -> bool:
        return self.kind is PeriodKind.PERMANENT


PERMANENT = Period(PeriodKind.PERMANENT)
UNDETERMINED = Period(PeriodKind.UNDETERMINED)
_RANK = (PeriodKind.YEARS, PeriodKind.EVENT, PeriodKind.PERMANENT, PeriodKind.UNDETERMINED)


def longer(one: Period, other: Period) -> Period:
    """The shortest period that is over no earlier than either of the two, whatever happens and whenever.

    Years give way to an event, whose end nobody knows, but stay its ``at_least``; two events are both waited for; an
    event gives way to permanence; and what is undetermined gives way to nothing: it may be anything. Whatever the order
    in which periods are taken together, the same comes out.
    """
    first, second = sorted((one, other), key=lambda period: _RANK.index(period.kind))
    if second.kind is not PeriodKind.EVENT:
        return second if first.kind is not second.kind or first.years <= second.years else first
    if first.kind is PeriodKind.YEARS:
        return Period(PeriodKind.EVENT, second.years, second.event, max(second.at_least, first.years))
    return Period(
        PeriodKind.EVENT,
        max(first.years, second.years),
        _both(first.event, second.event),
        max(first.at_least, second.at_least),
    )


def longest(periods: Iterable[Period]) -> Period:
    """What a hồ sơ gets of its documents: the period that ends before none of them. UNDETERMINED for none at all."""
    found = list(periods)
    if not found:
        return UNDETERMINED
    result = found[0]
    for period in found[1:]:
        result = longer(result, period)
    return result


def shorter_than(period: Period, least: Period) -> bool:
    """Whether ``period`` may be over at a time when ``least`` is not."""
    return longer(period, least) != longer(period, period)


def review_on(period: Period, *, ended_year: int | None, event_year: int | None = None) -> date | None:
    """1 January of the year after the period runs out: never earlier. None as long as that cannot be said.

    Counted from the year the work ended; until an event: from the later of that year and the year of the event.
    """
    if ended_year is None or period.kind in (PeriodKind.PERMANENT, PeriodKind.UNDETERMINED):
        return None
    if period.kind is PeriodKind.EVENT:
        if event_year is None:
            return None
        last = max(max(ended_year, event_year) + period.years, ended_year + period.at_least)
    else:
        last = ended_year + period.years
    return date(last + 1, 1, 1) if last < date.max.year else None


def _both(one: str, other: str) -> str:
    return EVENT_SEPARATOR.join(sorted({*one.split(EVENT_SEPARATOR), *other.split(EVENT_SEPARATOR)}))
