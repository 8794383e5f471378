"""Bench: the index rebuilt beside while four readers search and records go on coming in.

What counts is that no query fails and none finds fewer records than there were; the time is stated beside it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass, field

from bench.holdings import MadeHoldings
from bench.result import Measured, report
from search.client import SearchSettings, connect
from search.index import SearchIndex
from search.indexer import Follower
from search.query import search
from search.visibility import EVERYTHING
from tests.servers.elasticsearch import running_elasticsearch

READERS = 4
PAUSE_SECONDS = 0.1
"""A reader reads for longer than that; four who never do would measure only how one machine is shared."""

QUERIES = ("văn bản điện tử", "van ban dien tu", "quyết định ban hành", '"thư điện tử"', "QĐ-UBND", "lưu trữ", "")


@dataclass
class Asked:
    """What the readers saw; each appends to lists of its own."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def read(index: SearchIndex, stop: threading.Event, seed: int, asked: Asked, least: int) -> None:
    chance = random.Random(seed)
    after, query = None, ""
    while not stop.is_set():
        if after is None:
            query = chance.choice(QUERIES)
        begun = time.perf_counter()
        try:
            page = search(index, query, EVERYTHING, size=10, after=after)
        except Exception as error:  # whatever it is, a query failed
            asked.failures.append(repr(error))
            after = None
            continue
        asked.seconds.append(time.perf_counter() - begun)
        if query == "" and page.total < least:
            asked.failures.append(f"{page.total} records found of {least}")
        after = page.after if chance.random() < 0.7 else None
        stop.wait(PAUSE_SECONDS)


def main() -> None:
    documents = int(os.environ.get("BENCH_DOCUMENTS", "100000"))
    holdings = MadeHoldings(documents)
    with running_elasticsearch() as node:
        client = connect(SearchSettings(node.home, node.folder))
        index = SearchIndex(client)
        Follower(holdings, index).follow()
        least, stop = index.count(), threading.Event()
        seen = [Asked() for _ in range(READERS)]
        readers = [
            threading.Thread(target=read, args=(index, stop, number, asked, least)) for number, asked in enumerate(seen)
        ]

        def submitting() -> None:
            while not stop.wait(1.0):
                holdings.add_hoso()
                Follower(holdings, index).follow()

        threads = [*readers, threading.Thread(target=submitting)]
        for thread in threads:
            thread.start()
        begun = time.perf_counter()
        Follower(holdings, index).rebuild()
        seconds = time.perf_counter() - begun
        time.sleep(2)  # pages opened before the switch are still followed after it
        stop.set()
        for thread in threads:
            thread.join()
        Follower(holdings, index).follow()
        if index.count() != holdings.total():
            raise SystemExit(f"{index.count()} in the new index, {holdings.total()} in the archive")
        client.close()
    times = sorted(one for asked in seen for one in asked.seconds)
    failures = [one for asked in seen for one in asked.failures]
    report(
        Measured(
            "Rebuilding the index under load",
            f"{len(failures)} failed of {len(times) + len(failures):,} queries",
            "no failed query",
            float(len(failures)),
            0,
            "failed queries",
            [
                f"{documents:,} documents of about 2 kB of text rebuilt in {seconds:.0f} s "
                f"({holdings.total() / seconds:,.0f} index documents a second) beside {READERS} readers, {PAUSE_SECONDS} s between their queries",
                f"a hồ sơ of fifty came in each second meanwhile and was found at once: {holdings.documents - documents:,} documents",
                f"queries: p50 {times[len(times) // 2] * 1000:.0f} ms, p95 {times[len(times) * 95 // 100] * 1000:.0f} ms",
                *failures[:3],
            ],
            at_most=True,
        )
    )


if __name__ == "__main__":
    main()
