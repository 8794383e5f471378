"""Bench: 50 agencies submit at once for ten minutes while 20 readers search: no error, nothing lost or doubled.

Every agency is an account of its own that sends a signed hồ sơ, again and again, now and then the same one twice (as a
sender does who got no answer), and asks what became of it. Readers search what is there. The service carries, packages
and indexes all the while. Afterwards every acknowledged submission must be in the catalogue exactly once, stored.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from api.bootstrap import Installation
from archive.access import Role
from archive.lifecycle import State, is_final
from bench.big_archive import BigArchive, BigSource
from bench.result import Measured, report
from bench.service import archive, served, token
from samples.documents import AGENCY_NAME
from samples.hoso import Entry, Hoso
from samples.many import document_of, make_signed_pdfs
from samples.parcel import bag_of
from samples.pki import create_pki
from samples.trust_list import write_trust_list
from search.indexer import Follower

AGENCIES = 50
READERS = 20
PAUSE_SECONDS = (15.0, 45.0)
"""Between two submissions of one agency; about 1.7 a second of all."""


@dataclass
class Seen:
    """What the clients saw."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Digest of what was sent → id it was acknowledged under."""
    searches: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    resident: list[int] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("BENCH_MINUTES", "10")))
    parser.add_argument("--documents", type=int, default=10_000, help="already in the archive")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="luutru-agencies-") as folder:
        scratch = Path(folder)
        pki = create_pki(scratch / "pki")
        trust = write_trust_list(pki, scratch / "trust-list.json")
        wanted = int(AGENCIES * (given.minutes * 60 / (sum(PAUSE_SECONDS) / 2) + 2))
        pdfs = make_signed_pdfs(scratch / "pdfs", wanted, 1, pki=pki)
        with archive(trust_list=trust, agreement=Path("samples/agreement.toml")) as installation:
            big = BigArchive(given.documents)
            big.record(installation)
            Follower(BigSource(big, installation), installation.search_index()).follow()
            agencies = [
                token(installation, f"co-quan.{number:02}", Role.AGENCY, f"H50.{number:02}")
                for number in range(AGENCIES)
            ]
            readers = [token(installation, f"doc.{number:02}", Role.ARCHIVIST) for number in range(READERS)]
            with served(installation.settings.home) as (address, pid):
                seen = asyncio.run(_load(address, pid, agencies, readers, pdfs, big, given.minutes * 60))
                left = _drained(installation, seen)
            _told(installation, seen, left, given.minutes, given.documents)


async def _load(
    address: str, pid: int, agencies: list[str], readers: list[str], pdfs: list[Path], big: BigArchive, seconds: float
) -> Seen:
    seen = Seen()
    end = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=AGENCIES + READERS)
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=120, limits=limits) as client:
        per_agency = len(pdfs) // AGENCIES
        await asyncio.gather(
            _watched(pid, seen, end),
            *(
                _agency(client, secret, number, pdfs[number * per_agency : (number + 1) * per_agency], seen, end)
                for number, secret in enumerate(agencies)
            ),
            *(_reader(client, secret, number, big, seen, end) for number, secret in enumerate(readers)),
        )
    return seen


async def _agency(
    client: httpx.AsyncClient, secret: str, number: int, pdfs: list[Path], seen: Seen, end: float
) -> None:
    chance = random.Random(number)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/zip"}
    await asyncio.sleep(chance.uniform(0, 5))
    for count, pdf in enumerate(pdfs):
        if time.monotonic() > end:
            return
        content = await asyncio.to_thread(parcel, number, count, pdf)
        digest = hashlib.sha256(content).hexdigest()
        submission = await _submitted(client, content, {**headers, "Idempotency-Key": digest[:32]}, seen)
        if submission is None:
            continue
        if seen.acknowledged.setdefault(digest, submission) != submission:
            seen.doubled += 1
        if chance.random() < 0.1:
            again = await _submitted(client, content, headers, seen)
            seen.doubled += again is not None and again != submission
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS) if time.monotonic() < end else 0)
        answer = await _asked(client, f"submissions/{submission}", headers, seen, "status")
        if answer is not None and answer.json()["id"] != submission:
            seen.errors["another's submission"] += 1


async def _submitted(client: httpx.AsyncClient, content: bytes, headers: dict[str, str], seen: Seen) -> str | None:
    began = time.perf_counter()
    try:
        answer = await client.post("submissions", content=content, headers=headers)
    except httpx.HTTPError as error:
        seen.errors[f"submit {type(error).__name__}"] += 1
        return None
    seen.submits.append(time.perf_counter() - began)
    if answer.status_code not in (200, 201):
        seen.errors[f"submit {answer.status_code} {answer.text[:120]}"] += 1
        return None
    return str(answer.json()["id"])


async def _reader(client: httpx.AsyncClient, secret: str, number: int, big: BigArchive, seen: Seen, end: float) -> None:
    chance = random.Random(1000 + number)
    headers = {"Authorization": f"Bearer {secret}"}
    while time.monotonic() < end:
        file = chance.randrange(big.files)
        words = big.text(file, chance.choice(big.ordinals(file))).split()
        start = chance.randrange(len(words) - 6)
        query = " ".join(words[start : start + chance.randint(2, 5)]).translate({ord(sign): " " for sign in ':"()|'})
        began = time.perf_counter()
        if await _asked(client, "search", headers, seen, "search", {"q": query}) is not None:
            seen.searches.append(time.perf_counter() - began)
        await asyncio.sleep(chance.uniform(0.5, 3.0))


async def _asked(
    client: httpx.AsyncClient,
    path: str,
    headers: dict[str, str],
    seen: Seen,
    what: str,
    params: dict[str, str] | None = None,
) -> httpx.Response | None:
    try:
        answer = await client.get(path, params=params, headers=headers)
    except httpx.HTTPError as error:
        seen.errors[f"{what} {type(error).__name__}"] += 1
        return None
    if answer.status_code != 200:
        seen.errors[f"{what} {answer.status_code} {answer.text[:120]}"] += 1
        return None
    return answer


async def _watched(pid: int, seen: Seen, end: float) -> None:
    process = psutil.Process(pid)
    while time.monotonic() < end:
        seen.resident.append(process.memory_info().rss)
        await asyncio.sleep(5)


def parcel(number: int, count: int, pdf: Path) -> bytes:
    """The hồ sơ of one signed document as the agency sends it; its code is unique."""
    document = document_of(pdf)
    code = f"H50.{number:02}.2025.N{count:05}"
    hoso = Hoso(
        code,
        f"Hồ sơ số {count} của cơ quan {number}",
        (Entry.of(document, pdf.read_bytes()),),
        agency={"code": f"H50.{number:02}", "name": AGENCY_NAME},
    )
    return bag_of(hoso, "zip").packed("ho-so")


def _drained(installation: Installation, seen: Seen) -> dict[State, int]:
    """States of the acknowledged submissions once nothing more happens, or after an hour."""
    deadline = time.monotonic() + 3600
    while True:
        with installation.catalogue.read() as reading:
            states = Counter(reading.submission(id).state for id in seen.acknowledged.values())
        if all(is_final(state) or state is State.IN_REVIEW for state in states) or time.monotonic() > deadline:
            return dict(states)
        time.sleep(2)


def _told(installation: Installation, seen: Seen, states: dict[State, int], minutes: float, documents: int) -> None:
    with installation.catalogue.read() as reading:
        kept = {item.transfer_sha256: item.id for item in reading.submissions_in() if item.owner.startswith("H50.")}
        rows = sum(1 for item in reading.submissions_in() if item.owner.startswith("H50."))
    lost = sum(kept.get(digest) != submission for digest, submission in seen.acknowledged.items())
    doubled = seen.doubled + rows - len(kept)
    errors = sum(seen.errors.values())
    quarter = max(1, len(seen.resident) // 4)
    early, late = (max(part) for part in (seen.resident[quarter : 2 * quarter], seen.resident[-quarter:]))
    p50, p95 = (sorted(seen.searches)[int(len(seen.searches) * part)] * 1000 for part in (0.5, 0.95))
    submit95 = sorted(seen.submits)[int(len(seen.submits) * 0.95)] * 1000
    shown = ", ".join(f"{state.value} {count}" for state, count in sorted(states.items()))
    report(
        Measured(
            name=f"{AGENCIES} agencies submitting for {minutes:g} minutes while {READERS} readers search",
            ours=f"{errors} errors, {lost} lost, {doubled} doubled of {len(seen.acknowledged)} submissions",
            rival="none may be",
            ratio=float(errors + lost + doubled),
            bar=0,
            meaning="errors, lost and doubled submissions",
            at_most=True,
            notes=(
                f"{len(seen.searches)} searches over {documents:,} documents and more: p50 {p50:.0f} ms, p95 {p95:.0f} ms.",
                f"Submitting (one signed PDF): p95 {submit95:.0f} ms. Became: {shown}.",
                f"Resident memory of the service's process: {early >> 20} MiB in the second quarter, {late >> 20} MiB in the last.",
                *(f"{count} × {error}" for error, count in seen.errors.most_common(5)),
            ),
        )
    )


if __name__ == "__main__":
    main()
