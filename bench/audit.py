"""Bench: an audit of BENCH_GIB (20) GiB in packages of 1 MiB, 20 MiB and 2 GiB, a third of it each.

Against ``sha256sum`` on the same files, and ``bagit.py --validate`` on the same packages unpacked. Ours is the whole audit
as it runs by schedule: choosing, reading, canary, results in the catalogue and the ledger, listing, report. Whole
processes are timed, start-up included, page cache warm for all as far as it reaches; rivals are given one process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from archive.audit import Means, RunState, Verdict, audit_store
from archive.catalogue import Catalogue
from archive.storage import DirectoryStore
from archive.storage_policy import AuditPolicy
from bench.result import Measured, report
from samples.holdings import store_packages

SIZES = {"1 MiB": (1 << 20, 2), "20 MiB": (20 << 20, 10), "2 GiB": (2 << 30, 32)}
"""How large a package is, and how many originals it has."""
_AT_ONCE = 500


def database(folder: Path, label: str) -> str:
    return f"sqlite:///{folder / label.replace(' ', '')}.sqlite"


def store_in(folder: Path, label: str) -> DirectoryStore:
    root = folder / label.replace(" ", "")
    return DirectoryStore.initialise("kho-1", root)


def fill(folder: Path, label: str, size_bytes: int) -> int:
    """Packages of this size, at least one, in a store and a catalogue of their own; how many bytes they are."""
    each, documents = SIZES[label]
    store = store_in(folder, label)
    with Catalogue.open(database(folder, label)) as catalogue:
        held = store_packages(
            catalogue, [store], max(1, size_bytes // each), size_bytes=each - (300 << 10), documents=documents
        )
        return sum(package.size_bytes for package in held)


def audit(folder: Path, label: str) -> int:
    """Our side: one whole run over everything. Exit 1 unless every copy is ok and the canary was found."""
    with Catalogue.open(database(folder, label)) as catalogue:
        means = Means(folder / "audit", lambda: datetime.now(UTC), cold=False)
        run = audit_store(catalogue, store_in(folder, label), AuditPolicy(), means, anew=True)
    good = run.state is RunState.COMPLETED and run.verdict is Verdict.GREEN and set(run.counts) == {"ok"}
    return 0 if good else 1


def seconds(*commands: Sequence[str]) -> float:
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def ours(folder: Path, label: str) -> float:
    return seconds((sys.executable, "-m", "bench.audit", "--audit", str(folder), label))


def sha256sum(folder: Path, label: str) -> float:
    store = store_in(folder, label)
    files = [str(folder / label.replace(" ", "") / key) for key in store.keys("aip")]
    return seconds(*(("sha256sum", *files[begin : begin + _AT_ONCE]) for begin in range(0, len(files), _AT_ONCE)))


def bagit(folder: Path, label: str) -> float:
    """The bags stand unpacked beside; unpacking them is not timed."""
    bags = sorted(map(str, (folder / "bags" / label.replace(" ", "")).iterdir()))
    commands = [
        (sys.executable, "-m", "bagit", "--validate", *bags[begin : begin + _AT_ONCE])
        for begin in range(0, len(bags), _AT_ONCE)
    ]
    return seconds(*commands)


def unpack(folder: Path, label: str) -> None:
    target = folder / "bags" / label.replace(" ", "")
    target.mkdir(parents=True)
    for key in store_in(folder, label).keys("aip"):
        subprocess.run(["tar", "-xf", str(folder / label.replace(" ", "") / key), "-C", str(target)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audit", nargs=2, metavar=("FOLDER", "LABEL"), help=argparse.SUPPRESS)
    parser.add_argument("--gib", type=float, default=float(os.environ.get("BENCH_GIB", "20")))
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if given.audit:
        sys.exit(audit(Path(given.audit[0]), given.audit[1]))
    total = {"ours": 0.0, "sha256sum": 0.0, "bagit": 0.0}
    size_bytes, notes = 0, []
    with tempfile.TemporaryDirectory(prefix="bench-audit-", dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        for label in SIZES:
            filled = fill(folder, label, int(given.gib * (1 << 30)) // len(SIZES))
            unpack(folder, label)
            for side in (sha256sum, bagit):
                side(folder, label)  # warms the page cache, as far as it reaches
            times: dict[str, list[float]] = {"ours": [], "sha256sum": [], "bagit": []}
            for _ in range(given.runs):
                times["ours"].append(ours(folder, label))
                times["sha256sum"].append(sha256sum(folder, label))
                times["bagit"].append(bagit(folder, label))
            shutil.rmtree(folder / "bags")
            shutil.rmtree(folder / label.replace(" ", ""))
            medians = {side: statistics.median(values) for side, values in times.items()}
            size_bytes += filled
            for side, value in medians.items():
                total[side] += value
            notes.append(
                f"Packages of {label} ({filled / (1 << 30):.2f} GiB): ours {medians['ours']:.1f} s "
                f"({_rate(filled, medians['ours'])}), sha256sum {medians['sha256sum']:.1f} s, bagit {medians['bagit']:.1f} s; "
                f"{medians['sha256sum'] / medians['ours']:.2f} and {medians['bagit'] / medians['ours']:.2f} times as fast. "
                f"All runs of ours: {json.dumps([round(value, 1) for value in times['ours']])}."
            )
    told = f"audit: {total['ours']:.1f} s, {_rate(size_bytes, total['ours'])}"
    for rival, bar, command in (("sha256sum", 0.9, "sha256sum"), ("bagit", 4.0, "bagit.py --validate")):
        report(
            Measured(
                name=f"audit of {size_bytes / (1 << 30):.1f} GiB, against {command}",
                ours=told,
                rival=f"{command}: {total[rival]:.1f} s, {_rate(size_bytes, total[rival])}",
                ratio=total[rival] / total["ours"],
                bar=bar,
                meaning="times its speed",
                notes=(*notes, f"Medians of {given.runs} runs in turn; {len(os.sched_getaffinity(0))} cores.")
                if rival == "sha256sum"
                else (),
            )
        )


def _rate(size_bytes: int, taken: float) -> str:
    return f"{size_bytes / taken * 3600 / 1e9:,.0f} GB/h"


if __name__ == "__main__":
    main()
