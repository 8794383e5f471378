"""What a benchmark says: its rows, the ratio, and the bar it is held against."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One comparison. ``ratio`` is ours against the rival's as ``meaning`` says; ``bar`` is what is asked at least."""

    name: str
    ours: str
    rival: str
    ratio: float
    bar: float
    meaning: str
    notes: Sequence[str] = ()
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def told(measured: Measured) -> str:
    """The lines a person reads."""
    sign = "≤" if measured.at_most else "≥"
    lines = [
        f"## {measured.name}",
        "",
        "| ours | rival | result | bar | met |",
        "|---|---|---|---|---|",
        f"| {measured.ours} | {measured.rival} | {measured.ratio:.2f} {measured.meaning} | {sign} {measured.bar:g} | "
        f"{'yes' if measured.met else 'NO'} |",
        "",
        *(f"- {note}" for note in measured.notes),
    ]
    return "\n".join(lines).rstrip() + "\n"


def machine() -> str:
    """The machine the figures were taken on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def report(measured: Measured) -> None:
    """Print for people, and as one JSON line to the file named by BENCH_JSON for the run of all benches."""
    print(told(measured), flush=True)
    target = os.environ.get("BENCH_JSON")
    if target:
        with open(target, "a", encoding="utf-8") as file:
            file.write(json.dumps({**measured.__dict__, "notes": list(measured.notes)}, ensure_ascii=False) + "\n")
