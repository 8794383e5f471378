"""The metadata file of a submission: strict JSON of the published shape → ``Record``, values kept as submitted."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from archive.finding import Finding, Severity, finding
from ingest.metadata.strict_json import strict_json
from ingest.subject import DocumentEntry, Record
from schemas.fields import KINDS, PROFILES
from schemas.submission import SCHEMA_ID, shape_schema

_MOST_SHAPE_FINDINGS = 50
_TYPES = {"object": "một đối tượng", "array": "một danh sách", "string": "một chuỗi"}


def parse_metadata(data: bytes) -> tuple[Record | None, tuple[Finding, ...]]:
    """The record of a ``metadata.json`` and what reading it found; None when it cannot be understood.

    Only the outer form is judged here; the fields are the metadata check's. Nothing is trimmed, mapped or corrected.
    """
    value, found = strict_json(data)
    if any(item.severity is Severity.ERROR for item in found):
        return None, found
    faults = []
    for error in _shape().iter_errors(value):
        faults.append(_fault(error))
        if len(faults) == _MOST_SHAPE_FINDINGS:
            break
    if faults:
        return None, (*found, *faults)
    documents = tuple(
        DocumentEntry(
            path=row["path"],
            kind=row["kind"],
            fields={name: item for name, item in row.items() if name not in ("path", "kind")},
        )
        for row in value["documents"]
    )
    return Record(value["profile"], value["agency"], value["file"], documents), found


def as_submission(record: Record) -> dict[str, Any]:
    """The JSON value of a ``metadata.json`` that gives this record back."""
    return {
        "schema": SCHEMA_ID,
        "profile": record.profile,
        "agency": dict(record.agency),
        "file": dict(record.file),
        "documents": [{"path": entry.path, "kind": entry.kind, **entry.fields} for entry in record.documents],
    }


@cache
def _shape() -> Draft202012Validator:
    return Draft202012Validator(shape_schema())


def _fault(error: ValidationError) -> Finding:
    pointer = "/" + "/".join(str(part) for part in error.absolute_path)
    if pointer == "/profile" and error.validator == "enum":
        return finding("metadata.profile.unknown", profile=str(error.instance)[:40], expected=", ".join(PROFILES))
    return finding("metadata.shape.wrong", pointer=pointer, expected=_expected(error))


def _expected(error: ValidationError) -> str:
    if error.validator == "required":
        present: Any = error.instance
        wanted: Any = error.validator_value
        missing = [name for name in wanted if name not in present]
        return "thiếu " + ", ".join(f"“{name}”" for name in missing)
    if error.validator == "type":
        return "cần " + _TYPES.get(str(error.validator_value), str(error.validator_value))
    if error.validator == "minLength":
        return "không được để trống"
    if error.validator == "const":
        return f"cần “{SCHEMA_ID}”"
    return "chỉ nhận " + ", ".join(KINDS)
