"""The words of each rule profile for the papers the archive prints: names of councils, of periods, and legal bases."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class PaperTerms:
    """``execution_days``: within how many days of the decision destruction is carried out; 0 where no rule sets any."""

    council: str
    verification_council: str
    explanation: str
    period: str
    archive: str
    execution_days: int
    bases: tuple[str, ...]
    transfer_bases: tuple[str, ...]


@cache
def paper_terms() -> Mapping[str, PaperTerms]:
    """The terms of every rule profile by its name."""
    text = resources.files("schemas").joinpath("papers.toml").read_text(encoding="utf-8")
    return {
        name: PaperTerms(
            row["council"],
            row["verification_council"],
            row["explanation"],
            row["period"],
            row["archive"],
            row["execution_days"],
            tuple(row["bases"]),
            tuple(row["transfer_bases"]),
        )
        for name, row in tomllib.loads(text).items()
    }
