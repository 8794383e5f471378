"""The JSON Schema of a submission's metadata file, made from the table of fields.

``python -m schemas.submission`` writes ``submission.schema.json``; a test keeps the two equal.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from schemas.fields import KINDS, PROFILES, Field, applies, code_list, fields_of, requirements

SCHEMA_ID = "luutru-submission/1"
FILE_NAME = "submission.schema.json"
DATE_PATTERN = r"^(\d{1,2}/\d{1,2}/\d{4}|\d{1,2}/\d{4}|\d{4}|\d{4}-\d{2}-\d{2}|\d{4}-\d{2})$"


def shape_schema() -> dict[str, Any]:
    """The outer form alone: what must hold before the table of fields can be applied to a value."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["schema", "profile", "agency", "file", "documents"],
        "properties": {
            "schema": {"const": SCHEMA_ID},
            "profile": {"enum": list(PROFILES)},
            "agency": {"type": "object", "required": ["code", "name"], "properties": {"code": text, "name": text}},
            "file": {"type": "object"},
            "documents": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["path", "kind"],
                    "properties": {"path": text, "kind": {"enum": list(KINDS)}},
                },
            },
        },
    }


def generated_schema() -> dict[str, Any]:
    """The whole schema: the outer form, and for each profile the fields of its hồ sơ and documents."""
    shape = shape_schema()
    definitions: dict[str, Any] = {}
    choices = []
    for profile in PROFILES:
        definitions[f"file-{profile}"] = _record(fields_of("hoso"), profile)
        definitions[f"document-{profile}"] = _record(fields_of("document"), profile)
        then = {
            "file": {"$ref": f"#/$defs/file-{profile}"},
            "documents": {"items": {"$ref": f"#/$defs/document-{profile}"}},
        }
        condition = {"properties": {"profile": {"const": profile}}, "required": ["profile"]}
        choices.append({"if": condition, "then": {"properties": then}})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA_ID.replace('/', ':')}",
        "title": "Dữ liệu đặc tả của một hồ sơ nộp lưu",
        **shape,
        "allOf": choices,
        "$defs": definitions,
    }


@cache
def submission_schema() -> dict[str, Any]:
    """The committed schema, as agencies get it."""
    loaded: dict[str, Any] = json.loads(resources.files("schemas").joinpath(FILE_NAME).read_text(encoding="utf-8"))
    return loaded


def _record(fields: tuple[Field, ...], profile: str) -> dict[str, Any]:
    always = [
        item.name
        for item in fields
        if any(rule.level == "error" and not rule.when for rule in requirements(item, profile, "SIP"))
    ]
    properties = {}
    for item in fields:
        if applies(item, profile):
            properties[item.name] = _field(item, profile, item.name in always)
    conditions = [condition for item in fields for condition in _conditions(item, profile)]
    record: dict[str, Any] = {"type": "object", "required": always, "properties": properties}
    return record | ({"allOf": conditions} if conditions else {})


def _conditions(item: Field, profile: str) -> list[dict[str, Any]]:
    made = []
    for rule in requirements(item, profile, "SIP"):
        if rule.level != "error" or not rule.when:
            continue
        ((other, values),) = rule.when.items()
        accepted: list[Any] = list(values) + ([True, 1] if values == ("1",) else [])
        condition = {"required": [other], "properties": {other: {"enum": accepted}}}
        made.append({"if": condition, "then": {"required": [item.name]}})
    return made


def _field(item: Field, profile: str, mandatory: bool) -> dict[str, Any]:
    if item.type == "composite":
        parts = {part.name: _field(part, profile, False) for part in item.parts}
        whole: dict[str, Any] = {"type": "object", "properties": parts}
        described = {"type": "array", "items": whole} if item.many else whole
        return {"title": item.label, **described}
    return {"title": item.label, **_scalar(item, profile, mandatory)}


def _scalar(item: Field, profile: str, mandatory: bool) -> dict[str, Any]:
    if item.codes is not None:
        names = code_list(item.codes).names
        described = "; ".join(f"{code} = {name}" for code, name in names.items())
        return {"type": ["string", "integer"], "description": described} | ({"minLength": 1} if mandatory else {})
    length, certain = item.length_in(profile)
    if item.type == "boolean":
        return {"enum": [True, False, 0, 1, "0", "1"] + ([] if mandatory else [""])}
    if item.type == "number":
        digits = f"{{1,{length}}}" if length and certain else "+"
        limit = {"maximum": 10**length - 1} if length and certain else {}
        pattern = rf"^[0-9]{digits}$" if mandatory else rf"^([0-9]{digits})?$"
        return {"type": ["integer", "string"], "minimum": 0, "pattern": pattern} | limit
    if item.type == "date":
        return {"type": "string", "pattern": DATE_PATTERN if mandatory else f"^$|{DATE_PATTERN}"}
    # Agency codes may have 35 characters since QĐ 20/2020; the 13 of NĐ 30 are those of the older syntax.
    longest = 35 if item.agency_code else length
    bound = {"maxLength": longest} if longest and certain else {}
    return {"type": "string"} | ({"minLength": 1} if mandatory else {}) | bound


def main() -> None:
    target = Path(str(resources.files("schemas").joinpath(FILE_NAME)))
    target.write_text(json.dumps(generated_schema(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
