"""Kéo dài thời hạn: the period of a hồ sơ the council wants kept for some years more."""

from __future__ import annotations

from archive.retention.file import File
from archive.retention.period import Period, PeriodKind


def extended(held: File, years: int, from_year: int) -> Period:
    """A period that is over no earlier than ``years`` after ``from_year``, and never earlier than it was.

    Years count from the end of the work, so what was run out for long would else run out again at once.
    """
    ended = held.ended_year or from_year
    if held.period.kind is PeriodKind.EVENT:
        passed = max(0, from_year - max(ended, held.event_year or ended))
        return Period(PeriodKind.EVENT, max(held.period.years, passed) + years, held.period.event, held.period.at_least)
    if held.period.kind is not PeriodKind.YEARS:
        return held.period
    return Period(PeriodKind.YEARS, max(held.period.years, from_year - ended) + years)
