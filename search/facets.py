"""What records are counted and grouped by, from their fields: codes where the table has them, else what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.fields import code_list

_LONGEST_SPAN_YEARS = 150
"""A hồ sơ said to run for longer counts in its first and last year only: that is a slip of the pen."""


def fonds(hoso: Mapping[str, Any]) -> str:
    """Mã phông, from its own field or as a part of the code of the hồ sơ; empty when it says none: then the
    agency's records are a fonds of its own."""
    code = hoso.get("fileCode")
    own = _text(hoso.get("organId"))
    return own or (_text(code.get("organId")) if isinstance(code, Mapping) else "")


def years_of_hoso(typed: Mapping[str, Any]) -> list[int]:
    """Every year the hồ sơ runs through, of its ISO dates; else the year it was opened in, when it says one."""
    found = [int(value[:4]) for value in (typed.get("startDate"), typed.get("endDate")) if isinstance(value, str)]
    if not found:
        opened = typed.get("fileCatalog")
        return [opened] if isinstance(opened, int) and 0 < opened < 10_000 else []
    first, last = min(found), max(found)
    return list(range(first, last + 1)) if last - first <= _LONGEST_SPAN_YEARS else [first, last]


def languages(fields: Mapping[str, Any]) -> list[str]:
    """Codes of all languages named; a name the list does not have stays as it is."""
    found = [
        code for value in _several(fields.get("language")) for code in code_list("language").codes_of(value) or (value,)
    ]
    return list(dict.fromkeys(found))


def retention(fields: Mapping[str, Any]) -> str:
    """Thời hạn lưu trữ as its code."""
    return _coded("maintenance", fields.get("maintenance"))


def kind_of_document(fields: Mapping[str, Any]) -> str:
    """Tên loại văn bản as its code."""
    return _coded("typeName", fields.get("typeName"))


def _coded(codes: str, value: Any) -> str:
    text = _text(value)
    return (code_list(codes).code_of(text) or text) if text else ""


def _several(value: Any) -> list[str]:
    many = value if isinstance(value, list | tuple) else [value]
    return [text for text in map(_text, many) if text]


def _text(value: Any) -> str:
    """As the index takes it: no NUL, no half surrogate pair; the first of several."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    if value is None or isinstance(value, Mapping):
        return ""
    return str(value).replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()
