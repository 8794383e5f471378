"""The table of fields: what each is called in every rule set, how it is typed, where it is required."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

TABLES = ("hoso", "collection", "document")
PROFILES = ("LLT2024-TT05", "ND01-TT02")
PACKAGES = ("SIP", "AIP", "DIP")
KINDS = ("outgoing", "incoming", "other")
RULE_SETS = ("tt05", "nd30", "tt02")
PROFILE_RULE_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"LLT2024-TT05": ("tt05", "nd30"), "ND01-TT02": ("tt02", "nd30")}
)
"""The rule sets a profile rests on, the one that decides first: TT 05 or TT 02 for archives, NĐ 30 for registries."""


@dataclass(frozen=True, slots=True)
class RuleName:
    """How one rule set writes a field. ``packages`` maps package type to the name there (TT 05 only)."""

    rule_set: str
    name: str
    type: str
    length: int | None
    kinds: tuple[str, ...] = KINDS
    packages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Requirement:
    """Where a field must be filled in; ``when``: only if another field has one of these (normalised) values."""

    level: str
    profiles: tuple[str, ...] = PROFILES
    packages: tuple[str, ...] = PACKAGES
    kinds: tuple[str, ...] = KINDS
    when: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Field:
    """One field under its canonical name. ``index`` says how it is searched: text, keyword, date or integer."""

    table: str
    name: str
    label: str
    type: str
    index: str
    heads: tuple[str, ...] = ()
    codes: str | None = None
    several_codes: bool = False
    many: bool = False
    agency_code: bool = False
    part_of: str | None = None
    parts: tuple[Field, ...] = ()
    required: tuple[Requirement, ...] = ()
    rules: Mapping[str, RuleName] = field(default_factory=lambda: MappingProxyType({}))

    def name_in(self, rule_set: str, package: str = "SIP") -> str | None:
        """What the rule set calls it, in TT 05 within this package type; None where it has no such field."""
        rule = self.rules.get(rule_set)
        if rule is None:
            return None
        return rule.packages.get(package) if rule_set == "tt05" else rule.name

    def length_in(self, profile: str) -> tuple[int | None, bool]:
        """The longest value in characters (digits of a number) under a profile, and whether the limit is certain.

        TT 02 lengths were not verified in the gazette: exceeding them must not refuse a record.
        """
        for rule_set in PROFILE_RULE_SETS[profile]:
            if rule := self.rules.get(rule_set):
                return rule.length, rule_set != "tt02"
        return None, False


@dataclass(frozen=True, slots=True)
class CodeList:
    """``names`` by code; ``code_of`` accepts the code, its name or an alias, whatever the case or Unicode form."""

    name: str
    label: str
    clause: str
    certain: bool
    names: Mapping[str, str]
    lookup: Mapping[str, str]

    def codes_of(self, value: object) -> tuple[str, ...] | None:
        """The codes of a value that may name several, separated by commas or semicolons; None if one is unknown."""
        whole = self.code_of(value)
        if whole is not None:
            return (whole,)
        codes = [self.code_of(part) for part in re.split(r"[,;]", str(value)) if part.strip()]
        return tuple(code for code in codes if code is not None) if codes and None not in codes else None

    def code_of(self, value: object) -> str | None:
        text = str(value).strip()
        if text in self.names:
            return text
        if text.isascii() and text.isdigit():
            padded = text.lstrip("0").zfill(max(map(len, self.names)))
            if padded in self.names:
                return padded
        return self.lookup.get(folded(text))


def folded(text: str) -> str:
    """A label or name reduced for comparison: NFC, lower case, single spaces, no space round punctuation."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).casefold()).strip(" .:*")
    return re.sub(r"\s*([,/;()-])\s*", r"\1", plain)


@cache
def fields_of(table: str) -> tuple[Field, ...]:
    """The fields of ``hoso``, ``collection`` or ``document``, in the order of the table."""
    return tuple(_field(table, row) for row in _toml("fields.toml")[table])


@cache
def fields_by_name(table: str) -> Mapping[str, Field]:
    return MappingProxyType({item.name: item for item in fields_of(table)})


@cache
def fields_by_label(table: str) -> Mapping[str, tuple[Field, Field | None]]:
    """Folded column head → the field, and its part when the head names a part of a composite."""
    found: dict[str, tuple[Field, Field | None]] = {}
    for item in fields_of(table):
        for head in (item.label, *item.heads, item.name):
            found.setdefault(folded(head), (item, None))
    for item in fields_of(table):
        for part in item.parts:
            for head in (part.label, *part.heads):
                found.setdefault(folded(head), (item, part))
    return MappingProxyType(found)


@cache
def fields_by_rule_name(table: str, rule_set: str, package: str = "SIP") -> Mapping[str, Field]:
    """Name in a rule set → field; in TT 05 the names of one package type."""
    named = ((item.name_in(rule_set, package), item) for item in fields_of(table))
    return MappingProxyType({name: item for name, item in named if name is not None})


def applies(item: Field, profile: str, package: str = "SIP", kind: str | None = None) -> bool:
    """Whether a record of this profile may carry the field in this package type (for documents: of this kind)."""
    for rule_set in PROFILE_RULE_SETS[profile]:
        rule = item.rules.get(rule_set)
        if rule is None or (kind is not None and kind not in rule.kinds):
            continue
        if rule_set != "tt05" or package in rule.packages:
            return True
    return False


def requirements(owner: Field, profile: str, package: str, kind: str | None = None) -> tuple[Requirement, ...]:
    """The requirements on this field here; each may still depend on its ``when``."""
    return tuple(
        item
        for item in owner.required
        if profile in item.profiles and package in item.packages and (kind is None or kind in item.kinds)
    )


@cache
def code_list(name: str) -> CodeList:
    row = _toml("codes.toml")[name]
    names: dict[str, str] = dict(row["names"])
    lookup = {folded(text): code for code, text in names.items()}
    lookup.update({folded(text): code for text, code in row.get("aliases", {}).items()})
    return CodeList(
        name, row["label"], row["clause"], row["certain"], MappingProxyType(names), MappingProxyType(lookup)
    )


@cache
def code_lists() -> Mapping[str, CodeList]:
    return MappingProxyType({name: code_list(name) for name, row in _toml("codes.toml").items() if "names" in row})


@cache
def exchanged_kinds() -> tuple[tuple[str, str], ...]:
    """The 13 kinds of Điều 6 of the Hải Phòng decision with the code of TT 05 each falls under, in their order."""
    return tuple((row["name"], row["type_code"]) for row in _toml("codes.toml")["exchanged_kinds"])


def _field(table: str, row: Mapping[str, Any]) -> Field:
    return Field(
        table=table,
        name=row["name"],
        label=row["label"],
        type=row["type"],
        index=row["index"],
        heads=tuple(row.get("heads", ())),
        codes=row.get("codes"),
        several_codes=row.get("several_codes", False),
        many=row.get("many", False),
        agency_code=row.get("agency_code", False),
        part_of=row.get("part_of"),
        parts=tuple(_field(table, part) for part in row.get("parts", ())),
        required=tuple(_requirement(item) for item in row.get("required", ())),
        rules=MappingProxyType({name: _rule(name, row[name], row) for name in RULE_SETS if name in row}),
    )


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(
        level=row["level"],
        profiles=tuple(row.get("profiles", PROFILES)),
        packages=tuple(row.get("packages", PACKAGES)),
        kinds=tuple(row.get("kinds", KINDS)),
        when=MappingProxyType({name: tuple(values) for name, values in row.get("when", {}).items()}),
    )


def _rule(rule_set: str, row: Mapping[str, Any], owner: Mapping[str, Any]) -> RuleName:
    packages = {package: row[package.lower()] for package in PACKAGES if package.lower() in row}
    return RuleName(
        rule_set=rule_set,
        name=row.get("name", owner["name"]),
        type=row.get("type", owner["type"]),
        length=row.get("length"),
        kinds=tuple(row.get("kinds", KINDS)),
        packages=MappingProxyType(packages),
    )


@cache
def _toml(name: str) -> Mapping[str, Any]:
    text = resources.files("schemas").joinpath(name).read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
