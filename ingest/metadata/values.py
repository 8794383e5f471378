"""Values as submitted and as compared: dates in ISO form, codes instead of names, agency codes in both syntaxes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ingest.subject import DocumentEntry, Record
from schemas.fields import Field, code_list, fields_by_name

_DATES = (
    re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})", re.ASCII),
)


def iso_date(value: object) -> str | None:
    """dd/mm/yyyy, mm/yyyy, yyyy or ISO → yyyy-mm-dd, yyyy-mm or yyyy; None if no such day, month or year exists."""
    if not isinstance(value, str):
        return None
    for pattern in _DATES:
        if found := pattern.fullmatch(value.strip()):
            parts = found.groupdict()
            year, month, day = int(parts["year"]), int(parts.get("month") or 1), int(parts.get("day") or 1)
            try:
                exact = date(year, month, day).isoformat()
            except ValueError:
                return None
            return exact[: 10 if "day" in parts else 7 if "month" in parts else 4]
    return None


def integer(value: object) -> int | None:
    """A whole number from 0 given as a number or as ASCII digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) <= 18:
        return int(value)
    return None


def boolean(value: object) -> str | None:
    """The text 1 or 0, as TT 05 writes a Boolean; None for anything that is neither."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, (str, int)) and str(value) in ("0", "1") else None


def empty(value: object) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def normalised_value(item: Field, value: Any) -> Any:
    """The value in the form that is compared, exported and indexed; what cannot be understood stays as it came."""
    if item.type == "composite":
        parts = {part.name: part for part in item.parts}
        if item.many and isinstance(value, list):
            return [_composite(parts, one) for one in value]
        return _composite(parts, value)
    if item.codes is not None:
        codes = code_list(item.codes).codes_of(value) if item.several_codes else None
        single = code_list(item.codes).code_of(value)
        if single is not None and item.type == "number":
            return int(single)
        return single or (", ".join(codes) if codes else value)
    if item.type == "date":
        return iso_date(value) or value
    if item.type == "number":
        number = integer(value)
        return value if number is None else number
    if item.type == "boolean":
        return boolean(value) or value
    return value


def normalised(record: Record) -> Record:
    """ISO dates, codes for names, numbers as integers, booleans as "0" or "1"; empty fields left out."""
    documents = fields_by_name("document")
    return Record(
        profile=record.profile,
        agency=record.agency,
        file=_normalised(fields_by_name("hoso"), record.file),
        documents=tuple(
            DocumentEntry(entry.path, entry.kind, _normalised(documents, entry.fields)) for entry in record.documents
        ),
    )


def _normalised(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: normalised_value(fields[name], value) if name in fields else value
        for name, value in values.items()
        if not empty(value)
    }


def _composite(parts: Mapping[str, Field], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: normalised_value(parts[name], one) if name in parts else one for name, one in value.items()}
