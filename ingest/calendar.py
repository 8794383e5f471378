"""The legal time of receipt: inside office hours as it is, outside them when the next office hours begin.

QĐ UBND tỉnh Khánh Hòa, Điều 10 khoản 2. Hours, holidays and swapped days are data (``schemas/office-hours.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import holidays

_LONGEST_CLOSURE_DAYS = 366


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """Sessions by ISO weekday, each from its start up to, not including, its end, in one fixed UTC offset."""

    sessions: Mapping[int, tuple[tuple[time, time], ...]]
    utc_offset: timezone = timezone(timedelta(hours=7))
    country: str | None = "VN"
    extra_holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    swapped_weekday: int = 1
    """The weekday whose hours a swapped working day has."""

    def is_swapped_working_day(self, day: date) -> bool:
        """A weekend or holiday on which offices are open; the settings win over the published swaps."""
        return day in self.working_days or (day not in self.extra_holidays and day in self._published(day.year)[1])

    def is_holiday(self, day: date) -> bool:
        if self.is_swapped_working_day(day):
            return False
        return day in self.extra_holidays or day in self._published(day.year)[0]

    def _published(self, year: int) -> tuple[frozenset[date], frozenset[date]]:
        return _published(self.country, year) if self.country is not None else (frozenset(), frozenset())

    def sessions_on(self, day: date) -> tuple[tuple[time, time], ...]:
        """The office hours of one day, in order; none on a holiday or a day off."""
        if self.is_swapped_working_day(day):
            return self.sessions.get(day.isoweekday()) or self.sessions.get(self.swapped_weekday, ())
        return () if self.is_holiday(day) else self.sessions.get(day.isoweekday(), ())


def legal_receipt(entered_at: datetime, calendar: OfficeCalendar) -> datetime:
    """When a document that entered the system at ``entered_at`` (aware) counts as received, in the calendar's offset.

    The end of a session lies outside it: what enters at 17:00:00 counts at the next opening.
    """
    if entered_at.tzinfo is None:
        raise ValueError("entered_at must be aware")
    local = entered_at.astimezone(calendar.utc_offset)
    for days in range(_LONGEST_CLOSURE_DAYS):
        day = local.date() + timedelta(days=days)
        for start, end in calendar.sessions_on(day):
            opening = datetime.combine(day, start, calendar.utc_offset)
            if local < opening:
                return opening
            if local < datetime.combine(day, end, calendar.utc_offset):
                return local
    raise ValueError("the calendar has no office hours within a year")


def calendar_from(settings: Mapping[str, Any]) -> OfficeCalendar:
    """A calendar from the values of an ``office-hours.toml``; sessions that overlap or run backwards are refused."""
    sessions: dict[int, tuple[tuple[time, time], ...]] = {}
    for block in settings["hours"]:
        made = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in block["sessions"])
        instants = [instant for session in made for instant in session]
        if instants != sorted(set(instants)):
            raise ValueError(f"sessions must follow one another: {block['sessions']}")
        for weekday in block["weekdays"]:
            if weekday in sessions or weekday not in range(1, 8):
                raise ValueError(f"weekday {weekday} is given twice or is no ISO weekday")
            sessions[weekday] = made
    days = settings.get("holidays", {})
    offset = datetime.fromisoformat(f"2000-01-01T00:00:00{settings['utc_offset']}").utcoffset()
    return OfficeCalendar(
        sessions=MappingProxyType(sessions),
        utc_offset=timezone(offset or timedelta()),
        country=days.get("country") or None,
        extra_holidays=frozenset(map(_day, days.get("extra", ()))),
        working_days=frozenset(map(_day, days.get("working", ()))),
        swapped_weekday=min(sessions, default=1),
    )


@cache
def default_calendar() -> OfficeCalendar:
    """The calendar of ``schemas/office-hours.toml``."""
    text = resources.files("schemas").joinpath("office-hours.toml").read_text(encoding="utf-8")
    return calendar_from(tomllib.loads(text))


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


@cache
def _published(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The public holidays of a year, and the weekend days worked in exchange for days off between them."""
    published = holidays.country_holidays(country, years=year)
    return frozenset(published), frozenset(published.weekend_workdays)
