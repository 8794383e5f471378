"""The abbreviations of administrative Vietnamese that a search understands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Abbreviation → phrases. ``two_way``: each finds the other; ``one_way``: the abbreviation finds the phrase."""

    two_way: Mapping[str, tuple[str, ...]]
    one_way: Mapping[str, tuple[str, ...]]


@cache
def abbreviations() -> Abbreviations:
    table = json.loads(resources.files("schemas").joinpath("index.json").read_text(encoding="utf-8"))

    def part(name: str) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType({short: tuple(phrases) for short, phrases in table[name].items()})

    return Abbreviations(part("two_way"), part("one_way"))
