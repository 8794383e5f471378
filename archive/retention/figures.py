"""Figures of retention by agency: what is due, held, in rounds, destroyed, and what a reported time came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from archive.local_time import VIETNAM


@dataclass(frozen=True, slots=True)
class YearFigure:
    """``files`` hồ sơ of an agency of one year: due since, held since, destroyed in it."""

    agency_code: str
    year: int
    files: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RoundFigure:
    """``files`` hồ sơ of an agency that stand in a round; ``begun``: those of them whose destruction has begun."""

    agency_code: str
    year: int
    round_id: str
    round_code: str
    files: int
    begun: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DestroyedFigure:
    """What was destroyed of an agency in a year, as its tombstones say."""

    agency_code: str
    year: int
    files: int
    packages: int
    documents: int
    size_bytes: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class ReportedTime(StrEnum):
    """6 tháng đầu năm, 6 tháng cuối năm, năm."""

    FIRST_HALF = "first-half"
    SECOND_HALF = "second-half"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a report, both included."""

    since: date
    until: date

    @property
    def begins(self) -> datetime:
        return _midnight(self.since)

    @property
    def ends(self) -> datetime:
        """The first instant behind it."""
        return _midnight(self.until + timedelta(days=1))


def year_begins(year: int) -> datetime:
    """The first instant of a year here."""
    return _midnight(date(year, 1, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
