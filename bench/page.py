"""docs/benchmarks.md, of which each bench owns the section between its two marks, and people own all the rest.

    <!-- bench audit -->
    … what the bench last said, and on which machine and day …
    <!-- /bench audit -->

Where the section stands, what is around it and in which order is for people; one that has no place yet comes last.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bench.result import Measured, told

PAGE = Path("docs/benchmarks.md")


def keep(page: Path, name: str, results: Sequence[Measured], measured: str) -> None:
    """The section of ``name`` says ``results`` and, in a last line, ``measured``; nothing else on the page changes."""
    text = page.read_text(encoding="utf-8")
    beside = page.with_name(f"{page.name}.new")
    beside.write_text(with_section(text, name, results, measured), encoding="utf-8")
    os.replace(beside, page)


def with_section(text: str, name: str, results: Sequence[Measured], measured: str) -> str:
    """``text`` with this section. Raises ValueError when its marks do not stand there as a pair."""
    begin, end = f"<!-- bench {name} -->", f"<!-- /bench {name} -->"
    section = "\n".join((begin, *(told(result) for result in results), measured, end))
    found = (text.count(begin), text.count(end))
    if found == (0, 0):
        return f"{text.rstrip()}\n\n{section}\n"
    if found != (1, 1) or text.index(end) < text.index(begin):
        raise ValueError(f"the marks of {name} are not one pair")
    return text[: text.index(begin)] + section + text[text.index(end) + len(end) :]
