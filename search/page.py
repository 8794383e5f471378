"""Where a page ends, as an opaque word for the next request.

The word carries no right: the asker's filter is applied anew to every page. It is bound to its question, order and asker,
so that one taken elsewhere is refused instead of answering something else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import dataclass

from search.errors import PageRefusedError

_LONGEST = 4096
_MOST_SORT_VALUES = 5


@dataclass(frozen=True, slots=True)
class Position:
    """``bound``: the digest of what was asked, by whom and in which order; ``pit``: the instant the pages belong to.

    ``sort``: the sort values of the last record shown; ``offset``: how many groups were shown, for grouped pages.
    """

    bound: str
    pit: str
    sort: tuple[str | float | int | None, ...] = ()
    offset: int = 0


def digest_of(*parts: object) -> str:
    """One word for all parts, in the order given; frozen values that compare equal give the same."""
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:24]


def token_of(position: Position) -> str:
    value = [position.bound, position.pit, list(position.sort), position.offset]
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")


def position_of(token: str, bound: str) -> Position:
    """The position in ``token``. Raises PageRefusedError for what is none, and for one not bound to ``bound``."""
    try:
        if len(token) > _LONGEST:
            raise ValueError("too long")
        value = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        owner, pit, sort, offset = value
        if not isinstance(owner, str) or not isinstance(pit, str) or not isinstance(sort, list) or not pit:
            raise ValueError("not a position")
        if len(sort) > _MOST_SORT_VALUES or not all(map(_sortable, sort)):
            raise ValueError("not sort values")
        if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
            raise ValueError("not an offset")
    except (ValueError, TypeError, RecursionError) as error:
        raise PageRefusedError("Vị trí trang không hợp lệ.", remedy="Tìm lại từ trang đầu.") from error
    if owner != bound:
        raise PageRefusedError(
            "Vị trí trang thuộc một câu tìm kiếm, người dùng hoặc thứ tự khác.", remedy="Tìm lại từ trang đầu."
        )
    return Position(owner, pit, tuple(sort), offset)


def _sortable(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))
