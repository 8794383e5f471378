"""``[reports]``: when the half-yearly and yearly reports are closed and due, to whom they go, and from where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from archive.errors import LuutruError
from archive.retention.report_calendar import MonthDay, ReportCalendar

_DAYS = ("first_half_closes", "first_half_due", "year_closes", "year_due")
_TEXTS = ("addressed_to", "place", "superior", "notation")
KEYS = frozenset({*_DAYS, *_TEXTS, "told_days", "scheduled"})
_LONGEST = 300


class ReportSettingsError(LuutruError):
    """``[reports]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """``place``: địa danh of the letterhead; ``superior``: cơ quan chủ quản; ``notation``: ký hiệu, as ``BC-SNV``.

    ``scheduled`` false: figures are made by hand; people are told of what is due all the same.
    """

    calendar: ReportCalendar = field(default_factory=ReportCalendar)
    addressed_to: str = ""
    place: str = "………"
    superior: str = ""
    notation: str = "BC"
    scheduled: bool = True


def parse_reports(table: Mapping[str, Any]) -> ReportSettings:
    """Raises ReportSettingsError."""
    usual = ReportSettings()
    days = {key: _day(key, table[key]) for key in _DAYS if key in table}
    told = table.get("told_days", usual.calendar.told_days)
    if isinstance(told, bool) or not isinstance(told, int) or not 1 <= told <= 90:
        raise _wrong("told_days", "phải là số ngày từ 1 đến 90", "told_days = 14")
    scheduled = table.get("scheduled", usual.scheduled)
    if not isinstance(scheduled, bool):
        raise _wrong("scheduled", "phải là true hoặc false", "scheduled = true")
    calendar = replace(usual.calendar, told_days=told, **days)
    if not calendar.first_half_closes < calendar.year_closes:
        raise _wrong("first_half_closes", "phải trước year_closes", 'first_half_closes = "31/05"')
    texts = {key: _text(key, table[key]) for key in _TEXTS if key in table}
    return replace(usual, calendar=calendar, scheduled=scheduled, **texts)


def _day(key: str, value: object) -> MonthDay:
    """A day of every year, so not 29/02."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})", value, re.ASCII) if isinstance(value, str) else None
    try:
        if found is not None:
            day = date(2001, int(found[2]), int(found[1]))
            return day.month, day.day
    except ValueError:
        pass
    raise _wrong(key, "phải là ngày/tháng có trong mọi năm", f'{key} = "31/05"')


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise _wrong(key, f"phải là một dòng chữ, nhiều nhất {_LONGEST} ký tự", f'{key} = "…"')
    return value.strip()


def _wrong(key: str, what: str, example: str) -> ReportSettingsError:
    return ReportSettingsError(f"[reports] {key} {what}.", remedy=f"Ví dụ: {example}.")
