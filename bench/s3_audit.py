"""Bench: an audit of a store on S3 (MinIO), BENCH_S3_GIB (1) GiB in packages of 1 MiB, 20 MiB and 2 GiB.

A third of it each, one package at least; 1 GiB is for a trial, 20 GiB for the record.

Against plain GETs of the same objects through boto3, as ``aws s3`` makes them: list, ``get_object``, the body in chunks
into SHA-256. Both sides read and hash every byte; ours compares with the record besides, plants and finds its canary,
looks for objects nobody claims, and writes results, ledger and report. Whole processes, start-up included, take turns.

The rival reads one object after the other, and in a second run as many side by side as ours; ours is held against the
faster of the two. Of a bucket of one large object that is the same. Server and client share the same cores here, so that
wall time has the server's work in it, which is the same for all: CPU seconds of client and server are told beside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.config import Config

from archive.audit import Means, RunState, Verdict, audit_store
from archive.catalogue import Catalogue
from archive.storage.s3 import S3Store
from archive.storage.s3_settings import S3Settings
from archive.storage_policy import AuditPolicy
from bench.audit import SIZES, database
from bench.result import Measured, report
from samples.holdings import store_packages
from tests.servers.s3 import Bucket, S3Server, new_bucket, own_server

BAR = 0.8
CHUNK_BYTES = 1 << 20
STORE = "kho-s3"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """What one run took: wall time, and CPU of its process and, meanwhile, of the server."""

    seconds: float
    client: float
    server: float


@dataclass(frozen=True)
class Place:
    """What a process is told of the bucket, as one JSON argument; the credentials stay in their file."""

    endpoint: str
    region: str
    bucket: str
    credentials_file: str

    @property
    def settings(self) -> S3Settings:
        return S3Settings(
            bucket=self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            credentials_file=Path(self.credentials_file),
        )


def place_of(bucket: Bucket) -> Place:
    given = bucket.settings()
    return Place(given.endpoint, given.region, given.bucket, str(given.credentials_file))


def fill(folder: Path, bucket: Bucket, label: str, size_bytes: int) -> tuple[int, int]:
    """Packages of this size, at least one, in the bucket and a catalogue of their own; how many, and their bytes."""
    each, documents = SIZES[label]
    store = S3Store.initialise(STORE, bucket.settings())
    with Catalogue.open(database(folder, label)) as catalogue:
        count = max(1, size_bytes // each)
        held = store_packages(catalogue, [store], count, size_bytes=each - (300 << 10), documents=documents)
        return count, sum(package.size_bytes for package in held)


def audit(folder: Path, label: str, place: Place) -> int:
    """Our side: one whole run over everything. Exit 1 unless every copy is ok and the canary was found."""
    store = S3Store(STORE, place.settings)
    with Catalogue.open(database(folder, label)) as catalogue:
        means = Means(folder / "audit", lambda: datetime.now(UTC))
        run = audit_store(catalogue, store, AuditPolicy(), means, anew=True)
    good = run.state is RunState.COMPLETED and run.verdict is Verdict.GREEN and set(run.counts) == {"ok"}
    return 0 if good else 1


def plain(place: Place, size_bytes: int, side_by_side: int) -> int:
    """The rival: every object under ``aip/`` got and hashed. Exit 1 unless that was all there is."""
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = place.credentials_file
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=max(10, side_by_side))
    client = boto3.client("s3", endpoint_url=place.endpoint, region_name=place.region, config=config)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix="aip/")
    keys = [row["Key"] for page in pages for row in page["Contents"]]

    def read(key: str) -> int:
        digest, count = hashlib.sha256(), 0
        for chunk in client.get_object(Bucket=place.bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES):
            digest.update(chunk)
            count += len(chunk)
        digest.hexdigest()
        return count

    if side_by_side == 1:
        return 0 if sum(map(read, keys)) == size_bytes else 1
    with ThreadPoolExecutor(side_by_side) as pool:
        return 0 if sum(pool.map(read, keys)) == size_bytes else 1


def timed(server: S3Server, *arguments: str) -> Taken:
    """One process of this module."""
    busy, served = resource.getrusage(resource.RUSAGE_CHILDREN), server_cpu(server)
    begun = time.perf_counter()
    subprocess.run((sys.executable, "-m", "bench.s3_audit", *arguments), check=True)
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = after.ru_utime + after.ru_stime - busy.ru_utime - busy.ru_stime
    return Taken(seconds, client, server_cpu(server) - served)


def server_cpu(server: S3Server) -> float:
    """CPU seconds of the server so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def middle(runs: Sequence[Taken]) -> Taken:
    """Medians, each for itself."""
    return Taken(*(statistics.median(getattr(run, name) for run in runs) for name in ("seconds", "client", "server")))


def rate(size_bytes: int, seconds: float) -> str:
    return f"{size_bytes / seconds * 3600 / 1e9:,.0f} GB/h"


@dataclass(frozen=True)
class Compared:
    """One size of package: its bytes, the medians of both sides, and what is told of it."""

    size_bytes: int
    ours: Taken
    rival: Taken
    told: Measured


def compared(folder: Path, server: S3Server, label: str, size_bytes: int, runs: int) -> Compared:
    """Ours against the faster of the rivals, in turn."""
    bucket = new_bucket(server)
    count, filled = fill(folder, bucket, label, size_bytes)
    place, cores = json.dumps(place_of(bucket).__dict__), len(os.sched_getaffinity(0))
    sides = {
        "ours": ("--audit", str(folder), label, place),
        "one after the other": ("--plain", place, str(filled), "1"),
        f"{cores} side by side": ("--plain", place, str(filled), str(cores)),
    }
    timed(server, *sides["one after the other"])  # warms the page cache, as far as it reaches
    taken: dict[str, list[Taken]] = {side: [] for side in sides}
    for _ in range(runs):
        for side, arguments in sides.items():
            taken[side].append(timed(server, *arguments))
    bucket.empty()
    found = {side: middle(each) for side, each in taken.items()}
    notes = [f"{count:,} packages, {filled / (1 << 30):.2f} GiB; medians of {runs} runs in turn, {cores} cores."]
    for side, each in taken.items():
        notes.append(
            f"{side}: {', '.join(f'{run.seconds:.2f}' for run in each)} s; CPU of the client "
            f"{found[side].client:.2f} s, of the server {found[side].server:.2f} s."
        )
    ours = found.pop("ours")
    name, rival = min(found.items(), key=lambda item: item[1].seconds)
    return Compared(filled, ours, rival, told(f"packages of {label}", filled, ours, name, rival, notes))


def told(what: str, size_bytes: int, ours: Taken, name: str, rival: Taken, notes: Sequence[str] = ()) -> Measured:
    return Measured(
        name=f"audit on S3 of {what}, against plain GETs",
        ours=f"audit: {ours.seconds:.1f} s, {rate(size_bytes, ours.seconds)}",
        rival=f"boto3 + SHA-256, {name}: {rival.seconds:.1f} s, {rate(size_bytes, rival.seconds)}",
        ratio=rival.seconds / ours.seconds,
        bar=BAR,
        meaning="of its speed",
        notes=notes,
    )


def together(sides: Sequence[Taken]) -> Taken:
    return Taken(*(sum(getattr(side, name) for side in sides) for name in ("seconds", "client", "server")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audit", nargs=3, metavar=("FOLDER", "LABEL", "PLACE"), help=argparse.SUPPRESS)
    parser.add_argument("--plain", nargs=3, metavar=("PLACE", "BYTES", "THREADS"), help=argparse.SUPPRESS)
    parser.add_argument("--gib", type=float, default=float(os.environ.get("BENCH_S3_GIB", "1")))
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if given.audit:
        sys.exit(audit(Path(given.audit[0]), given.audit[1], Place(**json.loads(given.audit[2]))))
    if given.plain:
        sys.exit(plain(Place(**json.loads(given.plain[0])), int(given.plain[1]), int(given.plain[2])))
    with (
        tempfile.TemporaryDirectory(prefix="bench-s3-audit-", dir=os.environ.get("BENCH_FOLDER")) as name,
        own_server("minio") as server,
    ):
        share = int(given.gib * (1 << 30)) // len(SIZES)
        found = [compared(Path(name), server, label, share, given.runs) for label in SIZES]
    size_bytes = sum(one.size_bytes for one in found)
    ours, rival = together([one.ours for one in found]), together([one.rival for one in found])
    report(told(f"{size_bytes / (1 << 30):.1f} GiB in all", size_bytes, ours, "the faster each time", rival))
    for one in found:
        report(one.told)


if __name__ == "__main__":
    main()
