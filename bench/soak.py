"""Soak: twenty senders for two hours on three machines, while workers, the service, the index and the database are killed.

    two folders, a bucket, PostgreSQL, Elasticsearch   shared by all machines
    machine 0: luutru serve --no-work                  killed during the first half
    machine 1, machine 2: luutru work                  killed at any time (2 only during the first half)

A sender behaves as agencies' systems do: one submission after the other, each sent again under its key until it is
acknowledged. Whoever was killed is begun again after some seconds, as systemd does. At the end every acknowledged
submission must be there, whole and once, nothing stuck, the ledger one chain, every copy proven by a full read, and the
memory of what ran undisturbed through the second half must not have grown.

    python -m bench.soak --minutes 120 --seed 1 --folder /var/tmp/soak
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
from sqlalchemy import update

from api.bootstrap import Installation, opened
from api.settings import load_settings
from api.submitting import tidy
from archive.access import Role
from archive.audit import Means, audit_store
from archive.catalogue.worker_reading import database_now
from archive.catalogue.worker_tables import claims
from archive.lifecycle import State, is_final
from archive.storage.s3 import S3Store
from archive.storage_policy import AuditPolicy
from bench.agencies import parcel
from bench.result import Measured, report
from bench.service import token
from samples.many import make_signed_pdfs
from samples.pki import create_pki
from samples.trust_list import write_trust_list
from search.node.local import LocalNode
from tests.multi.machines import Machines
from tests.multi.processes import LUUTRU, ROOT
from tests.servers.elasticsearch import running_elasticsearch
from tests.servers.ports import free_port
from tests.servers.postgresql import PostgreSql, one_more_server
from tests.servers.s3 import Bucket, new_bucket, own_server

SENDERS = 20
PAUSE_SECONDS = (30.0, 90.0)
KILL_EVERY_SECONDS = (40.0, 110.0)
SETTLE_SECONDS = 3600.0


@dataclass
class Seen:
    """What happened; ``acknowledged``: digest of what was sent → id it was acknowledged under."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    unacknowledged: int = 0
    sent_again: int = 0
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    submits: list[float] = field(default_factory=list)
    resident: dict[str, list[tuple[float, int]]] = field(default_factory=dict)


class Kept:
    """A process that is begun again whenever it ends, after ``pause`` seconds, until the soak is over."""

    def __init__(self, name: str, home: Path, *options: str) -> None:
        self.name = name
        self._command = [*LUUTRU, *options, "--home", str(home)]
        self._log = (home / f"{name}.log").open("ab")
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.pause = 1.0
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)
        self._thread.start()

    @property
    def resident_bytes(self) -> int | None:
        """Of the process itself, without the workers it keeps."""
        with suppress(psutil.Error, AttributeError):
            return int(psutil.Process(self._process.pid).memory_info().rss) if self._process else None
        return None

    def kill(self) -> None:
        """SIGKILL to the whole group: a machine does not die without its workers."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> int | None:
        """Ends it as an administrator would; its exit code."""
        self._over.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(120)
        return self._process.returncode if self._process else None

    def _keep(self) -> None:
        while not self._over.is_set():
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
            self._process.wait()
            if not self._over.is_set():
                time.sleep(self.pause)


@dataclass
class World:
    """Everything that runs."""

    machines: Machines
    database: PostgreSql
    node: LocalNode
    address: str
    service: Kept
    workers: list[Kept]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("BENCH_MINUTES", "120")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--senders", type=int, default=SENDERS)
    parser.add_argument("--folder", type=Path, help="kept afterwards; without it a temporary one")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="luutru-soak-")))
        folder.mkdir(parents=True, exist_ok=True)
        pki = create_pki(folder / "pki")
        trust = write_trust_list(pki, folder / "trust-list.json")
        each = int(given.minutes * 60 / (sum(PAUSE_SECONDS) / 2)) + 2
        pdfs = make_signed_pdfs(folder / "pdfs", given.senders * each, 1, pki=pki)
        seen = Seen()
        database = stack.enter_context(one_more_server())
        database.end(signal.SIGINT)
        database.survives_kills = True
        database.start()
        node = stack.enter_context(running_elasticsearch())
        bucket = new_bucket(stack.enter_context(own_server("minio")), versioning=True)
        machines = _machines(folder, database, node, bucket, trust)
        with opened(load_settings(machines.homes[0])) as installation:
            secrets = [
                token(installation, f"co-quan.{number:02}", Role.AGENCY, f"H50.{number:02}")
                for number in range(given.senders)
            ]
        world = _begun(machines, database, node)
        try:
            _run(world, secrets, pdfs, given.minutes * 60, random.Random(given.seed), seen)
            settled = _settled(machines, seen)
        finally:
            codes = {kept.name: kept.end() for kept in (world.service, *world.workers)}
        _told(machines, seen, settled, codes, given.minutes)
    return 0


def _machines(folder: Path, database: PostgreSql, node: LocalNode, bucket: Bucket, trust: Path) -> Machines:
    """Three homes of one archive: two stores in folders, one in a bucket; what arrives waits in the first."""
    name = database.new_database()
    urls = [database.url(name, port=database.port)] * 3
    machines = Machines.made(folder, urls, trust_list=trust)
    url = node.status().url
    for home in machines.homes:
        file = home / "luutru.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('hosts = ["http://127.0.0.1:9"]', f'hosts = ["{url}"]'), encoding="utf-8")
    _with_bucket(machines, bucket)
    return machines


def _with_bucket(machines: Machines, bucket: Bucket) -> None:
    """A second version of the policy, with a third store in the bucket: adopted when the first of them begins to work."""
    S3Store.initialise("kho-3", bucket.settings())
    more = (
        '\n[[stores]]\nname = "kho-3"\nkind = "s3"\nlocation = "máy chủ đối tượng"\nmedium = "MinIO"\n\n[stores.s3]\n'
        f'endpoint = "{bucket.server.url}"\nbucket = "{bucket.name}"\nregion = "us-east-1"\n'
        f'credentials_file = "{bucket.server.credentials_file}"\n'
    )
    for home in machines.homes:
        file = home / "storage-policy.toml"
        text = file.read_text(encoding="utf-8")
        assert "version = 1" in text
        file.write_text(text.replace("version = 1", "version = 2") + more, encoding="utf-8")


def _begun(machines: Machines, database: PostgreSql, node: LocalNode) -> World:
    port = free_port()
    service = Kept("serve", machines.homes[0], "serve", "--no-work", "--port", str(port))
    workers = [Kept(f"work-{number}", home, "work") for number, home in enumerate(machines.homes[1:], 1)]
    return World(machines, database, node, f"http://127.0.0.1:{port}", service, workers)


def _run(world: World, secrets: list[str], pdfs: list[Path], seconds: float, chance: random.Random, seen: Seen) -> None:
    begun = time.monotonic()
    over = threading.Event()
    share = len(pdfs) // len(secrets)
    threads = [
        threading.Thread(
            target=_sender,
            args=(world.address, secret, number, pdfs[number * share : (number + 1) * share], over, seen),
        )
        for number, secret in enumerate(secrets)
    ]
    for thread in threads:
        thread.start()
    next_kill = begun + 30
    while (now := time.monotonic()) < begun + seconds:
        for kept in (world.service, *world.workers):
            if (resident := kept.resident_bytes) is not None:
                seen.resident.setdefault(kept.name, []).append((now - begun, resident))
        if now >= next_kill:
            _kill_one(world, now - begun < seconds / 2, chance, seen)
            next_kill = time.monotonic() + chance.uniform(*KILL_EVERY_SECONDS)
        time.sleep(5)
    over.set()
    for thread in threads:
        thread.join()


def _kill_one(world: World, first_half: bool, chance: random.Random, seen: Seen) -> None:
    """In the second half the service and one worker are left alone, so that their memory can be seen."""

    def process(kept: Kept) -> Callable[[], None]:
        def kill() -> None:
            kept.pause = chance.uniform(0.5, 10.0)
            kept.kill()

        return kill

    def database() -> None:
        world.database.end(signal.SIGKILL)
        time.sleep(chance.uniform(0.5, 8.0))
        world.database.start()

    def index() -> None:
        world.node.kill()
        time.sleep(chance.uniform(0.5, 8.0))
        world.node.ensure_running()

    victims: dict[str, tuple[Callable[[], None], int]] = {
        "worker 1": (process(world.workers[0]), 4),
        "worker 2": (process(world.workers[1]), 4 if first_half else 0),
        "service": (process(world.service), 3 if first_half else 0),
        "Elasticsearch": (index, 1),
        "PostgreSQL": (database, 2),
    }
    name = chance.choices(list(victims), [weight for _, weight in victims.values()])[0]
    victims[name][0]()
    seen.kills[name] += 1


def _sender(address: str, secret: str, number: int, pdfs: list[Path], over: threading.Event, seen: Seen) -> None:
    chance = random.Random(number)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/zip"}
    over.wait(chance.uniform(0, PAUSE_SECONDS[1]))
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        for count, pdf in enumerate(pdfs):
            if over.is_set():
                return
            content = parcel(number, count, pdf)
            digest = hashlib.sha256(content).hexdigest()
            found = _until_acknowledged(client, content, {**headers, "Idempotency-Key": digest[:32]}, seen)
            if found is None:
                seen.unacknowledged += 1
                continue
            seen.acknowledged[digest] = found
            if chance.random() < 0.1:
                again = _until_acknowledged(client, content, headers, seen)
                seen.doubled += again is not None and again != found
            over.wait(chance.uniform(*PAUSE_SECONDS))


def _until_acknowledged(client: httpx.Client, content: bytes, headers: dict[str, str], seen: Seen) -> str | None:
    """The id, once somebody has taken it; None for an answer that sending again would not change, or after ten minutes."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        begun = time.perf_counter()
        try:
            answer = client.post("submissions", content=content, headers=headers)
        except httpx.HTTPError:
            seen.sent_again += 1
        else:
            if answer.status_code in (200, 201):
                seen.submits.append(time.perf_counter() - begun)
                return str(answer.json()["id"])
            if answer.status_code not in (429, 500, 502, 503, 504):
                seen.refused[f"{answer.status_code} {answer.text[:160]}"] += 1
                return None
            if answer.status_code == 500:
                seen.refused[f"500 {answer.text[:160]}"] += 1
            seen.sent_again += 1
        time.sleep(2)
    return None


def _settled(machines: Machines, seen: Seen) -> bool:
    """Whether everything acknowledged has come to where it rests within an hour."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        states = machines.states()
        if all(
            is_final(State(states[item])) or states[item] == State.IN_REVIEW.value
            for item in seen.acknowledged.values()
            if item in states
        ):
            return True
        time.sleep(5)
    return False


def _told(machines: Machines, seen: Seen, settled: bool, codes: dict[str, int | None], minutes: float) -> None:
    with opened(load_settings(machines.homes[0])) as installation:
        kept = _kept(installation)
        lost = [item for digest, item in seen.acknowledged.items() if kept.get(digest, [None])[0] != item]
        doubled = seen.doubled + sum(len(items) - 1 for items in kept.values())
        red = _audited(installation)
    unwhole = _unwhole(machines)
    states = Counter(machines.states().values())
    grown = {name: _growth(samples, minutes * 60) for name, samples in seen.resident.items()}
    kills = ", ".join(f"{name} {count}" for name, count in sorted(seen.kills.items()))
    p50, p95 = (sorted(seen.submits)[int(len(seen.submits) * part)] for part in (0.5, 0.95))
    bad = len(lost) + doubled + red + seen.unacknowledged + (not settled) + bool(unwhole)
    report(
        Measured(
            name=f"{SENDERS} senders for {minutes:g} minutes under kills",
            ours=f"{len(lost)} lost, {doubled} doubled, {red} copies not ok of {len(seen.acknowledged)} acknowledged",
            rival="none may be",
            ratio=float(bad),
            bar=0,
            meaning="lost, doubled, stuck, damaged or never acknowledged",
            at_most=True,
            notes=(
                f"killed: {kills}; sent again {seen.sent_again} times; never acknowledged {seen.unacknowledged}; "
                f"{'everything' if settled else 'NOT everything'} settled; states {json.dumps(states)}",
                unwhole or "every event once, the ledger one chain, fsck clean, nothing claimed",
                f"submitting: p50 {p50:.2f} s, p95 {p95:.1f} s; exit codes at the end {codes}",
                *(f"resident memory of {name}: {text}" for name, text in sorted(grown.items())),
                *(f"{count} × {what}" for what, count in seen.refused.most_common(5)),
            ),
        )
    )


def _unwhole(machines: Machines) -> str:
    """What is not as it must be at the end; empty: nothing. Claims that rest are given an age at which they are swept."""
    with opened(load_settings(machines.homes[0])) as installation:
        with installation.catalogue.transaction() as tx:
            tx.rows(update(claims).values(claimed_at=database_now(tx) - timedelta(hours=1)))
        tidy(installation)
    try:
        machines.assert_whole()
    except AssertionError as error:
        return f"NOT WHOLE: {''.join(traceback.format_exception(error))[-1500:]}"
    return ""


def _kept(installation: Installation) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    with installation.catalogue.read() as reading:
        for item in reading.submissions_in():
            kept.setdefault(item.transfer_sha256, []).append(item.id)
    return kept


def _audited(installation: Installation) -> int:
    """Copies that a full read of both stores does not find right."""
    from api.bootstrap import now

    red = 0
    for store in installation.stores:
        with tempfile.TemporaryDirectory() as folder:
            run = audit_store(
                installation.catalogue, store, AuditPolicy(interval_days=1), Means(Path(folder), now), anew=True
            )
        red += sum(count for state, count in run.counts.items() if state != "ok")
    return red


def _growth(samples: list[tuple[float, int]], seconds: float) -> str:
    """Its largest size in the third and in the last quarter."""
    third = [size for at, size in samples if seconds * 0.5 < at < seconds * 0.75]
    last = [size for at, size in samples if at >= seconds * 0.75]
    if not third or not last:
        return "too few samples"
    return f"{max(third) >> 20} MiB in the third quarter, {max(last) >> 20} MiB in the last"


if __name__ == "__main__":
    sys.exit(main())
