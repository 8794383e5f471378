"""What `python -m bench --write` does to docs/benchmarks.md: each bench its own section, and nothing people wrote is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import LONG, NAMES
from bench.page import PAGE, keep, with_section
from bench.result import Measured

WRITTEN = """# Benchmarks

Prose before.

<!-- bench audit -->
## old
<!-- /bench audit -->

Prose behind.

<!-- bench repair -->
<!-- /bench repair -->
"""


def measured(name: str, ratio: float = 1.0) -> Measured:
    return Measured(name, "1 s", "2 s", ratio, 0.9, "times as fast", ("a note",))


def test_a_bench_replaces_its_own_section_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(WRITTEN, encoding="utf-8")
    keep(page, "audit", [measured("one"), measured("two", 0.5)], "Measured today.")
    text = page.read_text(encoding="utf-8")
    before, behind = WRITTEN.split("## old\n")
    assert text.startswith(before) and text.endswith(behind)
    assert "## old" not in text and "| 0.50 times as fast | ≥ 0.9 | NO |" in text
    assert text.index("## one") < text.index("## two") < text.index("Measured today.")
    assert [path.name for path in tmp_path.iterdir()] == ["benchmarks.md"]
    keep(page, "audit", [measured("one"), measured("two", 0.5)], "Measured today.")
    assert page.read_text(encoding="utf-8") == text, "writing the same twice changes nothing"


def test_a_bench_without_a_place_comes_last_and_keeps_it() -> None:
    once = with_section(WRITTEN, "workers", [measured("one")], "")
    assert once.startswith(WRITTEN)
    assert with_section(once, "workers", [measured("other")], "").startswith(WRITTEN)
    assert "## one" not in with_section(once, "workers", [measured("other")], "")


@pytest.mark.parametrize(
    "text",
    ["<!-- bench audit -->\n", "<!-- /bench audit -->\n<!-- bench audit -->\n", WRITTEN + WRITTEN],
    ids=["one mark", "turned round", "two pairs"],
)
def test_a_page_whose_marks_are_broken_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="audit"):
        with_section(text, "audit", [measured("one")], "")


@pytest.mark.parametrize("name", [*NAMES, *LONG])
def test_each_bench_has_its_place_on_the_page(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_section(text, name, [measured("one")], "").count("<!-- bench ") == text.count("<!-- bench ")


@pytest.mark.parametrize("arguments", [["no-such-bench"], ["--gib", "1"], ["audit", "repair", "--gib", "1"]])
def test_what_is_for_no_bench_is_refused_before_any_is_run(arguments: list[str]) -> None:
    ended = subprocess.run([sys.executable, "-m", "bench", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
