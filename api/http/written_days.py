"""Days and instants as RFC 3339 writes them, and nothing that only could be one: a number is a number."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("phải là ngày dạng YYYY-MM-DD")
    return _no_number(value)


def _instant(value: Any) -> Any:
    if isinstance(value, str) and not _INSTANT.fullmatch(value):
        raise ValueError("phải là thời điểm dạng YYYY-MM-DDThh:mm:ss+07:00")
    return _no_number(value)


def _no_number(value: Any) -> Any:
    # Pydantic would take it for seconds since 1970.
    if isinstance(value, int | float):
        raise ValueError("phải là văn bản, không phải số")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
