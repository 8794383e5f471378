"""Bench (c): one AIP of 1 GiB from raw files, against bagit-python ``make_bag`` with the same digests, then ``tar``.

Ours also takes the tar's own SHA-256 and writes METS, EAD and PREMIS; the rival does neither. Whole processes are timed,
start-up included. Neither side is made durable within its time, as ``make_bag`` and ``tar`` do not ask for it; then the
same ``sync`` of the tar is timed for both and told beside.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


def ours(raw: Path, tar: Path) -> None:
    run(sys.executable, "-m", "bench.packaging", "--build", str(raw), str(tar))


def rival(raw: Path, tar: Path) -> None:
    run(sys.executable, "-c", MAKE_BAG, str(raw))
    run("tar", "-cf", str(tar), "-C", str(raw.parent), raw.name)


@dataclass
class Times:
    """Seconds of each run of one side: wall, CPU of its processes, and making the tar durable afterwards."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    sync: list[float] = field(default_factory=list)

    def take(self, job: Callable[[Path, Path], None], source: Path, scratch: Path) -> None:
        """One run, on links to the same raw files, all of them in the page cache and nothing waiting to be written."""
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            raw, tar = Path(name) / "raw", Path(name) / "out.tar"
            shutil.copytree(source, raw, copy_function=os.link)
            for path in raw.iterdir():
                path.read_bytes()
            started, before = time.perf_counter(), child_seconds()
            job(raw, tar)
            self.wall.append(time.perf_counter() - started)
            self.cpu.append(child_seconds() - before)
            started = time.perf_counter()
            run("sync", str(tar))
            self.sync.append(time.perf_counter() - started)

    def told(self) -> str:
        return (
            f"wall {_row(self.wall)} s; CPU {_row(self.cpu)} s; sync of the tar afterwards {_row(self.sync)} s; "
            f"median with sync {statistics.median(map(sum, zip(self.wall, self.sync, strict=True))):.2f} s."
        )


def _row(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def child_seconds() -> float:
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", nargs=2, type=Path, metavar=("FOLDER", "TARGET"), help=argparse.SUPPRESS)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    if given.build:
        build(*given.build)
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        fill(scratch / "source", FILES, given.mib << 20)
        os.sync()
        mine, other = Times(), Times()
        for _ in range(given.runs):
            mine.take(ours, scratch / "source", scratch)
            other.take(rival, scratch / "source", scratch)
    own, theirs = statistics.median(mine.wall), statistics.median(other.wall)
    report(
        Measured(
            name=f"(c) packaging: an AIP of {given.mib} MiB",
            ours=f"write_aip: {own:.2f} s",
            rival=f"bagit-python make_bag (sha256, sha512) + tar: {theirs:.2f} s",
            ratio=theirs / own,
            bar=1.5,
            meaning="times as fast",
            notes=(
                f"{FILES} files of random bytes, page cache warm; medians of {given.runs} runs in turn; no digest known "
                "beforehand (in ingest SHA-512 is known from receipt and not taken again).",
                f"Ours: {mine.told()}",
                f"Rival: {other.told()}",
            ),
        )
    )


if __name__ == "__main__":
    main()
