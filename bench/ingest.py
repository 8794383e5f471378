"""Bench (b): the whole ingest of signed PDFs in hồ sơ of ten, against the path a script would take.

Ours is ``submit`` as users run it: received, unpacked, every check, policy, AIP, two stores, read back, catalogue, ledger,
receipt; workers and JVM started within the measured time. The rival does less: one veraPDF process a file, the same
signature checks one after another, bagit-python's make_bag, two copies, and validate on each; measured on a part of the
same hồ sơ (``--rival``), its time a document scaled to all. Neither has a malware scanner nor a search index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from api.bootstrap import now, opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from api.views import submission_view
from bench.result import Measured, report
from ingest.checks.signatures import facts
from ingest.verapdf.build import DEFAULT_HOME, build
from ingest.verapdf.jdk import find_java
from samples.many import make_hoso, make_signed_pdfs
from samples.pki import create_pki
from samples.trust_list import write_trust_list

BAR = 8.0
EACH = 10


def ours(home: Path, bags: list[Path], trust_list: Path) -> tuple[float, Counter[str]]:
    """Seconds until the last hồ sơ is stored and has its receipt, and the seconds each check took in all."""
    shares: Counter[str] = Counter()
    initialise(
        home, name="Kho đo tốc độ", code="H99.12", trust_list=trust_list, agreement=Path("samples/agreement.toml")
    )
    begun = time.perf_counter()
    with opened(load_settings(home)) as installation:
        handed = hand_in(installation, bags, client_key=None, received=lambda: None)
        ids = [item.submission.id for item in handed if item.submission]
        problems = carry(installation, ids)
        seconds = time.perf_counter() - begun
        with installation.catalogue.read() as reading:
            for submission in ids:
                for name, value in reading.reports(submission).items():
                    shares[name] += value["seconds"]
        states = Counter(submission_view(installation, item)["state"] for item in ids)
    if problems or states != {"stored": len(bags)}:
        raise SystemExit(f"not everything was stored: {states} {problems}")
    return seconds, shares


def rival(folder: Path, bags: list[Path], trust_list: Path) -> float:
    """What a careful script does, one thing after another."""
    java, jar = find_java(), build(DEFAULT_HOME).folder / "verapdf-cli.jar"
    begun = time.perf_counter()
    for bag in bags:
        work = folder / bag.parent.name / bag.name
        shutil.copytree(bag / "data", work)
        for pdf in sorted(work.glob("*.pdf")):
            said = subprocess.run(
                [str(java), "-jar", str(jar), "--format", "json", "--flavour", "2u", str(pdf)],
                capture_output=True,
                check=False,
            )
            if b'"compliant":true' not in said.stdout.replace(b" ", b""):
                raise SystemExit(f"veraPDF did not pass {pdf.name}")
            options = {"trust_list": str(trust_list), "at": now().isoformat()}
            if {item["indication"] for item in facts(pdf, options)["signatures"]} != {"TOTAL-PASSED"}:
                raise SystemExit(f"signatures of {pdf.name} did not pass")
        # make_bag changes the process's working folder: a process of its own, as a script would have.
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import bagit,sys; bagit.make_bag(sys.argv[1], checksums=['sha256','sha512'])",
                str(work),
            ],
            check=True,
        )
        for number in (1, 2):
            copy = folder / f"store-{number}" / bag.parent.name / bag.name
            shutil.copytree(work, copy)
            subprocess.run([sys.executable, "-m", "bagit", "--quiet", "--validate", str(copy)], check=True)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rival", type=int, default=5, help="hồ sơ the rival is measured on")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        pki = create_pki(folder / "pki")
        trust_list = write_trust_list(pki, folder / "trust-list.json")
        pdfs = make_signed_pdfs(folder / "pdfs", given.files, 3, pki=pki, processes=os.cpu_count() or 1)
        groups = [pdfs[start : start + EACH] for start in range(0, len(pdfs), EACH)]
        bags = [make_hoso(folder / "bags" / f"{index:04}", group, index) for index, group in enumerate(groups)]
        some = bags[: given.rival]
        rival_seconds = rival(folder / "rival", some, trust_list) / (len(some) * EACH)
        seconds, shares = ours(folder / "home", bags, trust_list)
        each = seconds / given.files
        total = sum(shares.values())
        spread = ", ".join(
            f"{check} {value / total:.0%}" for check, value in shares.most_common() if value / total >= 0.01
        )
        size = sum(path.stat().st_size for path in pdfs) / len(pdfs) / 1024
        report(
            Measured(
                "(b) Whole ingest of signed PDFs",
                f"{each:.3f} s a document, {3600 / each:,.0f} documents an hour",
                f"{rival_seconds:.3f} s a document",
                rival_seconds / each,
                BAR,
                "times as fast",
                [
                    f"{given.files} PDF/A-2u of {size:.0f} KiB on average, three signatures each, in {len(bags)} hồ sơ of {EACH}",
                    f"the rival: veraPDF process a file, signature checks one after another, make_bag, two copies, validate, "
                    f"on {len(some) * EACH} of the documents",
                    f"time within the checks: {spread}",
                ],
            )
        )


if __name__ == "__main__":
    main()
