"""Places in lists that are ordered by a time, a day or a year and then by id: told with a page, asked for again with the next."""

from __future__ import annotations

import re
from datetime import date, datetime

from archive.access.errors import CursorUnknownError
from archive.ledger import read_instant, written_instant

_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def written_place(at: datetime, row_id: str) -> str:
    """What ``read_place`` reads."""
    return f"{written_instant(at)}~{row_id}"


def read_place(place: str | None) -> tuple[datetime, str] | None:
    """None for none. Raises CursorUnknownError for one that no page ever told."""
    if place is None:
        return None
    at, row_id = _parted(place)
    try:
        return read_instant(at), row_id
    except ValueError:
        raise _unknown() from None


def written_day_place(on: date, row_id: str) -> str:
    """What ``read_day_place`` reads."""
    return f"{on.isoformat()}~{row_id}"


def read_day_place(place: str | None) -> tuple[date, str] | None:
    """None for none. Raises CursorUnknownError for one that no page ever told."""
    if place is None:
        return None
    day, row_id = _parted(place)
    try:
        if _DAY.fullmatch(day):
            return date.fromisoformat(day), row_id
    except ValueError:
        pass
    raise _unknown()


def written_year_place(year: int, row_id: str) -> str:
    """What ``read_year_place`` reads."""
    return f"{year:04d}~{row_id}"


def read_year_place(place: str | None) -> tuple[int, str] | None:
    """None for none. Raises CursorUnknownError for one that no page ever told."""
    if place is None:
        return None
    year, row_id = _parted(place)
    if not _YEAR.fullmatch(year):
        raise _unknown()
    return int(year), row_id


def _parted(place: str) -> tuple[str, str]:
    first, mark, row_id = place.partition("~")
    if not mark or not _ID.fullmatch(row_id):
        raise _unknown()
    return first, row_id


def _unknown() -> CursorUnknownError:
    return CursorUnknownError("Không có vị trí này trong danh sách.", remedy="Đọc lại danh sách từ đầu.")
