"""A process that destroys, for tests that kill it: ``destroyer.py <folder> <url>``; begun again, it goes on to the end."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.access import Author
from archive.catalogue import Catalogue
from archive.destruction.beginning import begin
from archive.storage.directory import DirectoryStore
from tests.destruction.round_at_work import ACTOR, EXECUTOR, RoundAtWork


def main(folder: Path, url: str) -> None:
    with Catalogue.open(url) as catalogue:
        stores = [DirectoryStore(name, folder / "stores" / name) for name in ("kho-1", "kho-2")]
        work = RoundAtWork(catalogue, url, list(stores), folder)
        work.listed = [line for line in (folder / "lines").read_text().split()]
        work.usual_places()
        print("started", flush=True)
        refused = begin(
            catalogue,
            work.approval,
            work.lines(),
            begin_destroying=work._begin_destroying,
            places=[place.name for place in work.places],
            by=Author(ACTOR, EXECUTOR),
            at=work.now(),
        )
        assert refused == []
        for _ in range(20):
            if work.run().settled:
                break
        else:
            raise AssertionError("it did not come to its end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
