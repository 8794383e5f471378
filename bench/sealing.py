"""Bench: the whole ingest with sealing against the same ingest without, in one run; and one document of a sealed 2 GiB.

The same hồ sơ are handed in to two archives that differ in ``[keys]`` alone, one after the other, in turns; all of them
have a period in years, so that all are sealed in the one. The second figure is the time from opening an object of 2 GiB
to the last byte of one document in it, from the medium, against reading the object from its front to that document.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from api.views import submission_view
from archive.sealing.identity import Identity
from archive.sealing.opening import OpeningStore
from archive.sealing.writing import SealingOut
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key, is_sealed
from bench.result import Measured, report
from samples.many import make_hoso, make_signed_pdfs
from samples.pki import create_pki
from samples.trust_list import write_trust_list

BAR = 1.3
EACH = 10
DOCUMENT_BYTES = 300 << 10
SECONDS = 3.0


def ingested(home: Path, bags: list[Path], trust_list: Path, *, sealing: bool) -> float:
    """Seconds until the last hồ sơ is stored and has its receipt; the workers are started within."""
    initialise(
        home,
        name="Kho đo niêm phong",
        code="H99.12",
        trust_list=trust_list,
        agreement=Path("samples/agreement.toml"),
        sealing=sealing,
    )
    begun = time.perf_counter()
    with opened(load_settings(home)) as installation:
        handed = hand_in(installation, bags, client_key=None, received=lambda: None)
        ids = [item.submission.id for item in handed if item.submission]
        problems = carry(installation, ids)
        seconds = time.perf_counter() - begun
        states = {submission_view(installation, item)["state"] for item in ids}
        with installation.catalogue.read() as view:
            forms = {is_sealed(aip.object_key) for aip in view.aips()}
    if problems or states != {"stored"} or forms != {sealing}:
        raise SystemExit(f"not what was to be measured: {states} {forms} {problems}")
    return seconds


def ingest(folder: Path, files: int, runs: int) -> None:
    pki = create_pki(folder / "pki")
    trust_list = write_trust_list(pki, folder / "trust-list.json")
    pdfs = make_signed_pdfs(folder / "pdfs", files, 3, pki=pki, processes=os.cpu_count() or 1)
    groups = [pdfs[start : start + EACH] for start in range(0, len(pdfs), EACH)]
    bags = [make_hoso(folder / "bags" / f"{index:04}", group, index) for index, group in enumerate(groups)]
    sealed, plain = [], []
    for turn in range(runs):
        order = (True, False) if turn % 2 else (False, True)
        for sealing in order:
            seconds = ingested(folder / f"home-{turn}-{sealing}", bags, trust_list, sealing=sealing)
            (sealed if sealing else plain).append(seconds)
    ours, rival = statistics.median(sealed), statistics.median(plain)
    report(
        Measured(
            name="whole ingest with sealing, against the same without",
            ours=f"{ours / files:.3f} s a document, sealed",
            rival=f"{rival / files:.3f} s a document, open",
            ratio=ours / rival,
            bar=BAR,
            meaning="times as long",
            at_most=True,
            notes=(
                f"{files} signed PDFs in {len(bags)} hồ sơ; medians of {runs} turns of both.",
                "A key for each hồ sơ, durable in two places, is made within the time of ours.",
                "sealed: " + ", ".join(f"{value:.1f}" for value in sealed) + " s; "
                "open: " + ", ".join(f"{value:.1f}" for value in plain) + " s.",
            ),
        )
    )


def random_access(folder: Path, gib: float) -> None:
    store = DirectoryStore.initialise("a", folder / "store")
    identity, key = Identity(os.urandom(32)), Key("aip/00/bench.tar.age")
    size, piece = int(gib * (1 << 30)), os.urandom(1 << 20)
    begun = time.perf_counter()
    with store.create(key) as writer:
        sealing = SealingOut(writer, identity.recipient, "bench")
        for _ in range(size >> 20):
            sealing.write(piece)
        sealing.finish()
        writer.commit()
    written = time.perf_counter() - begun

    class One:
        def identity(self, _key_id: str) -> Identity:
            return identity

    opening = OpeningStore(store, One())
    chance, took = random.Random(1), []
    for _ in range(20):
        offset = chance.randrange(size - DOCUMENT_BYTES)
        begun = time.perf_counter()
        with opening.open(key, cold=True) as file:
            file.seek(offset)
            assert len(file.read(DOCUMENT_BYTES)) == DOCUMENT_BYTES
        took.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    with opening.open(key, cold=True) as file:
        while file.read(1 << 20):
            pass
    whole = time.perf_counter() - begun
    slowest = max(took)
    report(
        Measured(
            name=f"one document of {DOCUMENT_BYTES >> 10} KiB out of a sealed package of {gib:g} GiB",
            ours=f"{statistics.median(took) * 1000:.1f} ms (slowest of {len(took)}: {slowest * 1000:.1f} ms)",
            rival=f"{whole:.1f} s to read and open all of it",
            ratio=slowest,
            bar=SECONDS,
            meaning="s at the most",
            at_most=True,
            notes=(
                "Read from the medium; the end of the object is read and authenticated too, so that its length is proven.",
                f"Sealing and writing: {size / written / 1e6:.0f} MB/s; reading and opening all: {size / whole / 1e6:.0f} MB/s.",
            ),
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gib", type=float, default=2.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-sealing-") as name:
        random_access(Path(name), given.gib)
    with tempfile.TemporaryDirectory(prefix="bench-sealing-") as name:
        ingest(Path(name), given.files, given.runs)


if __name__ == "__main__":
    main()
