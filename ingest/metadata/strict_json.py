"""JSON without its traps: one value for each key, real numbers, valid Unicode, bounded size and depth."""

from __future__ import annotations

import json
import math
from typing import Any

from archive.finding import Finding, finding

LIMIT_BYTES = 256 << 20
LIMIT_DEPTH = 16
_LARGEST_INTEGER = 2**53 - 1
_BOM = b"\xef\xbb\xbf"


class _RefusedError(ValueError):
    def __init__(self, fault: Finding) -> None:
        super().__init__(fault.code)
        self.fault = fault


def strict_json(data: bytes, *, limit_bytes: int = LIMIT_BYTES) -> tuple[Any, tuple[Finding, ...]]:
    """The value of a JSON text and what was seen; the value is None exactly when a finding is an error.

    Refused: duplicate keys, NaN and Infinity, integers beyond 2**53, lone surrogates, bytes that are not UTF-8,
    nesting beyond ``LIMIT_DEPTH``. A byte order mark is tolerated and reported. The text ``null`` is no JSON of ours.
    """
    if len(data) > limit_bytes:
        return None, (finding("metadata.file.too-large", size_bytes=len(data), limit_bytes=limit_bytes),)
    seen: tuple[Finding, ...] = ()
    if data.startswith(_BOM):
        seen, data = (finding("metadata.file.byte-order-mark"),), data[len(_BOM) :]
    try:
        return _bounded(_loaded(data)), seen
    except _RefusedError as refused:
        return None, (*seen, refused.fault)


def _loaded(data: bytes) -> Any:
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_real,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise _RefusedError(finding("metadata.file.not-unicode", offset=error.start)) from error
    except json.JSONDecodeError as error:
        raise _RefusedError(finding("metadata.file.not-json", line=error.lineno, column=error.colno)) from error
    except RecursionError as error:
        raise _RefusedError(finding("metadata.file.too-deep", limit=LIMIT_DEPTH)) from error
    if value is None:
        raise _RefusedError(finding("metadata.file.not-json", line=1, column=1))
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(finding("metadata.file.duplicate-key", key=_printable(repeated)))
    return made


def _no_number(text: str) -> Any:
    raise _RefusedError(finding("metadata.file.number-refused", number=text[:40]))


def _real(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _integer(text: str) -> int:
    # The length first: Python refuses to convert thousands of digits, and converting them is slow.
    if len(text) > 17 or abs(int(text)) > _LARGEST_INTEGER:
        _no_number(text)
    return int(text)


def _bounded(value: Any) -> Any:
    """The value itself, every level and string of it looked at without recursion."""
    level = [value]
    for _depth in range(LIMIT_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _encodable(item)
            elif isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return value
        level = below
    raise _RefusedError(finding("metadata.file.too-deep", limit=LIMIT_DEPTH))


def _encodable(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _RefusedError(finding("metadata.file.not-unicode", offset=error.start)) from error


def _printable(text: str) -> str:
    return "".join(char for char in text[:60] if char.isprintable())
