"""Dates as they are written in Vietnamese papers: found in a text, each as the span of days it names.

ngày 5 tháng 6 năm 2013 · 05/6/2013 · 5.6.2013 · 5-6-2013 · 2013-06-05      one day
tháng 6 năm 2013 · tháng 6/2013                                             a month
năm 2013                                                                    a year
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Grain(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class SpokenDate:
    """``first`` to ``last`` day, both included; ``start`` and ``end``: where it stands in the text it was found in."""

    first: date
    last: date
    grain: Grain
    start: int
    end: int


_SEPARATED = r"(?<![\w/.-])(?:ngay\s+)?(\d{{1,2}})\s?{0}\s?(\d{{1,2}})\s?{0}\s?([12]\d{{3}})(?![\w/-])(?!\.\d)"
_DAY = re.compile(
    r"(?<!\w)(?:ngay\s+)?(\d{1,2})\s+thang\s+(\d{1,2})\s*(?:,\s*)?(?:nam\s+|/\s?)([12]\d{3})(?!\w)"
    + "".join("|" + _SEPARATED.format(mark) for mark in ("/", r"\.", "-"))
)
_ISO = re.compile(r"(?<![\w/.-])([12]\d{3})-(\d{2})-(\d{2})(?![\w/-])")
_MONTH = re.compile(r"(?<!\w)thang\s+(\d{1,2})\s*(?:nam\s+|/\s?|-\s?)([12]\d{3})(?![\w/-])")
_YEAR = re.compile(r"(?<!\w)nam\s+([12]\d{3})(?![\w/-])")


def dates_in(text: str) -> tuple[SpokenDate, ...]:
    """Every date in ``text`` in the order it stands there, none within another; what is no day of the calendar is none.

    Positions are those of ``text`` as given, in any Unicode form.
    """
    plain, places = _plain(text)
    found: list[SpokenDate] = []
    for pattern, read in _READERS:
        for match in pattern.finditer(plain):
            start, end = places[match.start()], places[match.end()]
            if any(start < item.end and item.start < end for item in found):
                continue
            span = read([int(group) for group in match.groups() if group is not None])
            if span is not None:
                found.append(SpokenDate(*span, start, end))
    return tuple(sorted(found, key=lambda item: item.start))


def date_meant(text: str) -> SpokenDate | None:
    """The date that ``text`` as a whole is; also 6/2013 and 2013 alone, which within a sentence may be a number."""
    whole = text.strip()
    found = dates_in(whole)
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(whole)):
        return found[0]
    if bare := re.fullmatch(r"(?:(\d{1,2})\s?[/.-]\s?)?([12]\d{3})", whole, re.ASCII):
        parts = [int(group) for group in bare.groups() if group is not None]
        span = _month(parts) if len(parts) > 1 else _year(parts)
        return None if span is None else SpokenDate(*span, 0, len(whole))
    return None


_Span = tuple[date, date, Grain]


def _day(parts: list[int]) -> _Span | None:
    day, month, year = parts
    try:
        only = date(year, month, day)
    except ValueError:
        return None
    return only, only, Grain.DAY


def _month(parts: list[int]) -> _Span | None:
    month, year = parts
    if not 1 <= month <= 12:
        return None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), Grain.MONTH


def _year(parts: list[int]) -> _Span | None:
    return date(parts[0], 1, 1), date(parts[0], 12, 31), Grain.YEAR


_READERS: tuple[tuple[re.Pattern[str], Callable[[list[int]], _Span | None]], ...] = (
    (_ISO, lambda parts: _day(parts[::-1])),
    (_DAY, _day),
    (_MONTH, _month),
    (_YEAR, _year),
)


def _plain(text: str) -> tuple[str, list[int]]:
    """Folded, only ASCII digits counting as such, with the place in ``text`` of each character and of the end."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFD", character.lower()):
            if unicodedata.combining(part):
                continue
            if part.isdigit() and not part.isascii():
                part = "\ufffd"
            plain.append("d" if part == "đ" else part)
            places.append(place)
    return "".join(plain), [*places, len(text)]
