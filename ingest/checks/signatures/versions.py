"""The tools that give the verdicts, with their versions."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def tool_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("pyhanko", "pyhanko-certvalidator")}
