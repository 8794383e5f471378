"""The abbreviations of administrative Vietnamese that a search understands, and the words it asks with but not for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Abbreviation → phrases. ``two_way``: each finds the other; ``one_way``: the abbreviation finds the phrase.

    ``kinds``: those of ``one_way`` that name a kind of document, as a notation does.
    """

    two_way: Mapping[str, tuple[str, ...]]
    one_way: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]


@cache
def _table() -> Mapping[str, Any]:
    table: dict[str, Any] = json.loads(resources.files("schemas").joinpath("index.json").read_text(encoding="utf-8"))
    return table


@cache
def abbreviations() -> Abbreviations:
    def part(*names: str) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType({short: tuple(phrases) for name in names for short, phrases in _table()[name].items()})

    return Abbreviations(part("two_way"), part("one_way", "kinds"), part("kinds"))


@cache
def padding() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a question begins with, and what it ends with, and no document is searched for by; the longest first."""
    around, at_end = _table()["padding"], _table()["padding_at_end"]
    return tuple(sorted(around, key=len, reverse=True)), tuple(sorted((*around, *at_end), key=len, reverse=True))


@cache
def forms_of_address() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands before a person's name, and the family names a name begins with."""
    return tuple(sorted(_table()["honorifics"], key=len, reverse=True)), tuple(_table()["surnames"])
