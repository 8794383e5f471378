"""The table of alerts: what each code means, how bad it is, and what to do about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One row. ``title``, ``meaning`` and ``remedy`` are Vietnamese sentences, ``english`` says the same in one line.

    ``severity``: what it usually is (red, yellow or info). ``subject``: what the subject of such an alert names.
    """

    code: str
    severity: str
    subject: str
    title: str
    meaning: str
    remedy: str
    english: str


@cache
def alert_kinds() -> Mapping[str, AlertKind]:
    """Every code; no alert is raised with another one."""
    text = resources.files("schemas").joinpath("alerts.toml").read_text(encoding="utf-8")
    return {code: AlertKind(code=code, **row) for code, row in tomllib.loads(text).items()}
