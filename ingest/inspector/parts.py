"""The parts an inspector can be asked for: each a function from a file to facts, imported when first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Facts = Callable[[Path, Mapping[str, Any]], Mapping[str, Any]]

PARTS: Mapping[str, str] = {
    "format": "ingest.checks.format:facts",
    "structure": "ingest.checks.structure:facts",
    "signatures": "ingest.checks.signatures:facts",
    "text": "ingest.checks.text:facts",
    "page": "ingest.inspector.page:facts",
    "paper": "ingest.checks.paper_binding:facts",
}


@cache
def part(name: str) -> Facts:
    """The function for ``name``; KeyError for a part that does not exist."""
    module, _, attribute = PARTS[name].partition(":")
    function: Facts = getattr(importlib.import_module(module), attribute)
    return function
