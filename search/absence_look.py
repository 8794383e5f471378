"""Looking in the search index for what was destroyed: by id, by the words it was known by, and for what deletions leave."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from archive.absence.looking import Looked, Sought, Trace
from archive.absence.patterns import Needle
from archive.catalogue.pieces import pieces
from archive.errors import LuutruError
from search.client import answered
from search.index import SearchIndex

_AT_ONCE = 500
_QUESTIONS_AT_ONCE = 100


class IndexUnprovenError(LuutruError):
    """The index keeps what cannot be looked into."""

    code = "search.absence-unproven"


class IndexLook:
    """Every index of this archive. What was deleted and still lies in its files, and snapshots, prove nothing."""

    name = "index"

    def __init__(self, index: Callable[[], SearchIndex]) -> None:
        self._index = index

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        index = self._index()
        name = f"{index.alias}-*"
        with answered():
            index.client.indices.refresh(index=name, allow_no_indices=True)
            looked.objects = int(index.client.count(index=name, allow_no_indices=True)["count"])
        yield from self._by_id(index, name, sought)
        yield from self._by_words(index, name, sought)
        self._require_no_remains(index, name)

    def _by_id(self, index: SearchIndex, name: str, sought: Sought) -> Iterator[Trace]:
        ids = sorted(sought.names)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            either = [{"terms": {"aip_id": some}}, {"terms": {"sha256": some}}]
            with answered():
                found: Any = index.client.search(
                    index=name,
                    query={"bool": {"should": either}},
                    size=_AT_ONCE,
                    allow_partial_search_results=False,
                    source={"includes": ["aip_id", "sha256"]},
                    allow_no_indices=True,
                )
            for hit in found["hits"]["hits"]:
                value = hit["_source"].get("aip_id")
                if value in sought.names:
                    yield Trace(self.name, hit["_id"], "name", sought.names[value])
                elif not sought.living(str(value)):
                    yield Trace(self.name, hit["_id"], "name", sought.names.get(str(hit["_source"].get("sha256")), ""))

    def _by_words(self, index: SearchIndex, name: str, sought: Sought) -> Iterator[Trace]:
        """Index documents that contain the words, whoever they say they are of. The same words are asked for once."""
        needles: dict[str, Needle] = {}
        for needle in sought.searcher.needles:
            if needle.kind == "text" and (words := _words(needle.data)):
                needles.setdefault(words, needle)
        for some in pieces(needles, _QUESTIONS_AT_ONCE):
            for words, answer in zip(some, self._answers(index, name, some), strict=True):
                needle = needles[words]
                for hit in answer["hits"]["hits"]:
                    owner = str(hit["_source"].get("aip_id"))
                    living = owner if sought.living(owner) else ""
                    yield Trace(self.name, hit["_id"], "text", needle.about, 0, living, needle)

    def _answers(self, index: SearchIndex, name: str, some: Sequence[str]) -> Sequence[Any]:
        """To each of these words one whole answer. Raises IndexUnprovenError for one that is none."""
        searches: list[dict[str, Any]] = []
        for words in some:
            searches += [
                {"allow_partial_search_results": False},
                {
                    "query": {"multi_match": {"query": words, "type": "phrase", "fields": ["*"], "lenient": True}},
                    "size": 20,
                    "_source": ["aip_id"],
                },
            ]
        with answered():
            found: Any = index.client.msearch(index=name, searches=searches, allow_no_indices=True)
        for answer in found["responses"]:
            if "error" in answer:
                raise IndexUnprovenError(
                    "Máy chủ chỉ mục không trả lời được khi tìm nội dung đã hủy.",
                    remedy="Xem nhật ký của Elasticsearch, rồi kiểm chứng lại.",
                    detail=str(answer["error"].get("type")),
                )
        return list(found["responses"])

    def _require_no_remains(self, index: SearchIndex, name: str) -> None:
        with answered():
            stats: Any = index.client.indices.stats(index=name, metric=["docs", "translog"])
            repositories: Any = index.client.snapshot.get_repository(name="*")
        docs = stats["_all"]["primaries"].get("docs", {})
        if docs.get("deleted", 0):
            raise IndexUnprovenError("Chỉ mục còn giữ văn bản đã xóa trong tệp của nó.", detail=str(docs))
        if dict(repositories):
            raise IndexUnprovenError(
                "Máy chủ chỉ mục có kho ảnh chụp (snapshot), không xem được bên trong.",
                remedy="Xóa các ảnh chụp cũ của chỉ mục này, hoặc gỡ kho ảnh chụp, rồi kiểm chứng lại.",
                detail=", ".join(dict(repositories)),
            )


def _words(data: bytes) -> str:
    """The words as people write them; empty for the escapes of other formats, which an index never has."""
    try:
        words = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    escaped = "\0" in words or "\\u" in words or "%" in words
    return "" if escaped or unicodedata.normalize("NFC", words) != words else words
