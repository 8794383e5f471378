"""How one healing ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """REPAIRED: from another copy. REBUILT: from good parts of several. WHOLE: it was right, and was left alone.

    WAITING: not now (a store is away or full, a copy cannot be read); tried again later. INCIDENT: a person is needed.
    LEFT: not for repair to touch: not stored yet, awaited, or no copy the catalogue knows of.
    """

    REPAIRED = "repaired"
    REBUILT = "rebuilt"
    WHOLE = "whole"
    WAITING = "waiting"
    INCIDENT = "incident"
    LEFT = "left"

    @property
    def red(self) -> bool:
        """Whether the copy is still not what it should be."""
        return self in (Outcome.WAITING, Outcome.INCIDENT)


@dataclass(frozen=True, slots=True)
class Repaired:
    """One copy after somebody tried to heal it. ``sources``: the stores its bytes came from. ``problem`` for people."""

    aip_id: str
    store: str
    outcome: Outcome
    sources: tuple[str, ...] = ()
    sha256: str = ""
    damaged_sha256: str | None = None
    aside: tuple[str, ...] = ()
    problem: str = ""
    size_bytes: int = field(default=0, compare=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "aip_id": self.aip_id,
            "store": self.store,
            "outcome": self.outcome.value,
            "from": list(self.sources),
            "sha256": self.sha256,
            "damaged_sha256": self.damaged_sha256,
            "aside": list(self.aside),
            "problem": self.problem,
        }
