"""What is compared: two plain analysers with the query their users are advised to send, and ours as it is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch, helpers

from bench.relevance.collection import Paper
from search import mapping
from search.language import understood
from search.matching import query_of
from search.record import IndexableAip, IndexableDocument, document_source

_RIVAL_FIELDS = ("title^3", "number^3", "all^2", "text")

RIVAL_FORMS: dict[str, dict[str, Any]] = {
    "best_fields": {"type": "best_fields", "tie_breaker": 0.3, "minimum_should_match": "1"},
    "most_fields": {"type": "most_fields"},
    "cross_fields": {"type": "cross_fields", "operator": "or"},
    "cross_fields 75%": {"type": "cross_fields", "minimum_should_match": "4<75%"},
}
"""Forms of ``multi_match`` in common advice; each rival is measured with the one that serves it best on the dev split."""

Query = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Contender:
    """An index with how it is made, and the queries that may be sent to it by name."""

    name: str
    index: str
    settings: Mapping[str, Any]
    mappings: Mapping[str, Any]
    queries: Mapping[str, Query]


def contenders() -> tuple[Contender, Contender, Contender]:
    """Elasticsearch's ``standard`` analyser, ``icu_folding`` alone, and ours."""
    folding = {"analyzer": {"folding": {"tokenizer": "standard", "filter": ["lowercase", "icu_folding"]}}}
    return (
        _rival("standard", "bench-standard", "standard", {}),
        _rival("icu_folding", "bench-folding", "folding", {"analysis": folding}),
        Contender(
            "ours",
            "bench-ours",
            mapping.settings(),
            mapping.mappings(),
            {"ours": lambda text: query_of(understood(text))},
        ),
    )


def filled(client: Elasticsearch, contender: Contender, papers: Iterable[Paper]) -> None:
    """The contender's index with the same sources as every other; what it had before is gone."""
    client.indices.delete(index=contender.index, ignore_unavailable=True)
    settings = {**contender.settings, "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    settings.pop("auto_expand_replicas", None)
    client.indices.create(index=contender.index, settings=settings, mappings=dict(contender.mappings))
    wanted = None if contender.name == "ours" else ("title", "number", "all", "text")
    helpers.bulk(client.options(request_timeout=120), _actions(contender.index, papers, wanted), chunk_size=400)
    client.indices.refresh(index=contender.index)


def _rival(name: str, index: str, analyzer: str, settings: Mapping[str, Any]) -> Contender:
    field = {"type": "text", "analyzer": analyzer}
    properties = {name.partition("^")[0]: field for name in _RIVAL_FIELDS}

    def form(options: Mapping[str, Any]) -> Query:
        return lambda text: {"multi_match": {"query": text, "fields": list(_RIVAL_FIELDS), **options}}

    queries = {named: form(options) for named, options in RIVAL_FORMS.items()}
    return Contender(name, index, settings, {"dynamic": False, "properties": properties}, queries)


def _actions(index: str, papers: Iterable[Paper], wanted: tuple[str, ...] | None) -> Iterator[dict[str, Any]]:
    for paper in papers:
        source = _source(paper)
        if wanted is not None:
            source = {name: value for name, value in source.items() if name in wanted}
        yield {"_index": index, "_id": paper.id, "_source": source}


def _source(paper: Paper) -> dict[str, Any]:
    """The index document of the paper, made as in the archive: text and the metadata a submission carries."""
    document = IndexableDocument(
        document_id=paper.id,
        path=f"{paper.id}.pdf",
        fields={
            "codeNumber": f"{paper.number:02}",
            "codeNotation": paper.notation,
            "subject": paper.title,
            "organName": paper.issuer,
            "issuedDate": paper.issued.isoformat(),
        },
        sha256="0" * 64,
        size_bytes=len(paper.text),
        text=lambda: paper.text,
        signers=(paper.signer,),
        mode="open",
    )
    aip = IndexableAip(
        paper.id,
        {"fileCode": paper.id, "title": paper.title},
        "H00",
        (document,),
        paper.issuer,
        owner="H00",
        mode="open",
    )
    return document_source(aip, document, 1)
