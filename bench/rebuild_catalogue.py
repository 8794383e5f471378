"""Bench: a catalogue rebuilt from one store, every package read whole; how fast, and that memory does not grow with it.

BENCH_PACKAGES (10,000) packages are made first; a tenth of them is rebuilt in a process of its own before all of them
are, and what each took of memory is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.catalogue import Catalogue
from archive.checkpoints.sealing import seal
from archive.recovery.diff import differences
from archive.recovery.rebuilding import Rebuilding
from archive.signing import ArchiveKey, create_key, load_key
from archive.storage import DirectoryStore
from bench.result import Measured, report
from samples.holdings import ARCHIVE, store_packages

LEAST_A_SECOND = 100.0
SIZE_BYTES = 60_000


def make(folder: Path, count: int) -> ArchiveKey:
    """An archive of ``count`` packages in one store, sealed."""
    key = create_key(folder / "archive-ed25519.pem")
    store = DirectoryStore.initialise("kho-1", folder / "kho-1")
    with Catalogue.open(f"sqlite:///{folder / 'lost.sqlite'}") as catalogue:
        for _ in store_packages(catalogue, [store], count, size_bytes=SIZE_BYTES):
            pass
        seal(catalogue, [store], key, ARCHIVE, now=datetime.now(UTC))
    return key


def peak_mib() -> float:
    """Of this process alone: what ``getrusage`` tells includes the process it was started from."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def rebuilt(folder: Path) -> None:
    """In a process of its own: the archive in ``folder`` rebuilt; seconds, peak memory and differences as JSON."""
    key = load_key(folder / "archive-ed25519.pem")
    store = DirectoryStore("kho-1", folder / "kho-1")
    (folder / "new").mkdir()
    begun = time.perf_counter()
    with Catalogue.open(f"sqlite:///{folder / 'new' / 'catalogue.sqlite'}") as fresh:
        rebuilding = Rebuilding(fresh, [store], (key.private.public_key(),), folder / "new", lambda: datetime.now(UTC))
        done = rebuilding.run()
        seconds, busy = time.perf_counter() - begun, time.process_time()
        peak = peak_mib()
        with Catalogue.open(f"sqlite:///{folder / 'lost.sqlite'}") as lost:
            differing = sum(1 for _ in differences(lost, fresh))
    print(
        json.dumps({"seconds": seconds, "busy": busy, "mib": peak, "packages": done.packages, "differing": differing})
    )


def measured(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-rebuild-") as name:
        make(Path(name), count)
        ended = subprocess.run(
            [sys.executable, "-m", "bench.rebuild_catalogue", name], capture_output=True, text=True, check=True
        )
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    if len(sys.argv) > 1:
        rebuilt(Path(sys.argv[1]))
        return
    count = int(os.environ.get("BENCH_PACKAGES", "10000"))
    few, many = measured(max(1, count // 10)), measured(count)
    rate = many["packages"] / many["seconds"]
    report(
        Measured(
            f"Rebuild of {count:,} packages from one store",
            f"{rate:.0f} packages/s",
            f"{LEAST_A_SECOND:.0f} packages/s",
            rate / LEAST_A_SECOND,
            1.0,
            "times the rate asked for",
            [
                f"Every byte of every package ({SIZE_BYTES // 1000} kB, 2 documents) read and compared, every row written: "
                f"{many['seconds']:.1f} s, of them {many['busy']:.1f} s of processor.",
                f"Rows that differ from the lost catalogue: {many['differing']:.0f}.",
            ],
        )
    )
    report(
        Measured(
            "Memory of a rebuild",
            f"{many['mib']:.0f} MiB for {count:,}",
            f"{few['mib']:.0f} MiB for {count // 10:,}",
            many["mib"] / few["mib"],
            1.25,
            "times the memory for ten times the packages",
            at_most=True,
        )
    )


if __name__ == "__main__":
    main()
