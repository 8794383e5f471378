"""The order of the test files, and the database archives live in while they are tested.

``LUUTRU_TEST_DATABASE=postgresql``: every archive that tests make lives in a PostgreSQL database of its own, and only those
directories run whose tests make one; ``make test`` runs the whole suite on SQLite and then these on PostgreSQL.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONGEST = (
    "test_killed_at_random",
    "test_killed_at_every_step",
    "test_schemathesis",
    "test_taking_in",
    "test_every_sample",
    "test_access_table",
    "test_several_workers",
    "test_the_world_fails",
    "test_pdfa_hostile",
    "test_uploads_http",
    "test_submitting_http",
)
"""Names of the files that alone take more than about half a minute, the longest first."""

WITHOUT_DATABASE = frozenset(
    {
        "access",
        "aip",
        "bag",
        "calendar",
        "dip",
        "duplicates",
        "encoding",
        "format",
        "listing",
        "malware",
        "metadata",
        "pdfa",
        "pictures",
        "policy",
        "receipts",
        "samples",
        "signatures",
        "storage",
        "tables",
        "text",
        "unpack",
        "workers",
    }
)
"""Directories whose tests open no database: a second run on another one would tell nothing."""

ON_POSTGRESQL = frozenset(
    {"adoption", "cli", "http", "http_contract", "interruption", "journey", "security", "serving"}
)
"""Directories whose tests make archives; all others that use a database try both kinds in one run."""


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("LUUTRU_TEST_DATABASE") == "postgresql" and not _only_distributes(config):
        from tests.servers.homes import homes_on_postgresql

        homes_on_postgresql()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if os.environ.get("LUUTRU_TEST_DATABASE") != "postgresql" or HERE not in collection_path.parents:
        return None
    return collection_path.relative_to(HERE).parts[0] not in ON_POSTGRESQL or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files change places, the tests within one keep theirs."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(Path(str(item.path)).stem, len(places)))


def _only_distributes(config: pytest.Config) -> bool:
    """Whether this process runs no test itself."""
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
