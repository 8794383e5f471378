"""Queries sent, rankings judged."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elasticsearch import Elasticsearch

from bench.relevance.contenders import Contender, Query
from bench.relevance.metrics import ndcg, recall, reciprocal_rank
from bench.relevance.questions import Asked

DEPTH = 50


@dataclass(frozen=True, slots=True)
class Scores:
    """One value a query, in the order asked. ``took_ms`` is the server's own time."""

    ndcg: tuple[float, ...]
    recall: tuple[float, ...]
    mrr: tuple[float, ...]
    took_ms: tuple[int, ...]

    def means(self) -> tuple[float, float, float]:
        return statistics.fmean(self.ndcg), statistics.fmean(self.recall), statistics.fmean(self.mrr)


def scores(
    client: Elasticsearch, contender: Contender, query: Query, queries: Sequence[Asked], spelt: Callable[[str], str]
) -> Scores:
    """The metrics of one form of query over all ``queries``, each typed as ``spelt`` makes of it."""
    rows = []
    for item in queries:
        answer = client.search(
            index=contender.index,
            query=query(spelt(item.text)),
            size=DEPTH,
            source=False,
            track_total_hits=True,
            request_cache=False,
            sort=[{"_score": "desc"}, {"_doc": "asc"}],
        )
        ranking = [hit["_id"] for hit in answer["hits"]["hits"]]
        grades = item.grades
        rows.append((ndcg(ranking, grades), recall(ranking, grades), reciprocal_rank(ranking, grades), answer["took"]))
    first, second, third, took = zip(*rows, strict=True)
    return Scores(first, second, third, took)


def best_form(client: Elasticsearch, contender: Contender, queries: Sequence[Asked]) -> str:
    """The form of query that gives the contender the highest nDCG@10 on ``queries``."""
    if len(contender.queries) == 1:
        return next(iter(contender.queries))
    return max(
        contender.queries,
        key=lambda name: scores(client, contender, contender.queries[name], queries, str).means()[0],
    )
