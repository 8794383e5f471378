"""Bench: documents a second of the follower against the official client's own ``helpers.bulk``.

Ours is the whole way of a document: asked of the archive, made into an index document, serialised, written with its
version, acknowledged, cursor saved. The rival is handed index documents already made and only serialises and sends them.
Same documents, same mapping, same node, one after the other in alternation; the best run of each counts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch, helpers

from bench.holdings import MadeHoldings
from bench.result import Measured, report
from search import mapping
from search.client import SearchSettings, connect
from search.index import SearchIndex
from search.indexer import Follower
from search.record import document_source, hoso_source
from tests.servers.elasticsearch import running_elasticsearch

BAR = 0.8
ROUNDS = 2


def ours(client: Elasticsearch, holdings: MadeHoldings, name: str) -> float:
    index = SearchIndex(client, name)
    index.ensure()
    begun = time.perf_counter()
    Follower(holdings, index).follow()
    seconds = time.perf_counter() - begun
    if index.count() != holdings.total():
        raise SystemExit(f"{index.count()} indexed of {holdings.total()}")
    client.indices.delete(index=index.ensure().name)
    return seconds


def rival(client: Elasticsearch, made: list[dict[str, Any]], name: str) -> float:
    client.indices.create(index=name, settings=mapping.settings(), mappings=mapping.mappings())

    def actions() -> Iterator[dict[str, Any]]:
        return ({"_index": name, "_id": source["id"], "_source": source} for source in made)

    begun = time.perf_counter()
    helpers.bulk(client, actions())
    client.indices.refresh(index=name)
    seconds = time.perf_counter() - begun
    client.indices.delete(index=name)
    return seconds


def sources(holdings: MadeHoldings) -> list[dict[str, Any]]:
    made = []
    for aip in holdings.aips():
        documents = list(aip.documents)
        made += [document_source(aip, item, aip.as_of) for item in documents]
        made.append(hoso_source(aip, len(documents), aip.as_of))
    return made


def main() -> None:
    documents = int(os.environ.get("BENCH_DOCUMENTS", "50000"))
    made = sources(MadeHoldings(documents))
    with running_elasticsearch() as node:
        client = connect(SearchSettings(node.home, node.folder))
        warm = MadeHoldings(min(documents, 3000))
        ours(client, warm, "warm-ours")
        rival(client, sources(warm), "warm-rival")
        mine, theirs = [], []
        for number in range(ROUNDS):
            theirs.append(rival(client, made, f"rival{number}"))
            mine.append(ours(client, MadeHoldings(documents), f"ours{number}"))
        client.close()
    report(
        Measured(
            "Indexing: the follower against helpers.bulk",
            f"{documents / min(mine):,.0f} documents a second",
            f"{documents / min(theirs):,.0f} documents a second",
            min(theirs) / min(mine),
            BAR,
            "of the rival's speed",
            [
                f"{documents:,} documents of about 2 kB of text, a tenth of them restricted (metadata alone), in hồ sơ of fifty",
                "ours: from the archive's record to the saved cursor, making the text included; the rival: ready index documents",
                "seconds, ours "
                + ", ".join(f"{one:.1f}" for one in mine)
                + "; the rival "
                + ", ".join(f"{one:.1f}" for one in theirs),
            ],
        )
    )


if __name__ == "__main__":
    main()
