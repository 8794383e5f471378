"""docs/traps.md and the tests it names are the same: every trap has a test that answers it, and that test says so."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAPS = range(1, 46)
_ROW = re.compile(r"^\| T(\d+) \|")
_NAMED = re.compile(r"`((?:[a-z_]+/)+test_\w+\.py)::(test_\w+)`")


@cache
def rows() -> Mapping[int, list[str]]:
    """The cells of each trap's row."""
    lines = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8").splitlines()
    found = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines if _ROW.match(line)]
    return {int(row[0].removeprefix("T")): row for row in found}


def named(trap: int) -> list[tuple[str, str]]:
    """File and name of every test the row of a trap names."""
    return _NAMED.findall(rows()[trap][-1])


@cache
def said(file: str) -> Mapping[str, str]:
    """Of each test of a file: all it says, its name and the docstring of its file included."""
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    about = ast.get_docstring(tree) or ""
    return {
        item.name: "\n".join([about, item.name, *lines[item.lineno - 1 : item.end_lineno]])
        for item in tree.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name.startswith("test_")
    }


def says(text: str, trap: int) -> bool:
    return re.search(rf"(?<![A-Za-z0-9])[Tt]{trap}(?![0-9A-Za-z])", text) is not None


def test_every_trap_stands_in_the_table_once_with_what_happened_and_what_is_done() -> None:
    assert list(rows()) == list(TRAPS)
    for trap, row in rows().items():
        assert len(row) == 4 and all(cell.strip() for cell in row), trap


def test_every_trap_has_a_test_that_is_there_and_says_which_trap_it_answers() -> None:
    for trap in TRAPS:
        assert named(trap), f"T{trap} has no test"
        assert rows()[trap][-1].count("`") == 2 * len(named(trap)), f"T{trap}: a test is named otherwise"
        for file, name in named(trap):
            assert (ROOT / "tests" / file).is_file(), file
            assert name in said(file), f"{file} has no {name}"
            assert says(said(file)[name], trap), f"{name} does not say that it answers T{trap}"
