"""The retention schedules that come with the program, as they stand in ``retention/*.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@cache
def bundled_schedules() -> Mapping[str, Mapping[str, Any]]:
    """Every schedule by its id, values as written: what they mean is for ``archive.retention.schedule`` to say."""
    folder = resources.files("schemas").joinpath("retention")
    found = (
        tomllib.loads(item.read_text(encoding="utf-8")) for item in folder.iterdir() if item.name.endswith(".toml")
    )
    return MappingProxyType({row["id"]: MappingProxyType(row) for row in sorted(found, key=lambda row: str(row["id"]))})
