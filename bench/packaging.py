"""Bench (c): one AIP of 1 GiB from raw files, against bagit-python ``make_bag`` with the same digests, then ``tar``.

Ours also re-reads nothing, takes the tar's own SHA-256 and writes METS, EAD and PREMIS; the rival does neither. Whole
processes are timed, start-up included; the output is made durable by the same command on both sides.
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
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.result import Measured, report

if TYPE_CHECKING:
    from archive.aip.model import WrittenAip

FILES = 100
MAKE_BAG = "import bagit, sys; bagit.make_bag(sys.argv[1], checksums=['sha256', 'sha512'])"


def build(folder: Path, target: Path) -> WrittenAip:
    """Our side: the AIP of every file of ``folder``; no digest is known beforehand."""
    from archive.aip.model import AipContent, Original, Party, RuleProfile
    from archive.aip.writer import write_aip
    from archive.paths import RelPath

    originals = [
        Original(RelPath(path.name), path, None, number, {"subject": path.name})
        for number, path in enumerate(sorted(folder.iterdir()), 1)
    ]
    content = AipContent(
        aip_id=str(uuid.UUID(int=1)),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        profile=RuleProfile("LLT2024-TT05", "1"),
        archive=Party("H26", "Lưu trữ"),
        agency=Party("H26.1", "Cơ quan"),
        record={"fileCode": "H26.1", "title": "Đo tốc độ"},
        originals=originals,
    )
    with target.open("wb", buffering=0) as out:
        return write_aip(content, out)


def fill(folder: Path, files: int, size_bytes: int) -> None:
    """``files`` files of random bytes, together ``size_bytes``."""
    folder.mkdir(parents=True)
    for number in range(files):
        with (folder / f"van-ban-{number:05d}.pdf").open("wb") as file:
            left = size_bytes // files
            while left:
                left -= file.write(os.urandom(min(left, 1 << 20)))


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ours(raw: Path, work: Path) -> None:
    run(sys.executable, "-m", "bench.packaging", "--build", str(raw), str(work / "aip.tar"))
    run("sync", str(work / "aip.tar"))


def rival(raw: Path, work: Path) -> None:
    run(sys.executable, "-c", MAKE_BAG, str(raw))
    run("tar", "-cf", str(work / "bag.tar"), "-C", str(raw.parent), raw.name)
    run("sync", str(work / "bag.tar"))


def timed(job: Callable[[Path, Path], None], source: Path, scratch: Path) -> float:
    """Seconds of one run on its own warm, clean copy of the raw files."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        work = Path(name)
        raw = work / "raw"
        shutil.copytree(source, raw)
        os.sync()
        for path in raw.iterdir():
            path.read_bytes()
        started = time.perf_counter()
        job(raw, work)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", nargs=2, type=Path, metavar=("FOLDER", "TARGET"), help=argparse.SUPPRESS)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    if given.build:
        build(*given.build)
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        fill(scratch / "source", FILES, given.mib << 20)
        times: dict[str, list[float]] = {"ours": [], "rival": []}
        for _ in range(given.runs):
            times["ours"].append(timed(ours, scratch / "source", scratch))
            times["rival"].append(timed(rival, scratch / "source", scratch))
    mine, other = (statistics.median(times[side]) for side in ("ours", "rival"))
    report(
        Measured(
            name=f"(c) packaging: an AIP of {given.mib} MiB",
            ours=f"write_aip: {mine:.2f} s",
            rival=f"bagit-python make_bag (sha256, sha512) + tar: {other:.2f} s",
            ratio=other / mine,
            bar=1.5,
            meaning="times as fast",
            notes=(
                f"{FILES} files of random bytes, page cache warm, output fsync'd; medians of {given.runs} runs in turn.",
                "Ours: " + ", ".join(f"{value:.2f}" for value in times["ours"]) + " s.",
                "Rival: " + ", ".join(f"{value:.2f}" for value in times["rival"]) + " s.",
            ),
        )
    )


if __name__ == "__main__":
    main()
