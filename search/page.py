"""Where a page ends, as an opaque word for the next request; whatever was tampered with is refused, never obeyed."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass

from search.errors import QueryRefusedError

SORT_VALUES = 3
"""What orders, the id that makes the order total, and the place in the shard which the server adds by itself."""

_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Position:
    """``pit`` names the instant the pages belong to; ``sort`` holds the sort values of the last record shown."""

    pit: str
    sort: tuple[str | float | int | None, ...]


def token_of(position: Position) -> str:
    text = json.dumps([position.pit, list(position.sort)], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")


def position_of(token: str) -> Position:
    """The position in ``token``. Raises QueryRefusedError for anything that ``token_of`` did not make."""
    try:
        if len(token) > _LONGEST:
            raise ValueError("too long")
        value = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        pit, sort = value
        if not isinstance(pit, str) or not isinstance(sort, list) or not pit:
            raise ValueError("not a position")
        if len(sort) != SORT_VALUES or not all(map(_sortable, sort)):
            raise ValueError("not sort values")
    except (ValueError, TypeError, RecursionError) as error:
        raise QueryRefusedError("Vị trí trang không hợp lệ.", remedy="Tìm lại từ trang đầu.") from error
    return Position(pit, tuple(sort))


def _sortable(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))
