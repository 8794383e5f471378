"""``luutru check``: the checks of ingest over paths, several side by side, nothing taken in and nothing left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import LuutruError
from archive.finding import Answer, Finding, answer_of, finding
from archive.temporary import temporary_folder
from ingest.checking import Checked, Surroundings, run_checks
from ingest.reading import read_package


@dataclass(frozen=True)
class PathVerdict:
    """What ``--json`` prints for one path, one line each."""

    path: str
    answer: Answer
    findings: tuple[Finding, ...]
    tools: dict[str, str]
    seconds: float
    checked: Checked | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "verdict": self.answer.value,
            "findings": [
                {name: item.as_json()[name] for name in ("check", "code", "severity", "message", "document", "clause")}
                for item in self.findings
            ],
            "tools": self.tools,
            "seconds": round(self.seconds, 3),
        }


def check_paths(
    paths: Sequence[str],
    surroundings: Callable[[], Surroundings],
    *,
    only: Collection[str] | None,
    side_by_side: int,
) -> Iterator[PathVerdict]:
    """A verdict for every path, in the order given; one that breaks the checker does not stop the others."""
    shared = surroundings()
    with ThreadPoolExecutor(side_by_side, thread_name_prefix="check") as threads:
        yield from threads.map(lambda path: check_path(path, shared, only), paths)


def check_path(path: str, surroundings: Surroundings, only: Collection[str] | None) -> PathVerdict:
    """The verdict on one path; a path that is not there or cannot be read has none: that is indeterminate, and said."""
    begun = time.perf_counter()
    try:
        with temporary_folder("check") as scratch:
            package = read_package(Path(path), scratch)
            checked = run_checks(package.subject, package.findings, surroundings, only=only)
    except (LuutruError, OSError) as error:
        reason = error.message if isinstance(error, LuutruError) else (error.strerror or type(error).__name__)
        unread = (finding("unpack.entry.unreadable", path, reason=reason),)
        return PathVerdict(path, answer_of(unread), unread, {}, time.perf_counter() - begun)
    return PathVerdict(path, checked.answer, checked.findings, checked.tools, time.perf_counter() - begun, checked)
