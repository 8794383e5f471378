"""Rules of destruction as data: the papers each rule profile asks for, and the texts of refusals."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class RefusalText:
    """``message`` with ``{placeholders}`` and ``remedy``: Vietnamese sentences. ``english``: one line."""

    message: str
    remedy: str
    english: str


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One paper of the dossier of destruction.

    ``needed``: ``always``, ``historical`` (the round of a historical archive), ``submitting`` (of an agency that hands
    in to one), or ``optional``. ``stage``: before which step it must be there: ``papers`` (before the hand-over),
    ``execution`` or ``minutes``. ``signed``: it must bear a valid signature; ``signed_by`` says whose. ``list_bound``: it must be bound to
    the hash of the frozen list. ``of_decision``: with a new decision it is made anew.
    """

    number: int
    kind: str
    title: str
    made_by: str
    signed: bool
    signed_by: str
    needed: str
    stage: str
    list_bound: bool
    of_decision: bool
    basis: str


@dataclass(frozen=True, slots=True)
class DisposalRules:
    """What a rule profile asks of a round. ``days_to_execute``: within how many days of the decision; 0: no clock.

    ``quorum``: which part of the members must have voted, as a fraction. ``opinion_needed``: as ``PaperRule.needed``.
    """

    profile: str
    version: str
    days_to_execute: int
    quorum: tuple[int, int]
    opinion_needed: str
    dossier_years: int
    basis: str
    papers: tuple[PaperRule, ...]

    def paper(self, kind: str) -> PaperRule | None:
        return next((paper for paper in self.papers if paper.kind == kind), None)


PROFILES = ("ND01-TT02", "LLT2024-TT05")


@cache
def disposal_rules(profile: str) -> DisposalRules:
    """Of this profile. Raises KeyError for one that is not known."""
    if profile not in PROFILES:
        raise KeyError(profile)
    read = _read(f"{profile}.toml")
    papers = tuple(PaperRule(**paper) for paper in read.pop("papers"))
    first, second = read.pop("quorum")
    return DisposalRules(profile=profile, quorum=(first, second), papers=papers, **read)


@cache
def refusal_texts() -> Mapping[str, RefusalText]:
    """Every code of a refusal; nothing is refused with another one."""
    return {code: RefusalText(**row) for code, row in _read("refusals.toml").items()}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("schemas").joinpath("disposal", name).read_text(encoding="utf-8"))
