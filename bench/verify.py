"""Bench (d): proving one stored AIP whole, against ``bagit.py --validate`` on the same bag unpacked, and ``sha256sum``.

Ours reads every byte of the tar and compares its layout digest with the recorded one, through the store as an audit does.
Whole processes are timed, start-up included, page cache warm for all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench.packaging import FILES, build, fill
from bench.result import Measured, report


def verify(root: Path, sha256: str, size_bytes: int, layout_sha256: str) -> None:
    """Our side: the audit of one copy. Exit 1 unless every byte was read and is right."""
    from archive.fixity import verify_copy
    from archive.storage.directory import DirectoryStore
    from archive.storage.key import aip_key

    store = DirectoryStore("bench", root)
    key = aip_key(str(uuid.UUID(int=1)))
    result = verify_copy(store, key, sha256, size_bytes, layout_sha256=layout_sha256, cold=False)
    sys.exit(0 if result.ok else 1)


def stored(root: Path, tar: Path) -> None:
    """The tar as an object of a store in ``root``."""
    from archive.storage.directory import DirectoryStore
    from archive.storage.key import aip_key

    store = DirectoryStore.initialise("bench", root)
    with tar.open("rb") as source, store.create(aip_key(str(uuid.UUID(int=1)))) as writer:
        while chunk := source.read(1 << 20):
            writer.write(chunk)
        writer.commit()


def seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verify", nargs=4, metavar=("ROOT", "SHA256", "BYTES", "LAYOUT"), help=argparse.SUPPRESS)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    if given.verify:
        root, sha256, size_bytes, layout_sha256 = given.verify
        verify(Path(root), sha256, int(size_bytes), layout_sha256)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        fill(scratch / "raw", FILES, given.mib << 20)
        tar = scratch / "aip.tar"
        written = build(scratch / "raw", tar)
        stored(scratch / "store", tar)
        (scratch / "bag").mkdir()
        subprocess.run(["tar", "-xf", str(tar), "-C", str(scratch / "bag")], check=True)
        commands = {
            "ours": (
                sys.executable,
                "-m",
                "bench.verify",
                "--verify",
                str(scratch / "store"),
                written.sha256,
                str(written.size_bytes),
                written.layout_sha256,
            ),
            "bagit": (sys.executable, "-m", "bagit", "--validate", str(next((scratch / "bag").iterdir()))),
            "sha256sum": ("sha256sum", str(tar)),
        }
        if shutil.which("openssl"):
            # sha256sum of many systems does not use the processor's own instructions; told beside, not compared.
            commands["openssl dgst -sha256"] = ("openssl", "dgst", "-sha256", str(tar))
        times: dict[str, list[float]] = {side: [] for side in commands}
        for side, command in commands.items():
            seconds(*command)  # warms the page cache
            del side
        for _ in range(given.runs):
            for side, command in commands.items():
                times[side].append(seconds(*command))
    mine, bagit, plain = (statistics.median(times[side]) for side in ("ours", "bagit", "sha256sum"))
    notes = (
        f"An AIP of {given.mib} MiB, {FILES} originals; page cache warm; medians of {given.runs} alternating runs; "
        f"{len(os.sched_getaffinity(0))} cores.",
        *(f"{side}: " + ", ".join(f"{value:.2f}" for value in values) + " s." for side, values in times.items()),
    )
    report(
        Measured(
            name="(d) verify, against bagit.py --validate",
            ours=f"verify_copy: {mine:.2f} s",
            rival=f"bagit.py --validate: {bagit:.2f} s",
            ratio=bagit / mine,
            bar=3,
            meaning="times as fast",
            notes=notes,
        )
    )
    report(
        Measured(
            name="(d) verify, against sha256sum",
            ours=f"verify_copy: {mine:.2f} s",
            rival=f"sha256sum: {plain:.2f} s",
            ratio=plain / mine,
            bar=0.85,
            meaning="of its speed",
        )
    )


if __name__ == "__main__":
    main()
