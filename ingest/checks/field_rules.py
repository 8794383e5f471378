"""The rules of the field table applied to the values of one hồ sơ or one document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from archive.agency_code import agency_code_syntax
from archive.finding import Finding, finding
from ingest.metadata.values import boolean, empty, integer, iso_date, normalised_value
from schemas.fields import CodeList, Field, Requirement, applies, code_list, fields_by_name, fields_of, requirements

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MOST_CODES_NAMED = 12


@dataclass(frozen=True, slots=True)
class Where:
    """What the values belong to: a table, a profile, for a document its kind and path."""

    table: str
    profile: str
    kind: str | None = None
    document: str | None = None
    package: str = "SIP"


def check_fields(values: Mapping[str, Any], where: Where) -> Iterator[Finding]:
    """Every fault of these values: unknown, missing and inapplicable fields, types, codes, lengths, dates."""
    known = fields_by_name(where.table)
    for name, value in values.items():
        item = known.get(name)
        if item is None:
            if not name.startswith("x-"):
                yield finding("metadata.field.unknown", where.document, field=_short(name))
        elif not empty(value):
            if not applies(item, where.profile, where.package, where.kind):
                yield _about("metadata.field.not-applicable", item, where, profile=where.profile)
            yield from _check_value(item, value, where, item.name)
    yield from _check_presence(values, where)


def _check_presence(values: Mapping[str, Any], where: Where) -> Iterator[Finding]:
    known = fields_by_name(where.table)
    for item, rules in _requirements(where.table, where.profile, where.package, where.kind):
        if not empty(values.get(item.name)):
            continue
        for rule in rules:
            if _in_force(rule, values, known):
                code = "metadata.field.missing" if rule.level == "error" else "metadata.field.expected"
                yield _about(code, item, where, because=_reason(rule, known))
                break


@cache
def _requirements(
    table: str, profile: str, package: str, kind: str | None
) -> tuple[tuple[Field, tuple[Requirement, ...]], ...]:
    pairs = ((item, requirements(item, profile, package, kind)) for item in fields_of(table))
    return tuple(pair for pair in pairs if pair[1])


def _in_force(rule: Requirement, values: Mapping[str, Any], known: Mapping[str, Field]) -> bool:
    return all(str(normalised_value(known[name], values.get(name))) in wanted for name, wanted in rule.when.items())


def _reason(rule: Requirement, known: Mapping[str, Field]) -> str:
    """Why a conditional field is asked for, in words: the other field and its values."""
    reasons = []
    for name, wanted in rule.when.items():
        other = known[name]
        named = [code_list(other.codes).names[value] if other.codes else _yes(value) for value in wanted]
        reasons.append(f"“{other.label}” là {' hoặc '.join(named)}")
    return f" khi {' và '.join(reasons)}" if reasons else ""


def _yes(value: str) -> str:
    return "có" if value == "1" else "không"


def _check_value(item: Field, value: Any, where: Where, name: str) -> Iterator[Finding]:
    if item.type == "composite":
        yield from _check_composite(item, value, where)
    elif item.codes is not None:
        yield from _check_code(item, code_list(item.codes), value, where, name)
    elif item.type == "date":
        if not isinstance(value, str):
            yield _wrong_type(item, where, name, "ngày dạng chuỗi dd/mm/yyyy")
        elif iso_date(value) is None:
            yield _about("metadata.date.invalid", item, where, field=name)
    elif item.type == "number":
        number = integer(value)
        if number is None:
            yield _wrong_type(item, where, name, "số nguyên không âm")
        else:
            yield from _check_length(item, len(str(number)), "chữ số", where, name)
    elif item.type == "boolean":
        if boolean(value) is None:
            yield _wrong_type(item, where, name, "1 (có) hoặc 0 (không)")
    elif not isinstance(value, str):
        yield _wrong_type(item, where, name, "chuỗi ký tự")
    else:
        yield from _check_text(item, value, where, name)


def _check_composite(item: Field, value: Any, where: Where) -> Iterator[Finding]:
    several = value if item.many else [value]
    if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
        expected = "danh sách các đối tượng" if item.many else "đối tượng"
        yield _wrong_type(item, where, item.name, f"{expected} gồm {', '.join(part.name for part in item.parts)}")
        return
    parts = {part.name: part for part in item.parts}
    for one in several:
        for name, part_value in one.items():
            if name not in parts:
                yield finding("metadata.field.unknown", where.document, field=f"{item.name}.{_short(name)}")
            elif not empty(part_value):
                yield from _check_value(parts[name], part_value, where, f"{item.name}.{name}")


def _check_code(item: Field, codes: CodeList, value: Any, where: Where, name: str) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        yield _wrong_type(item, where, name, "mã hoặc tên trong bảng mã")
        return
    found = codes.codes_of(value) if item.several_codes else codes.code_of(value)
    if found is not None:
        return
    code = "metadata.value.unknown-code" if codes.certain and where.profile == "LLT2024-TT05" else None
    # Earlier rules had these fields as free text: a value outside the later list is told, not refused.
    named = [f"{key} ({text})" for key, text in codes.names.items()]
    shown = ", ".join(named[:_MOST_CODES_NAMED]) + (", …" if len(named) > _MOST_CODES_NAMED else "")
    yield _about(code or "metadata.value.unlisted-code", item, where, field=name, codes=codes.label, expected=shown)


def _check_text(item: Field, value: str, where: Where, name: str) -> Iterator[Finding]:
    yield from _check_length(item, len(value), "ký tự", where, name)
    if _CONTROL.search(value):
        yield _about("metadata.value.control-characters", item, where, field=name)
    if item.agency_code and agency_code_syntax(value.strip()) is None:
        yield _about("metadata.agency.code-unusual", item, where, field=name)


def _check_length(item: Field, length: int, unit: str, where: Where, name: str) -> Iterator[Finding]:
    limit, certain = item.length_in(where.profile)
    if limit is None or length <= limit:
        return
    # An agency code may have 35 characters since QĐ 20/2020; the 13 of NĐ 30 are those of the older syntax.
    if item.agency_code and length <= 35:
        return
    code = "metadata.value.too-long" if certain else "metadata.value.over-length"
    yield _about(code, item, where, field=name, length=f"{length} {unit}", limit=f"{limit} {unit}")


def _wrong_type(item: Field, where: Where, name: str, expected: str) -> Finding:
    return _about("metadata.value.wrong-type", item, where, field=name, expected=expected)


def _about(code: str, item: Field, where: Where, **details: Any) -> Finding:
    return finding(code, where.document, **{"label": item.label, "field": item.name, **details})


def _short(name: str) -> str:
    return "".join(char for char in name[:60] if char.isprintable())
