"""Bench: searching 100,000 documents with full text through the API, against the same request sent straight to Elasticsearch.

Each query is asked of both in turn, by the same HTTP client over loopback, ours with token, rights inside the query, the
second judgement of every hit at the catalogue, and marks; the rival gets the very body our side sends, without the
point in time (opening it is part of our cost). Every query is new to both, so no cached answer is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from archive.access import Mode, Role
from bench.big_archive import BigArchive, BigSource
from bench.result import Measured, report
from bench.service import archive, served, token
from search.index import SearchIndex
from search.indexer import Follower
from search.notation import folded
from search.query import Filters, search
from search.visibility import Visible

FACETS = ("agency", "kind_of_document", "year", "signer", "format")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=int(os.environ.get("BENCH_DOCUMENTS", "100000")))
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    big = BigArchive(given.documents)
    with archive() as installation:
        big.record(installation)
        index = installation.search_index()
        began = time.perf_counter()
        Follower(BigSource(big, installation), index).follow()
        indexed_seconds = time.perf_counter() - began
        index.client.options(request_timeout=600).indices.forcemerge(index=index.alias, max_num_segments=5)
        secret = token(installation, "bench.doc", Role.ARCHIVIST)
        node = installation.search_settings.local_node
        assert node is not None
        straight = f"{node.status().url}/{index.alias}/_search"
        with served(installation.settings.home, "--no-work") as (address, _pid), httpx.Client(timeout=60) as client:
            client.headers["Authorization"] = f"Bearer {secret}"
            for facets in ((), FACETS):
                _compared(client, address, straight, index, big, given.queries, facets, indexed_seconds)


def _compared(
    client: httpx.Client,
    address: str,
    straight: str,
    index: SearchIndex,
    big: BigArchive,
    count: int,
    facets: tuple[str, ...],
    indexed_seconds: float,
) -> None:
    asked = _queries(big, count + 50, seed=len(facets))
    ours: list[float] = []
    rival: list[float] = []
    for number, text in enumerate(asked):
        body = _body(index, text, facets)
        params: list[tuple[str, str]] = [("q", text), ("size", "20"), *(("facet", name) for name in facets)]
        pair: list[tuple[list[float], Callable[[], httpx.Response]]] = [
            (ours, lambda params=params: client.get(f"{address}/api/v1/search", params=params)),  # type: ignore[misc]
            (rival, lambda body=body: client.post(straight, json=body)),  # type: ignore[misc]
        ]
        for kept, ask in pair if number % 2 else reversed(pair):
            began = time.perf_counter()
            answer = ask()
            seconds = time.perf_counter() - began
            answer.raise_for_status()
            if number >= 50:  # the first ones warm both up
                kept.append(seconds)
    p50, p95 = ((_at(ours, part), _at(rival, part)) for part in (0.5, 0.95))
    report(
        Measured(
            name=f"Searching {big.documents:,} documents through the API{' with five facets' if facets else ''}",
            ours=f"p50 {p50[0] * 1000:.1f} ms, p95 {p95[0] * 1000:.1f} ms",
            rival=f"the same request straight to Elasticsearch: p50 {p50[1] * 1000:.1f} ms, p95 {p95[1] * 1000:.1f} ms",
            ratio=p95[0] / p95[1],
            bar=1.5,
            meaning="times the rival's time at p95",
            at_most=True,
            notes=(
                f"{count} different queries: words with and without diacritics, phrases, numbers, fields; 20 hits a page, marks.",
                f"Median of the ratios, query by query: {statistics.median(a / b for a, b in zip(ours, rival, strict=True)):.2f}.",
                f"The index was filled from the ledger in {indexed_seconds:.0f} s.",
            ),
        )
    )


def _at(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _queries(big: BigArchive, count: int, seed: int) -> list[str]:
    """What archivists type, drawn from the texts; no two alike."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        file = chance.randrange(big.files)
        ordinal = chance.choice(big.ordinals(file))
        words = big.text(file, ordinal).split()
        start = chance.randrange(len(words) - 8)
        some = " ".join(words[start : start + chance.randint(2, 6)])
        # What the query language would take for something else.
        some = some.translate({ord(sign): None for sign in "()|"}).strip(".,;:\"'- ")
        fields = big.document(file, ordinal)
        number = f"{fields['codeNumber']}/{fields['codeNotation']}"
        form = chance.choice(("words", "words", "words", "stripped", "stripped", "phrase", "number", "field"))
        text = {
            "words": some,
            "stripped": folded(some),
            "phrase": f'"{some}"',
            "number": number,
            "field": f"{some} nam:{fields['issuedDate'][:4]}",
        }[form]
        if ":" not in some and '"' not in some:
            found[text] = None
    return list(found)


class _Asked(Exception):
    pass


def _body(index: SearchIndex, text: str, facets: tuple[str, ...]) -> Mapping[str, Any]:
    """The body our side sends for this query, caught on its way; nothing is asked."""
    caught: list[dict[str, Any]] = []

    class Catching:
        def open_point_in_time(self, **_: Any) -> dict[str, str]:
            return {"id": ""}

        def search(self, *, body: dict[str, Any], **_: Any) -> None:
            caught.append(body)
            raise _Asked

    visible = Visible(modes=frozenset(mode.value for mode in Mode if mode is not Mode.RESTRICTED))
    with contextlib.suppress(_Asked):
        search(SearchIndex(Catching(), index.alias), text, visible, Filters(), size=20, facets=facets)  # type: ignore[arg-type]
    return {name: value for name, value in caught[0].items() if name != "pit"}


if __name__ == "__main__":
    main()
