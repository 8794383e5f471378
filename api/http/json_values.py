"""Values of a JSON body that are what JSON says they are: 0 is no false, "5" no five."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator


def _boolean(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("phải là true hoặc false")
    return value


def _integer(value: Any) -> Any:
    # 1.0 is an integer to JSON, true is not.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("phải là số nguyên")
    return value


ONLY_AN_INTEGER = BeforeValidator(_integer)
"""Behind the bounds, where a value has any of its own: ``Annotated[int, Field(ge=1), ONLY_AN_INTEGER]``."""
Boolean = Annotated[bool, BeforeValidator(_boolean)]
Integer = Annotated[int, ONLY_AN_INTEGER]
