"""Finding records: what a query asks for, behind the rights of the asker, with counts, groups and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from elasticsearch import NotFoundError

from archive.access.modes import Mode
from search.client import answered
from search.errors import IndexMissingError, IndexRequestError, PageRefusedError, QueryRefusedError
from search.facet_counts import FacetValue, aggregations, condition, counts
from search.hits import SHOWN, SearchHit, hit_of
from search.index import SearchIndex
from search.instants import KEEP_ALIVE, Instants
from search.language import Node, Words, understood
from search.mapping import filterable
from search.matching import highlight_query_of, query_of
from search.page import Position, digest_of, position_of, token_of
from search.visibility import Visible, of_hoso, visible_filter

LARGEST_PAGE = 100
DEEPEST_GROUP = 10_000
"""Groups that can be paged through; ungrouped pages have no end."""

_FRAGMENT_CHARACTERS = 180
_ANALYZED_CHARACTERS = 999_999
_SIBLINGS = 3
_ATTEMPTS = 3


class Sort(StrEnum):
    """The order of what is found; without anything to rank by, RELEVANCE is NEWEST. Ties: newest first, then by id."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Filters:
    """All given ones must hold.

    ``chosen``: by facet (``search.facet_counts.FACETS``), any of the values. ``fields``: exact values by index field, e.g.
    ``{"document.typeName": ("02",)}``. ``kind``: ``hoso`` or ``document``.
    """

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: str | None = None
    aip_id: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def conditions(self, visible: Visible) -> list[dict[str, Any]]:
        """Everything but ``chosen``. Raises QueryRefusedError for a field that holds no exact values."""
        found: list[dict[str, Any]] = []
        if self.kind is not None:
            found.append({"term": {"kind": self.kind}})
        found += [
            {"terms": {name: list(values)}}
            for name, values in (("aip_id", self.aip_id), ("owner", self.owner))
            if values
        ]
        for name, values in self.fields.items():
            if not filterable(name):
                raise QueryRefusedError(f"Không lọc được theo trường «{name}».")
            clause = {"terms": {name: list(values)}}
            found.append(of_hoso(clause, visible) if name.startswith("hoso_id") else clause)
        limits = {"gte": self.issued_from, "lte": self.issued_to}
        given = {name: value.isoformat() for name, value in limits.items() if value is not None}
        return [*found, {"range": {"issued_on": given}}] if given else found

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for filters that let the same through."""
        chosen, fields = (
            sorted((name, sorted(values)) for name, values in given.items()) for given in (self.chosen, self.fields)
        )
        return chosen, self.kind, sorted(self.aip_id), sorted(self.owner), self.issued_from, self.issued_to, fields


@dataclass(frozen=True, slots=True)
class Hits:
    """One page. ``total`` counts the records of all pages, ``restricted_total`` those of them that are hạn chế.

    ``after`` asks for the next page, None when this was the last. ``groups`` counts the hồ sơ when grouped, else None.
    """

    total: int
    hits: tuple[SearchHit, ...]
    after: str | None
    facets: Mapping[str, tuple[FacetValue, ...]]
    restricted_total: int
    groups: int | None = None


def search(
    index: SearchIndex,
    text: str,
    visible: Visible,
    filters: Filters | None = None,
    *,
    size: int = 20,
    after: str | None = None,
    sort: Sort = Sort.RELEVANCE,
    facets: tuple[str, ...] = (),
    group: bool = False,
    highlight: bool = True,
    instants: Instants | None = None,
) -> Hits:
    """The page of records that match ``text`` and that ``visible`` lets through (no text: all that pass ``filters``).

    Nothing in the answer (hits, counts, facets, groups, marks) comes from a record that ``visible`` does not let through.
    Pages follow one another without gap or repetition as of the first page's instant, as long as the next is asked for
    within five minutes; later the order is the same but new records may have come in.

    ``instants``: shared by the searches of a service, so that a first page is one request; else this page has its own.
    ``group``: one hit for each hồ sơ, its best record, with up to three further ones that match. Raises QueryRefusedError
    for a query, filter, facet or ``after`` that cannot be, saying what is wrong, and IndexUnavailableError.
    """
    filters = filters or Filters()
    size = max(1, min(size, LARGEST_PAGE))
    tree = understood(text)
    bound = digest_of(text, filters.key, visible.key, sort.value, group)
    position = position_of(after, bound) if after else None
    body = _body(tree, visible, filters, sort, facets, group=group, highlight=highlight)
    body["size"] = size if group else size + 1
    instants = instants or Instants(index)
    answer, pit = _asked(index, body, position, instants, group=group)
    page = _page(answer, pit, bound, position, visible, size, facets, group=group)
    if page.after is None:
        instants.done(pit)
    return page


def _body(
    tree: Node,
    visible: Visible,
    filters: Filters,
    sort: Sort,
    facets: tuple[str, ...],
    *,
    group: bool,
    highlight: bool,
) -> dict[str, Any]:
    counted = {name: values for name, values in filters.chosen.items() if name in facets and values}
    fixed = [
        condition(name, values, visible) for name, values in filters.chosen.items() if name not in counted and values
    ]
    body: dict[str, Any] = {
        "query": {
            "bool": {
                "must": [query_of(tree, visible)],
                "filter": [visible_filter(visible), *filters.conditions(visible), *fixed],
            }
        },
        "sort": _order(sort, browsing=tree == Words("")),
        "track_total_hits": True,
        "_source": list(SHOWN),
    }
    chosen = [condition(name, values, visible) for name, values in counted.items()]
    if chosen:
        body["post_filter"] = {"bool": {"filter": chosen}}
    aggs = aggregations(facets, counted, visible)
    if visible.some_restricted:
        aggs["restricted"] = {"filter": {"bool": {"filter": [{"term": {"mode": str(Mode.RESTRICTED)}}, *chosen]}}}
    marked = highlight_query_of(tree) if highlight else None
    if marked is not None:
        body["highlight"] = _highlight(marked)
    if group:
        body["collapse"] = {"field": "aip_id", "inner_hits": _siblings(body["sort"])}
        files: dict[str, Any] = {"cardinality": {"field": "aip_id", "precision_threshold": DEEPEST_GROUP}}
        aggs["groups"] = {"filter": {"bool": {"filter": chosen}}, "aggs": {"files": files}}
    if aggs:
        body["aggs"] = aggs
    return body


def _page(
    answer: Mapping[str, Any],
    pit: str,
    bound: str,
    position: Position | None,
    visible: Visible,
    size: int,
    facets: tuple[str, ...],
    *,
    group: bool,
) -> Hits:
    rows = answer["hits"]["hits"]
    told = answer.get("aggregations", {})
    groups = int(told["groups"]["files"]["value"]) if group else None
    following: Position | None = None
    if group:
        shown = (position.offset if position else 0) + len(rows)
        if len(rows) == size and shown + size <= DEEPEST_GROUP:
            following = Position(bound, pit, (), shown)
    elif len(rows) > size:
        following = Position(bound, pit, tuple(rows[size - 1]["sort"]))
    return Hits(
        answer["hits"]["total"]["value"],
        tuple(hit_of(row, visible) for row in rows[:size]),
        token_of(following) if following is not None else None,
        counts(facets, told),
        int(told["restricted"]["doc_count"]) if "restricted" in told else 0,
        groups,
    )


def _asked(
    index: SearchIndex, body: Mapping[str, Any], position: Position | None, instants: Instants, *, group: bool
) -> tuple[Mapping[str, Any], str]:
    request = dict(body)
    if position is not None:
        request |= {"from": position.offset} if group else {"search_after": list(position.sort)}
        try:
            return _at(index, request, position.pit)
        except NotFoundError:
            pass  # the instant of the first page is gone; the same order as of now
        except IndexRequestError as error:
            raise PageRefusedError(
                "Vị trí trang không thuộc câu tìm kiếm này.", remedy="Tìm lại từ trang đầu.", detail=error.detail
            ) from error
    for _ in range(_ATTEMPTS):
        pit = instants.current()
        try:
            return _at(index, request, pit)
        except NotFoundError:
            instants.gone(pit)  # the index was replaced by a fresh one, or its server started anew
    raise IndexMissingError("Chỉ mục tìm kiếm đang được thay thế.", remedy="Hãy tìm lại sau ít giây.")


def _at(index: SearchIndex, request: dict[str, Any], pit: str) -> tuple[Mapping[str, Any], str]:
    """Asks as of one instant. NotFoundError alone passes untranslated: the instant is gone, or never was."""
    with answered():
        try:
            answer = index.client.search(body={**request, "pit": {"id": pit, "keep_alive": KEEP_ALIVE}})
        except NotFoundError as error:
            gone = error
        else:
            return answer.body, str(answer["pit_id"])
    raise gone


def _order(sort: Sort, *, browsing: bool) -> list[dict[str, Any]]:
    newest = {"issued_on": {"order": "desc", "missing": "_last"}}
    by_id = {"id": {"order": "asc"}}
    if sort is Sort.RELEVANCE and not browsing:
        return [{"_score": {"order": "desc"}}, newest, by_id]
    if sort is Sort.OLDEST:
        return [{"issued_on": {"order": "asc", "missing": "_last"}}, by_id]
    if sort is Sort.TITLE:
        return [{"title.key": {"order": "asc", "missing": "_last"}}, newest, by_id]
    if sort is Sort.NUMBER:
        return [{"number_order": {"order": "asc", "missing": "_last"}}, newest, by_id]
    return [newest, by_id]


def _siblings(sort: list[dict[str, Any]]) -> dict[str, Any]:
    """The best records of one hồ sơ under the same query; one more than shown, since the hit itself is among them."""
    return {"name": "siblings", "size": _SIBLINGS + 1, "sort": sort, "_source": list(SHOWN)}


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
