"""docs/security.md and the tests it names are the same: neither promises what the other does not keep."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def every_test(folder: Path) -> set[str]:
    return {name for file in folder.rglob("test_*.py") for name in _TEST.findall(file.read_text(encoding="utf-8"))}


def rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "Attack"]


def named() -> set[str]:
    return {name for row in rows() for name in re.findall(r"`(test_\w+)`", row[-1])}


def test_every_test_named_in_the_table_of_attacks_exists() -> None:
    assert not named() - every_test(ROOT / "tests")


def test_every_attack_that_is_tested_stands_in_the_table() -> None:
    assert not every_test(Path(__file__).parent) - named() - own_tests()


def test_every_row_says_what_was_tried_what_happened_and_which_test_tries_it() -> None:
    for row in rows():
        assert len(row) == 3 and all(cell.strip() for cell in row), row
        assert re.fullmatch(r"`test_\w+`(, `test_\w+`)*", row[2].strip()), row


def own_tests() -> set[str]:
    return set(_TEST.findall(Path(__file__).read_text(encoding="utf-8")))
