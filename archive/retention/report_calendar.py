"""Which days the reports of a half-year and of a year are about, and until when they must be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from archive.retention.figures import ReportedTime, Span

MonthDay = tuple[int, int]
"""Month and day, as they come every year."""


@dataclass(frozen=True, slots=True)
class ReportCalendar:
    """When figures are closed and reports are due; each report goes on where the one before it ended.

    A report due before 05/6 cannot tell of June: the first half is closed with ``first_half_closes`` and begins the day
    after ``year_closes`` of the year before, so that no day is left out and none is counted twice. ``…_due``: the last
    day in time (QĐ 04/2011/QĐ-UBND Biên Hòa Điều 10 khoản 2: before 05/6 and before 05/12); a day that does not come
    after the closing means that day of the following year. ``told_days``: how long before people are told.
    """

    first_half_closes: MonthDay = (5, 31)
    first_half_due: MonthDay = (6, 4)
    year_closes: MonthDay = (11, 30)
    year_due: MonthDay = (12, 4)
    told_days: int = 14

    def span(self, time: ReportedTime, year: int) -> Span:
        """The days the report is about."""
        begins = date(year - 1, *self.year_closes) + timedelta(days=1)
        halved = date(year, *self.first_half_closes)
        if time is ReportedTime.FIRST_HALF:
            return Span(begins, halved)
        ends = date(year, *self.year_closes)
        return Span(halved + timedelta(days=1) if time is ReportedTime.SECOND_HALF else begins, ends)

    def due(self, time: ReportedTime, year: int) -> date:
        """The last day on which the report is in time."""
        wanted = self.first_half_due if time is ReportedTime.FIRST_HALF else self.year_due
        due = date(year, *wanted)
        return due if due > self.span(time, year).until else date(year + 1, *wanted)

    def expected(self, first: date, today: date) -> Iterator[tuple[ReportedTime, int]]:
        """Every report that is to be thought of by ``today``, by the day it is due: those of an archive whose first day
        was ``first``, from ``told_days`` before they are due on, whether they were sent or not; of two years at most."""
        found = []
        for year in range(today.year - 2, today.year + 2):
            for time in ReportedTime:
                due = self.due(time, year)
                if self.span(time, year).until >= first and due - timedelta(days=self.told_days) <= today:
                    found.append((due, time, year))
        yield from ((time, year) for _, time, year in sorted(found, key=lambda item: (item[0], item[2], item[1].value)))
