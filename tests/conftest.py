"""The order of the test files: those that take longest first, so that no worker is left alone with one at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

LONGEST = (
    "test_killed_at_random",
    "test_killed_at_every_step",
    "test_schemathesis",
    "test_taking_in",
    "test_every_sample",
    "test_access_table",
    "test_the_world_fails",
    "test_pdfa_hostile",
    "test_uploads_http",
    "test_submitting_http",
)
"""Names of the files that alone take more than about half a minute, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files change places, the tests within one keep theirs."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(Path(str(item.path)).stem, len(places)))
