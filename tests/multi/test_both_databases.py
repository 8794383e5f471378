"""The suite runs on both databases: no directory with one is left out of the run on PostgreSQL by mistake."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conftest import ON_POSTGRESQL, ON_SQLITE_ALONE, WITHOUT_DATABASE

TESTS = Path(__file__).parents[1]
_OPENS = ("archive.catalogue.catalogue", "api.bootstrap", "api.initialising", "api.cli", "tests.cli.shell")


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_directories_without_a_database_open_none() -> None:
    for name in sorted(WITHOUT_DATABASE):
        for file in (TESTS / name).rglob("*.py"):
            opened = imported(file) & {*_OPENS, "archive.catalogue.Catalogue"}
            assert not opened, f"{file} imports {opened}"


def test_every_directory_that_makes_archives_runs_on_postgresql_or_tries_both_itself() -> None:
    for folder in sorted(TESTS.iterdir()):
        if not folder.is_dir() or folder.name in WITHOUT_DATABASE | ON_POSTGRESQL | {"servers", "__pycache__"}:
            continue
        texts = [file.read_text(encoding="utf-8") for file in folder.rglob("*.py")]
        makes = any("initialise(" in text and "api.initialising" in text for text in texts)
        tries_both = any("running_postgresql" in text or "postgresql" in text for text in texts)
        assert tries_both or not makes, f"{folder.name} makes archives on one kind of database only"


def test_every_file_left_out_on_postgresql_is_there_and_in_a_directory_that_runs() -> None:
    for name, reason in ON_SQLITE_ALONE.items():
        assert (TESTS / name).is_file() and name.split("/")[0] in ON_POSTGRESQL and reason, name
