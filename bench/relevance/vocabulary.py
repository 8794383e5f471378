"""The words of the made collection: topics and their aspects, places, people, kinds of document, turns of phrase."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing a text can be about. ``phrases`` all mean it; ``terms`` are words used when it is spoken of."""

    id: str
    topic: str
    office: str
    phrases: tuple[str, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A province, or a district of one."""

    province: str
    district: str | None

    @property
    def name(self) -> str:
        return f"tỉnh {self.province}" if self.district is None else f"huyện {self.district}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the texts are drawn from; the same for every seed."""

    aspects: tuple[Aspect, ...]
    provinces: tuple[Place, ...]
    districts: tuple[Place, ...]
    kinds: tuple[tuple[str, str], ...]
    short: tuple[tuple[str, str], ...]
    turns: dict[str, tuple[str, ...]]
    people: dict[str, tuple[str, ...]]


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("bench.relevance").joinpath(name).read_text(encoding="utf-8"))


def _aspect(topic: dict[str, Any], number: int, row: str) -> Aspect:
    phrases, _, terms = row.partition(":")
    return Aspect(
        id=f"{topic['name']}/{number}",
        topic=topic["name"],
        office=topic["office"],
        phrases=tuple(phrases.split("|")),
        terms=tuple(term.strip() for term in terms.split(",")),
    )


@cache
def vocabulary() -> Vocabulary:
    """The words of ``topics.toml`` and ``words.toml``."""
    topics, words = _table("topics.toml")["topics"], _table("words.toml")
    return Vocabulary(
        aspects=tuple(_aspect(topic, number, row) for topic in topics for number, row in enumerate(topic["aspects"])),
        provinces=tuple(Place(name, None) for name in words["provinces"]),
        districts=tuple(Place(name, district) for name, all_ in words["provinces"].items() for district in all_),
        kinds=tuple(words["kinds"].items()),
        short=tuple(words["short"].items()),
        turns={name: tuple(values) for name, values in words["turns"].items()},
        people={name: tuple(values) for name, values in words["people"].items()},
    )


def initials(office: str) -> str:
    """How the office signs in a notation: Sở Giáo dục và Đào tạo → SGDĐT."""
    letters = [word[0].upper() for word in office.split() if word not in ("và", "-", "tỉnh")]
    return "".join(letters)
