"""The order of the test files, and the database archives live in while they are tested.

``LUUTRU_TEST_DATABASE=postgresql``: every archive that tests make lives in a PostgreSQL database of its own, and only those
files run that learn something from it; ``make test`` runs the whole suite on SQLite and then these on PostgreSQL. A file
that is named on the command line runs there whatever the lists below say.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONGEST = (
    "test_journey_of_destruction",
    "test_killed_at_random",
    "test_killed_at_every_step",
    "test_dossier_killed",
    "test_papers_of_a_whole_round",
    "test_orders_killed",
    "test_schemathesis",
    "test_holds_race_destruction",
    "test_destruction_is_killed",
    "test_audit_interruption",
    "test_sealing_interrupted",
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
    {
        "adoption",
        "cli",
        "fsck",
        "http",
        "http_contract",
        "interruption",
        "journey",
        "journey_of_destruction",
        "papers",
        "sealing",
        "security",
        "serving",
    }
)
"""Directories whose tests make archives; all others that use a database try both kinds in one run."""

ON_SQLITE_ALONE: Mapping[str, str] = {
    "cli/test_check.py": "looks into files and opens no archive",
    "cli/test_terminal.py": "is about widths and streams",
    "cli/test_usage.py": "is about help, README and endings of commands",
    "http/test_names_and_ranges.py": "is about functions without a database",
    "http/test_oidc_http.py": "is about answers of providers; who signs in is tried by test_session_http.py",
    "http/test_search_http.py": "is about the index; rights in searches are tried by attacks_on_rights",
    "http_contract/test_connections.py": "is about sockets",
    "http_contract/test_openapi.py": "is about the document, not about answers",
    "http_contract/test_schemathesis.py": "takes long; odd values of every kind are tried by test_odd_requests.py",
    "journey/test_every_sample.py": "is about what the checks find in files",
    "journey_of_destruction/test_journey_of_destruction.py": "reads every byte of the home; tests/destruction tries both",
    "papers/test_attached_papers.py": "is about signed files",
    "papers/test_dossier.py": "is about packages; that dossiers come in is tried by test_dossier_ingest.py",
    "papers/test_printed_papers.py": "is about sheets",
    "security/test_attacks_by_markup.py": "is about how text is written out",
    "security/test_attacks_by_packages.py": "is about what is unpacked, before anything is recorded",
    "security/test_attacks_on_headers_and_paths.py": "is about requests refused before the database is asked",
    "security/test_table_of_attacks.py": "is about a page of the documentation",
    "serving/test_patience.py": "is about senders that stall",
}
"""Files of these directories that a second run on PostgreSQL would learn nothing from, and why."""


@pytest.fixture
def system_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files of this test lie here: who looks through all of ours then meets nothing of the tests beside it."""
    folder = tmp_path / "system-tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("LUUTRU_TEST_DATABASE") == "postgresql" and not _only_distributes(config):
        from tests.servers.homes import homes_on_postgresql

        homes_on_postgresql()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if os.environ.get("LUUTRU_TEST_DATABASE") != "postgresql" or HERE not in collection_path.parents:
        return None
    place = collection_path.relative_to(HERE)
    return place.parts[0] not in ON_POSTGRESQL or place.as_posix() in ON_SQLITE_ALONE or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files change places, the tests within one keep theirs."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(Path(str(item.path)).stem, len(places)))


def _only_distributes(config: pytest.Config) -> bool:
    """Whether this process runs no test itself."""
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
