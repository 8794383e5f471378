"""Bench (h): relevance of search on 20,000 made texts, against two plain analysers, with and without diacritics typed."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from elasticsearch import Elasticsearch

from bench.relevance.collection import Paper, papers
from bench.relevance.contenders import contenders, filled
from bench.relevance.measuring import Scores, best_form, scores
from bench.relevance.metrics import paired_interval
from bench.relevance.questions import Asked, asked, kinds_of
from bench.relevance.spelling import stripped
from bench.result import Measured, report
from search.client import SearchSettings, connect
from search.node.build import DEFAULT_HOME, build

DEV_SEED, TEST_SEED = 1, 2
LARGEST_LOSS = 0.02
COLUMNS = ("nDCG@10", "recall@50", "MRR")
Table = dict[tuple[str, str], Scores]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=20_000)
    given = parser.parse_args()
    home = build(DEFAULT_HOME, say=lambda line: None)
    with tempfile.TemporaryDirectory(prefix="bench-relevance-") as name:
        settings = SearchSettings(home, Path(name) / "node", request_timeout_seconds=120.0)
        client = connect(settings)
        try:
            measure(client, given.papers)
        finally:
            client.close()
            if settings.local_node is not None:
                settings.local_node.stop()


def measure(client: Elasticsearch, count: int) -> None:
    """Chooses each rival's form of query on the dev split, then reports the test split."""
    forms = chosen_forms(client, count)
    collection = list(papers(count, TEST_SEED))
    queries = asked(collection, "test", TEST_SEED)
    table: Table = {}
    for contender in contenders():
        filled(client, contender, collection)
        query = contender.queries[forms[contender.name]]
        scores(client, contender, query, queries, str)  # warms the page cache
        table[contender.name, "as typed"] = scores(client, contender, query, queries, str)
        table[contender.name, "stripped"] = scores(client, contender, query, queries, stripped)
        client.indices.delete(index=contender.index)
    told = _told(table, queries, collection, forms)
    for measured in told:
        report(measured)


def chosen_forms(client: Elasticsearch, count: int) -> dict[str, str]:
    """For each contender the form of query with the best nDCG@10 on the dev split: other texts, other topics."""
    collection = list(papers(count, DEV_SEED))
    queries = asked(collection, "dev", DEV_SEED)
    forms: dict[str, str] = {}
    for contender in contenders():
        if len(contender.queries) > 1:
            filled(client, contender, collection)
        forms[contender.name] = best_form(client, contender, queries)
        client.indices.delete(index=contender.index, ignore_unavailable=True)
    return forms


def _told(
    table: Table, queries: Sequence[Asked], collection: Sequence[Paper], forms: dict[str, str]
) -> tuple[Measured, Measured]:
    margins = {
        (rival, way, column): table["ours", way].means()[place] - table[rival, way].means()[place]
        for rival in ("standard", "icu_folding")
        for way in ("as typed", "stripped")
        for place, column in enumerate(COLUMNS)
    }
    closest = min(margins, key=lambda item: margins[item])
    ours, bare = table["ours", "as typed"], table["ours", "stripped"]
    loss = ours.means()[0] - bare.means()[0]
    low, high = paired_interval(ours.ndcg, bare.ndcg)
    typed = {name: table[name, "as typed"] for name in ("standard", "icu_folding", "ours")}
    wins = Measured(
        "(h) Relevance of search: the closest of twelve comparisons",
        f"nDCG@10 {ours.means()[0]:.3f}",
        f"standard {typed['standard'].means()[0]:.3f}, icu_folding {typed['icu_folding'].means()[0]:.3f}",
        margins[closest],
        0.001,
        f"ahead of {closest[0]}, {closest[1]}, in {closest[2]}",
        (
            *_table_lines(table),
            *_significance(table),
            *_kinds(table, queries),
            *_about(queries, collection, forms, table),
        ),
    )
    stripped_loss = Measured(
        "(h) Relevance of search: what queries without diacritics lose",
        f"nDCG@10 {bare.means()[0]:.3f} stripped",
        f"{ours.means()[0]:.3f} as typed",
        loss,
        LARGEST_LOSS,
        "nDCG@10 lost",
        (f"95 % interval of the loss (paired bootstrap over queries): {low:+.3f} to {high:+.3f}.",),
        at_most=True,
    )
    return wins, stripped_loss


def _table_lines(table: Table) -> list[str]:
    return [
        f"{name}, {way}: "
        + ", ".join(f"{column} {value:.3f}" for column, value in zip(COLUMNS, row.means(), strict=True))
        + "."
        for (name, way), row in table.items()
    ]


def _significance(table: Table) -> list[str]:
    lines = []
    for rival in ("standard", "icu_folding"):
        for way in ("as typed", "stripped"):
            mine, other = table["ours", way], table[rival, way]
            pairs = ((mine.ndcg, other.ndcg), (mine.recall, other.recall), (mine.mrr, other.mrr))
            intervals = [paired_interval(first, second) for first, second in pairs]
            spans = ", ".join(
                f"{column} {low:+.3f} to {high:+.3f}" for column, (low, high) in zip(COLUMNS, intervals, strict=True)
            )
            lines.append(f"Ours ahead of {rival}, {way}, 95 % interval (paired bootstrap over queries): {spans}.")
    return lines


def _kinds(table: Table, queries: Sequence[Asked]) -> list[str]:
    def mean(row: Scores, places: Sequence[int]) -> str:
        return f"{statistics.fmean(row.ndcg[place] for place in places):.2f}"

    lines = []
    for kind, places in kinds_of(queries).items():
        sides = (
            f"{name} {mean(table[name, 'as typed'], places)}/{mean(table[name, 'stripped'], places)}"
            for name in ("standard", "icu_folding", "ours")
        )
        lines.append(f"{kind} ({len(places)} queries), nDCG@10 as typed/stripped: {', '.join(sides)}.")
    return lines


def _about(
    queries: Sequence[Asked], collection: Sequence[Paper], forms: dict[str, str], table: Table
) -> tuple[str, ...]:
    took = {name: sorted(table[name, "as typed"].took_ms) for name in ("standard", "icu_folding", "ours")}
    times = ", ".join(
        f"{name} {statistics.fmean(values):.1f} / {values[int(0.95 * len(values))]} ms" for name, values in took.items()
    )
    size = statistics.fmean(len(paper.text) for paper in collection)
    return (
        f"{len(collection):,} made texts of {size:,.0f} characters on average, {len(queries)} judged queries of the test "
        "split; grades come from what each text was made to be about, not from its words.",
        "Nothing was tuned on the test split: it has texts, topics and a seed that the dev split does not.",
        f"The rivals search the same fields by multi_match, each in the form that served it best on the dev split: "
        f"{', '.join(f'{name} {form}' for name, form in forms.items() if name != 'ours')}.",
        "recall@50 is of the relevant texts (grade 2 and 3), of 50 where there are more.",
        f"Server time a query with every hit counted, mean / p95: {times}.",
    )


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.0f} s")
