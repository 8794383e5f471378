"""The rule profiles: which law applies on a day, what it calls things, and the times it sets."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class TransferRule:
    """By when a hồ sơ is handed over. ``hand_in_years``: to the current archive, from the end of the work, when it is kept
    at least ``hand_in_least_years``. ``historical_years``: to the historical archive, when it is kept for ever, counted from
    the year the work ``ended`` or the year it was ``received`` by the current archive."""

    hand_in_years: int
    hand_in_least_years: int
    historical_years: int
    historical_counted_from: str
    notice_days: int
    hand_in_clause: str
    historical_clause: str


@dataclass(frozen=True, slots=True)
class RuleProfileTable:
    """One profile. ``terms``: the word of the law for each idea. ``schedule``: the common retention schedule under it.

    ``execution_days``: from the decision to the minutes of destruction; 0 where the law sets no time.
    """

    name: str
    version: str
    title: str
    in_force_from: date
    basis: tuple[str, ...]
    schedule: str
    execution_days: int
    terms: Mapping[str, str]
    transfer: TransferRule


@cache
def rule_profiles() -> Mapping[str, RuleProfileTable]:
    """Every profile by name, the oldest first."""
    text = resources.files("schemas").joinpath("rule_profiles.toml").read_text(encoding="utf-8")
    found = [_profile(row) for row in tomllib.loads(text)["profiles"]]
    return MappingProxyType({item.name: item for item in sorted(found, key=lambda item: item.in_force_from)})


def profile_named(name: str) -> RuleProfileTable:
    """Raises KeyError."""
    return rule_profiles()[name]


def profile_on(day: date) -> RuleProfileTable:
    """The profile in force on a day; before the first one, the first: older hồ sơ came to archives under it."""
    profiles = tuple(rule_profiles().values())
    return next((item for item in reversed(profiles) if item.in_force_from <= day), profiles[0])


def _profile(row: Mapping[str, Any]) -> RuleProfileTable:
    return RuleProfileTable(
        name=row["name"],
        version=row["version"],
        title=row["title"],
        in_force_from=date.fromisoformat(row["in_force_from"]),
        basis=tuple(row["basis"]),
        schedule=row["schedule"],
        execution_days=row["execution_days"],
        terms=MappingProxyType(row["terms"]),
        transfer=TransferRule(**row["transfer"]),
    )
