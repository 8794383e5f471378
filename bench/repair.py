"""Bench: healing damaged copies from a proven one, against ``cp`` and ``sha256sum`` of the same objects.

Ours reads the damaged copy (is it really bad, and what is it?), copies the proven one while hashing it, puts the damaged
bytes aside, reads the new copy back from the medium, and writes catalogue and ledger. The rival copies and hashes once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.catalogue import Catalogue, Copy
from archive.fixity import CopyState
from archive.repair import Outcome, Terms, repair_due
from archive.repair.mass import MassLimit
from archive.storage import DirectoryStore
from bench.result import Measured, report
from samples.holdings import Held, store_packages

SIDE_BY_SIDE = 4
NO_LIMIT = MassLimit(count=1 << 30)


def damage(folder: Path, held: list[Held], catalogue: Catalogue) -> None:
    """One byte of every copy in ``b``, as an audit would have found it."""
    for one in held:
        path = folder / "b" / one.key
        path.chmod(0o644)
        with path.open("r+b") as file:
            file.seek(one.size_bytes // 2)
            letter = file.read(1)
            file.seek(one.size_bytes // 2)
            file.write(bytes([letter[0] ^ 1]))
    with catalogue.transaction() as tx:
        tx.record_copies(Copy(one.aip_id, "b", CopyState.MISMATCH, datetime.now(UTC)) for one in held)


def ours(catalogue: Catalogue, stores: list[DirectoryStore], count: int) -> float:
    started = time.perf_counter()
    healed = 0
    while healed < count:
        made = repair_due(catalogue, stores, Terms(), limit=NO_LIMIT, side_by_side=SIDE_BY_SIDE)
        assert all(item.outcome is Outcome.REPAIRED for item in made.repaired) and made.repaired
        healed += len(made.repaired)
    return time.perf_counter() - started


def rival(folder: Path, held: list[Held]) -> float:
    """As many side by side as ours; durable, as ours."""
    target = folder / "cp"
    target.mkdir()
    names = "\0".join(str(folder / "a" / one.key) for one in held)
    started = time.perf_counter()
    options = ["xargs", "-0", "-P", str(SIDE_BY_SIDE), "-n", str(max(1, min(64, len(held) // SIDE_BY_SIDE)))]
    subprocess.run([*options, "cp", "--target-directory", str(target)], input=names, text=True, check=True)
    subprocess.run(["sync", "-f", str(target)], check=True)
    copied = "\0".join(str(path) for path in target.iterdir())
    subprocess.run([*options, "sha256sum"], input=copied, text=True, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="bytes to heal in all, for each size of package")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    for name, size_bytes in (("1 MiB", 1 << 20), ("20 MiB", 20 << 20)):
        count = max(2, (given.mib << 20) // size_bytes)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            stores = [DirectoryStore.initialise(store, folder / store) for store in "ab"]
            with Catalogue.open(f"sqlite:///{folder / 'c.sqlite'}") as catalogue:
                held = list(store_packages(catalogue, stores, count, size_bytes=size_bytes))
                mine, plain = [], []
                for _ in range(given.runs):
                    damage(folder, held, catalogue)
                    mine.append(ours(catalogue, stores, count))
                    for aside in list(stores[1].aside()):
                        stores[1].drop_aside(aside)
                    plain.append(rival(folder, held))
        healed, copied = statistics.median(mine), statistics.median(plain)
        total = sum(one.size_bytes for one in held)
        report(
            Measured(
                name=f"repair of packages of {name}, against cp + sha256sum",
                ours=f"repair: {total / healed * 3600 / 1e9:.0f} GB/h, {count / healed:.1f} packages/s",
                rival=f"cp + sync + sha256sum: {total / copied * 3600 / 1e9:.0f} GB/h",
                ratio=copied / healed,
                bar=0.2,
                meaning="of its speed",
                notes=(
                    f"{count} packages, {total / 1e9:.2f} GB, {SIDE_BY_SIDE} side by side, "
                    f"{len(os.sched_getaffinity(0))} cores; medians of {given.runs} alternating runs.",
                    "Ours reads the damaged copy, copies and hashes the proven one, reads the new one back cold, keeps "
                    "the damaged bytes aside and commits catalogue and ledger for each package.",
                    "ours: " + ", ".join(f"{value:.2f}" for value in mine) + " s; "
                    "rival: " + ", ".join(f"{value:.2f}" for value in plain) + " s.",
                ),
            )
        )


if __name__ == "__main__":
    main()
