"""What may be meant while somebody types: titles, numbers, issuers and signers of records the asker may know of.

Answered by an ordinary search behind the filter of rights. The suggesters of the index are not used: they answer from all
its terms, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from search import notation
from search.client import answered
from search.index import SearchIndex
from search.visibility import Place, Visible, visible_filter

LONGEST_TEXT = 200
MOST_SUGGESTIONS = 20
_LOOKED_THROUGH = 30
_NAMES = 100
_MOST_WORDS = 12
_PLACE = ("aip_id", "document_id")


class SuggestionKind(StrEnum):
    TITLE = "title"
    NUMBER = "number"
    ISSUER = "issuer"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``text`` as it stands in the records; ``query`` finds them. ``count`` of records, for issuers and signers.

    ``place``: one of the records it stands in, so that its being told can be judged like that of a record.
    """

    kind: SuggestionKind
    text: str
    query: str
    place: Place
    count: int | None = None


def suggestions(index: SearchIndex, text: str, visible: Visible, *, size: int = 8) -> tuple[Suggestion, ...]:
    """Up to ``size`` completions of ``text``, in which every word typed begins a word; none for nothing typed.

    With or without diacritics; what has them as typed comes first, then numbers, issuers, signers, titles in turn.
    Raises IndexUnavailableError.
    """
    typed = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")[:LONGEST_TEXT]
    words = notation.tokens(typed)[:_MOST_WORDS]
    size = max(1, min(size, MOST_SUGGESTIONS))
    if not words:
        return ()
    with answered():
        answer = index.client.search(index=index.alias, body=_body(typed, words, visible)).body
    found = list(_candidates(answer, words))
    return tuple(_in_turn(found, typed))[:size]


def _body(typed: str, words: tuple[str, ...], visible: Visible) -> dict[str, Any]:
    *whole, begun = words
    numbers = [{"term": {"number_tokens": item}} for item in whole if item != "so"]
    ways: list[dict[str, Any]] = [
        {"match_bool_prefix": {"suggest": {"query": typed, "operator": "and"}}},
        {"match_phrase_prefix": {"suggest": {"query": typed, "boost": 4}}},
        {"constant_score": {"filter": {"bool": {"filter": [*numbers, {"prefix": {"number_tokens": begun}}]}}}},
    ]
    return {
        "query": {"bool": {"must": [{"dis_max": {"queries": ways}}], "filter": [visible_filter(visible)]}},
        "size": _LOOKED_THROUGH,
        "sort": [{"_score": "desc"}, {"issued_on": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
        "_source": ["title", "number", *_PLACE],
        "track_total_hits": False,
        "aggs": {"issuer": _names("issuer"), "signer": _names("signers")},
    }


def _names(field: str) -> dict[str, Any]:
    """The names in ``field`` of what matches, the most frequent first, each with one record it stands in."""
    one = {"top_hits": {"size": 1, "_source": list(_PLACE), "sort": ["_doc"]}}
    return {
        "terms": {"field": field, "size": _NAMES, "collect_mode": "breadth_first"},
        "aggs": {"place": one},
    }


def _place(source: Mapping[str, Any]) -> Place:
    document = source.get("document_id")
    return str(source["aip_id"]), None if document is None else int(document)


def _candidates(answer: Mapping[str, Any], words: tuple[str, ...]) -> Iterator[Suggestion]:
    rows = [row["_source"] for row in answer["hits"]["hits"]]
    parts = words[1:] if words[0] == "so" and len(words) > 1 else words
    for row in rows:
        if _fits(row.get("number", ""), parts):
            yield Suggestion(SuggestionKind.NUMBER, row["number"], f'so:"{_unquoted(row["number"])}"', _place(row))
    for kind, name in ((SuggestionKind.ISSUER, "co-quan"), (SuggestionKind.SIGNER, "nguoi-ky")):
        for bucket in answer["aggregations"][kind]["buckets"]:
            if _fits(bucket["key"], words):
                query = f'{name}:"{_unquoted(bucket["key"])}"'
                (row,) = bucket["place"]["hits"]["hits"]
                yield Suggestion(kind, bucket["key"], query, _place(row["_source"]), bucket["doc_count"])
    for row in rows:
        if _fits(row.get("title", ""), words):
            yield Suggestion(SuggestionKind.TITLE, row["title"], f'tieu-de:"{_unquoted(row["title"])}"', _place(row))


def _fits(text: str, words: tuple[str, ...]) -> bool:
    """Whether every word typed begins a word of ``text`` (the index matched the record, maybe by another of its texts)."""
    own = notation.tokens(text)
    return all(any(item.startswith(word) for item in own) for word in words)


def _in_turn(found: Iterable[Suggestion], typed: str) -> Iterator[Suggestion]:
    """Without doubles: those that have the text as typed before the others, in both parts one of each kind in turn."""
    distinct = {(item.kind, item.text): item for item in reversed(list(found))}
    ordered = list(reversed(distinct.values()))
    spoken = " ".join(typed.casefold().split())
    for part in (True, False):
        queues = [
            [item for item in ordered if item.kind is kind and (spoken in item.text.casefold()) is part]
            for kind in (SuggestionKind.NUMBER, SuggestionKind.ISSUER, SuggestionKind.SIGNER, SuggestionKind.TITLE)
        ]
        while any(queues):
            for queue in queues:
                if queue:
                    yield queue.pop(0)


def _unquoted(text: str) -> str:
    return " ".join("".join(" " if character in '"“”„«»' else character for character in text).split())
