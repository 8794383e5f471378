"""``python -m bench [NAME…] [--write]``: run the benchmarks one after another; with --write keep docs/benchmarks.md.

What else is given goes to the one bench that is named: ``python -m bench audit --write --gib 2``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.page import PAGE, keep
from bench.result import Measured, machine

NAMES = (
    "pdfa",
    "ingest",
    "packaging",
    "verify",
    "memory",
    "relevance",
    "indexing",
    "search",
    "rebuild",
    "rebuild_catalogue",
    "agencies",
    "workers",
    "repair",
    "audit",
    "s3_audit",
    "audit_choice",
    "sealing",
    "keystore",
    "due",
    "destruction",
)
LONG = ("soak",)
"""Only when named."""


def run(name: str, more: Sequence[str] = ()) -> tuple[list[Measured], int]:
    """What one bench, in a process of its own, has measured, and its exit code."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as collected:
        environment = {**os.environ, "BENCH_JSON": collected.name}
        ended = subprocess.run([sys.executable, "-m", f"bench.{name}", *more], env=environment, check=False)
        results = [Measured(**json.loads(line)) for line in Path(collected.name).read_text().splitlines()]
    return results, ended.returncode


def main() -> int:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", default=[], help=", ".join((*NAMES, *LONG)))
    parser.add_argument("--write", action="store_true", help=f"keep the results in their sections of {PAGE}")
    given, more = parser.parse_known_args()
    unknown = [name for name in given.names if name not in (*NAMES, *LONG)]
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}")
    if more and len(given.names) != 1:
        parser.error(f"{' '.join(more)}: for which bench?")
    missed, broken = [], []
    for name in given.names or NAMES:
        results, code = run(name, more)
        missed += [result.name for result in results if not result.met]
        if code or not results:
            broken.append(name)
        elif given.write:
            keep(PAGE, name, results, f"Measured on {datetime.now(UTC).date().isoformat()}: {machine()}.")
    if missed:
        print("Below the bar: " + "; ".join(missed))
    if broken:
        print("Did not come to its end, and nothing of it was kept: " + ", ".join(broken))
    return 1 if missed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
