"""``python -m bench [NAME…] [--write]``: run the benchmarks one after another; with --write keep docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Measured, machine, told

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
)
PAGE = Path("docs/benchmarks.md")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), help=", ".join(NAMES))
    parser.add_argument("--write", action="store_true", help=f"keep the results in {PAGE}")
    given = parser.parse_args()
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as collected:
        environment = {**os.environ, "BENCH_JSON": collected.name}
        codes = [
            subprocess.run([sys.executable, "-m", f"bench.{name}"], env=environment, check=False).returncode
            for name in given.names
        ]
        results = [Measured(**json.loads(line)) for line in Path(collected.name).read_text().splitlines()]
    if given.write:
        head = (
            "# Benchmarks\n\nEach figure was measured by `make bench`, ours and the rival in the same run on the same bytes.\n\n"
            f"Machine: {machine()}. Date: {datetime.now(UTC).date().isoformat()}.\n\n"
        )
        PAGE.write_text(head + "\n".join(told(result) for result in results), encoding="utf-8")
    missed = [result.name for result in results if not result.met]
    if missed:
        print("Below the bar: " + "; ".join(missed))
    return 1 if missed or any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
