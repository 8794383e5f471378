"""What stands near a record: others like it, and those that lie in the same hồ sơ."""

from __future__ import annotations

from typing import Any

from archive.access.modes import Mode
from search.client import answered
from search.errors import SearchError
from search.hits import SHOWN, SearchHit, hit_of
from search.index import SearchIndex
from search.query import LARGEST_PAGE, Filters, Hits, Sort, search
from search.record import index_id
from search.visibility import Visible, visible_filter

_METADATA = ("title.pairs", "title")
_CONTENT = ("text.pairs",)
_MOST_TERMS = 25


class RecordUnknownError(SearchError):
    """The index has no such record, or the asker may not know of it; which of the two is not said."""

    code = "search.record-unknown"


def similar(
    index: SearchIndex, aip_id: str, document_id: str | None, visible: Visible, *, size: int = 10
) -> tuple[SearchHit, ...]:
    """Records of the same kind most like this one (``document_id`` None: the hồ sơ), the likest first, never itself.

    Of a restricted record only the title is compared, whatever the index holds. Raises RecordUnknownError for a record
    that ``visible`` does not let through.
    """
    seed = _seed(index, index_id(aip_id, document_id), visible)
    names = _METADATA if seed["_source"].get("mode") == Mode.RESTRICTED else (*_METADATA, *_CONTENT)
    like = {
        "more_like_this": {
            "fields": list(names),
            "like": [{"_index": seed["_index"], "_id": seed["_id"]}],
            "min_term_freq": 1,
            "min_doc_freq": 2,
            "max_query_terms": _MOST_TERMS,
            "minimum_should_match": "20%",
        }
    }
    same_kind = {"term": {"kind": seed["_source"]["kind"]}}
    body: dict[str, Any] = {
        "query": {
            "bool": {
                "must": [like],
                "filter": [visible_filter(visible), same_kind],
                "must_not": [{"term": {"id": seed["_source"]["id"]}}],
            }
        },
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "size": max(1, min(size, LARGEST_PAGE)),
        "track_total_hits": False,
        "_source": list(SHOWN),
    }
    with answered():
        rows = index.client.search(index=index.alias, body=body)["hits"]["hits"]
    return tuple(hit_of(row, visible) for row in rows)


def siblings(index: SearchIndex, aip_id: str, visible: Visible, *, size: int = 20, after: str | None = None) -> Hits:
    """The documents of the hồ sơ that ``visible`` lets through, by number, a page at a time; none for an unknown one."""
    filters = Filters(kind="document", aip_id=(aip_id,))
    return search(index, "", visible, filters, size=size, after=after, sort=Sort.NUMBER, highlight=False)


def _seed(index: SearchIndex, identity: str, visible: Visible) -> dict[str, Any]:
    body = {
        "query": {"bool": {"filter": [{"term": {"id": identity}}, visible_filter(visible)]}},
        "size": 1,
        "_source": ["id", "kind", "mode"],
    }
    with answered():
        rows = index.client.search(index=index.alias, body=body)["hits"]["hits"]
    if not rows:
        raise RecordUnknownError("Không có hồ sơ, tài liệu này trong chỉ mục.")
    return dict(rows[0])
