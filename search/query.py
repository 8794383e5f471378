"""Finding records: with and without diacritics, what matches with them first; phrases; numbers in any spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from elasticsearch import NotFoundError

from search.client import answered
from search.errors import IndexRequestError, QueryRefusedError
from search.index import SearchIndex
from search.mapping import filterable
from search.page import Position, position_of, token_of
from search.question import highlighted_query, parsed, score_query

LARGEST_PAGE = 100
_KEEP_ALIVE = "5m"
_FRAGMENT_CHARACTERS = 180
_ANALYZED_CHARACTERS = 999_999


@dataclass(frozen=True, slots=True)
class Filters:
    """All given ones must hold. ``fields`` are exact values by index field, e.g. ``{"document.typeName": ("02",)}``."""

    kind: str | None = None
    agency: str | None = None
    aip_id: str | None = None
    hoso_id: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One record. ``highlights``: by field, HTML-escaped text in which only ``<mark>`` and ``</mark>`` are markup."""

    kind: str
    aip_id: str
    document_id: str | None
    path: str | None
    title: str
    number: str
    issued_on: str | None
    agency: str
    issuer: str
    verdict: str | None
    score: float
    highlights: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page. ``total`` counts all pages; ``after`` asks for the next one, None when this was the last."""

    total: int
    hits: tuple[SearchHit, ...]
    after: str | None


def search(
    index: SearchIndex, text: str, filters: Filters | None = None, *, size: int = 20, after: str | None = None
) -> Hits:
    """The page of records that match ``text`` (nothing to match: all that pass ``filters``, newest first).

    Pages follow one another without gap or repetition as of the first page's instant, as long as the next is asked for
    within five minutes; later the order is the same but new records may have come in. Any text may be asked: there is
    no query syntax to get wrong, only "…" for a phrase. Raises QueryRefusedError for a filter field or an ``after``
    that does not exist, and IndexUnavailableError.
    """
    size = max(1, min(size, LARGEST_PAGE))
    question = parsed(text)
    body = {
        "query": {"bool": {"must": [score_query(question)], "filter": _conditions(filters or Filters())}},
        "sort": _order(question.empty),
        "size": size + 1,
        "track_total_hits": True,
        "_source": {"excludes": ["text", "all", "hoso", "document"]},
        "highlight": _highlight(highlighted_query(question)),
    }
    position = position_of(after) if after else None
    answer, pit = _asked(index, body, position)
    rows = answer["hits"]["hits"]
    more = len(rows) > size
    if not more:
        _forget(index, pit)
    return Hits(
        answer["hits"]["total"]["value"],
        tuple(_hit(row) for row in rows[:size]),
        token_of(Position(pit, tuple(rows[size - 1]["sort"]))) if more else None,
    )


def _asked(index: SearchIndex, body: Mapping[str, Any], position: Position | None) -> tuple[Mapping[str, Any], str]:
    request = dict(body)
    if position is not None:
        request["search_after"] = list(position.sort)
        try:
            return _at(index, request, position.pit)
        except NotFoundError:
            pass  # the instant of the first page is gone; the same order as of now
        except IndexRequestError as error:
            raise QueryRefusedError(
                "Vị trí trang không thuộc câu tìm kiếm này.", remedy="Tìm lại từ trang đầu.", detail=error.detail
            ) from error
    with answered():
        pit = str(index.client.open_point_in_time(index=index.alias, keep_alive=_KEEP_ALIVE)["id"])
    try:
        return _at(index, request, pit)
    except NotFoundError:
        raise QueryRefusedError("Chỉ mục vừa được thay thế; hãy tìm lại.") from None


def _at(index: SearchIndex, request: dict[str, Any], pit: str) -> tuple[Mapping[str, Any], str]:
    """Asks as of one instant. NotFoundError alone passes untranslated: the instant is gone, or never was."""
    with answered():
        try:
            answer = index.client.search(body={**request, "pit": {"id": pit, "keep_alive": _KEEP_ALIVE}})
        except NotFoundError as error:
            gone = error
        else:
            return answer.body, str(answer["pit_id"])
    raise gone


def _forget(index: SearchIndex, pit: str) -> None:
    with answered():
        index.client.options(ignore_status=404).close_point_in_time(id=pit)


def _order(browsing: bool) -> list[dict[str, Any]]:
    by_id = {"id": {"order": "asc"}}
    if browsing:
        return [{"issued_on": {"order": "desc", "missing": "_last"}}, by_id]
    return [{"_score": {"order": "desc"}}, by_id]


def _conditions(filters: Filters) -> list[dict[str, Any]]:
    exact = {
        "kind": filters.kind,
        "agency.key": filters.agency,
        "aip_id": filters.aip_id,
        "hoso_id.key": filters.hoso_id,
    }
    conditions: list[dict[str, Any]] = [{"term": {name: value}} for name, value in exact.items() if value is not None]
    for name, values in filters.fields.items():
        if not filterable(name):
            raise QueryRefusedError(f"Không lọc được theo trường «{name}».")
        conditions.append({"terms": {name: list(values)}})
    limits = {"gte": filters.issued_from, "lte": filters.issued_to}
    given = {name: value.isoformat() for name, value in limits.items() if value is not None}
    if given:
        conditions.append({"range": {"issued_on": given}})
    return conditions


def _highlight(query: dict[str, Any]) -> dict[str, Any]:
    def both(name: str, **options: Any) -> dict[str, Any]:
        return {"matched_fields": [name, f"{name}.folded"], "highlight_query": query, **options}

    fragments = {"fragment_size": _FRAGMENT_CHARACTERS, "number_of_fragments": 2}
    return {
        "encoder": "html",  # the text is escaped by the server, so the two tags are the only markup
        "pre_tags": ["<mark>"],
        "post_tags": ["</mark>"],
        "require_field_match": True,
        "max_analyzed_offset": _ANALYZED_CHARACTERS,
        "fields": {
            "title": both("title", number_of_fragments=0),
            "text": both("text", **fragments),
            "all": both("all", **fragments),
        },
    }


def _hit(row: Mapping[str, Any]) -> SearchHit:
    source = row["_source"]
    marked = row.get("highlight", {})
    return SearchHit(
        kind=source["kind"],
        aip_id=source["aip_id"],
        document_id=source.get("document_id"),
        path=source.get("path"),
        title=source.get("title", ""),
        number=source.get("number", ""),
        issued_on=source.get("issued_on"),
        agency=source.get("agency", ""),
        issuer=source.get("issuer", ""),
        verdict=source.get("verdict"),
        score=float(row.get("_score") or 0.0),
        highlights={name: tuple(fragments) for name, fragments in marked.items()},
    )
