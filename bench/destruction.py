"""Destroying many small hồ sơ with proof: markers, intent, keys, every place, what is done once, the look, completion."""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from pathlib import Path

from archive.absence.certificate import certify
from archive.absence.folders import FolderLook
from archive.absence.verifying import Verifier
from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import AbsenceVerdict, TombstonePackage
from archive.catalogue.destruction_reading import store_place
from archive.destruction.completing import complete
from bench.result import Measured, report
from tests.destruction.round_at_work import ARCHIVE, EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork, in_folders

LEAST_A_SECOND = 10.0
"""A round of ten thousand then takes less than twenty minutes."""


class _Locked:
    """Nothing is locked in folders."""

    def opens(self, store: str, package: TombstonePackage) -> bool:
        return False


def looked(work: RoundAtWork, folder: Path) -> tuple[int, int]:
    """Objects and bytes that were read to prove absence; then each hồ sơ is completed, and the round certified."""
    stores = {folder / "stores" / store.name for store in work.stores}
    looks = [FolderLook(store_place(path.name), path) for path in sorted(stores)]
    looks.append(
        FolderLook("home", folder, leaving_out=lambda path: path in {folder / "stores", folder / "destruction"})
    )
    verifier = Verifier(work.catalogue, ROUND_ID, looks, _Locked(), work.now, in_database=frozenset({"home"}))
    run = verifier.run(
        uuid.uuid4().hex, work.markers.read(), verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:verifier"
    )
    assert run.verdict is AbsenceVerdict.ABSENT and run.report is not None, run.report
    complete(work.catalogue, ROUND_ID, actor="account:verifier", now=work.now)
    certify(
        work.catalogue,
        ROUND_ID,
        key=work.key,
        archive={"code": ARCHIVE.code, "name": ARCHIVE.name},
        actor="account:verifier",
        now=work.now,
    )
    work.markers.remove()
    places = run.report["places"]
    return sum(item["objects"] for item in places), sum(item["size_bytes"] for item in places)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="hồ sơ that are destroyed")
    parser.add_argument("--kept", type=int, default=500, help="hồ sơ that stay, and are read too")
    parser.add_argument("--size", type=int, default=8_000, help="bytes of each, in two documents")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="luutru-bench-") as scratch:
        folder = Path(scratch)
        url = f"sqlite:///{folder / 'catalogue.sqlite'}"
        with Catalogue.open(url) as catalogue:
            work = in_folders(catalogue, url, folder)
            work.take_in(given.count, given.kept, size_bytes=given.size)
            steps: dict[str, float] = {}
            started = time.perf_counter()

            def took(name: str) -> None:
                steps[name] = time.perf_counter() - started - sum(steps.values())

            work.mark()
            took("markers")
            assert work.begin() == []
            took("intent")
            assert work.run().settled
            took("every place, database, checkpoints")
            objects, size_bytes = looked(work, folder)
            took("look, completion, certificate")
            seconds = sum(steps.values())
        report(
            Measured(
                name=f"destruction of {given.count:,} hồ sơ with proof",
                ours=f"{given.count / seconds:.1f} hồ sơ/s, {seconds:.0f} s",
                rival="—",
                ratio=given.count / seconds,
                bar=LEAST_A_SECOND,
                meaning="hồ sơ a second",
                notes=(
                    "; ".join(f"{name}: {value:.1f} s" for name, value in steps.items()) + ".",
                    f"Two stores in folders, SQLite, {given.size} bytes each; {objects:,} objects and "
                    f"{size_bytes / 1e6:,.0f} MB read to prove absence, for six markers and some twenty texts a hồ sơ.",
                ),
            )
        )


if __name__ == "__main__":
    main()
