"""The table of file formats: which PRONOM ids are one kind, what its names look like, and whether it is taken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class FormatKind:
    """One kind of file. ``extensions`` are without dot, ``claims`` in lower case; ``refined`` is the word by which a
    look into the content tells it from others with the same PRONOM id."""

    name: str
    label: str
    puids: frozenset[str]
    extensions: tuple[str, ...]
    claims: frozenset[str]
    allowed: bool
    refined: str = ""
    includes: frozenset[str] = frozenset()


@cache
def format_kinds() -> Mapping[str, FormatKind]:
    """Every kind by name."""
    text = resources.files("schemas").joinpath("formats.toml").read_text(encoding="utf-8")
    return {
        name: FormatKind(
            name,
            row["label"],
            frozenset(row["puids"]),
            tuple(row["extensions"]),
            frozenset(row["claims"]),
            row["allowed"],
            row.get("refined", ""),
            frozenset(row.get("includes", ())),
        )
        for name, row in tomllib.loads(text).items()
    }


def kind_of(puid: str, refined: str = "") -> FormatKind | None:
    """The kind with this PRONOM id; among several, the one that the look into the content named."""
    fitting = [kind for kind in format_kinds().values() if puid in kind.puids]
    return next((kind for kind in fitting if kind.refined == refined), None)


def kind_claimed(words: str) -> FormatKind | None:
    """The kind that metadata means by ``words`` (an extension, a media type, or a usual name)."""
    said = words.strip().lower()
    bare = said.removeprefix(".")
    for kind in format_kinds().values():
        if {said, bare} & kind.claims or bare in kind.extensions:
            return kind
    return format_kinds()["pdfa"] if bare.startswith(("pdf/a", "pdfa-", "pdf/a-")) else None
