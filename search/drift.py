"""The index compared with the catalogue: by counts, by digest, and by name where they differ; and put right.

Both sides are read as streams in the order of the AIPs and summed up AIP by AIP: the number of index documents and the
sum of their SHA-256. Only where the sums differ are the index documents looked at one by one, as of then, so that what
merely came in during the comparison is no difference. Memory is that of the largest hồ sơ's digests.

Compared is everything of an index document but the number of the ledger record it was made at, and the words of its
text: of a text only that it is there, or where it may not be, that it is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from search.errors import TextUnavailableError, UnknownFieldError
from search.index import SearchIndex
from search.indexer import Followed, Follower
from search.record import (
    RESTRICTED,
    IndexableAip,
    IndexableDocument,
    document_metadata,
    fallback_source,
    hoso_source,
)

NAMED = 100
"""How many AIPs and how many ids of each a drift names; beyond it they are counted."""

_APART = frozenset({"ledger_seq", "text", "text_state", "fault"})
_PAGE = 1000
_TEXT_PAGE = 20
_MODULUS = 1 << 256


class Held(Protocol):
    """What the archive says should be found.

    ``aips``: all that are searchable, ascending by id; their texts are not asked for. Their documents may raise
    TextUnavailableError when what the package says of them cannot be read now.
    """

    def aips(self) -> Iterator[IndexableAip]: ...

    def aip(self, aip_id: str) -> IndexableAip | None: ...


@dataclass(frozen=True, slots=True)
class Sum:
    """Any number of index documents, whatever their order: how many of each kind, and the sum of their digests."""

    hoso: int = 0
    documents: int = 0
    total: int = 0

    def plus(self, other: Sum) -> Sum:
        return Sum(self.hoso + other.hoso, self.documents + other.documents, (self.total + other.total) % _MODULUS)

    @property
    def digest(self) -> str:
        return f"{self.total:064x}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One AIP about which the two do not agree: ids of index documents, at most ``NAMED`` of each; ``count`` of all."""

    aip_id: str
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    differing: tuple[str, ...]
    count: int


@dataclass(slots=True)
class Drift:
    """What a comparison found. ``more``: AIPs that differ or may differ beyond those named in ``differences``.

    ``unread``: AIPs (at most ``NAMED``) that could not be compared, since no copy of their package could be read.
    """

    held: Sum = field(default_factory=Sum)
    indexed: Sum = field(default_factory=Sum)
    differences: list[Difference] = field(default_factory=list)
    more: int = 0
    unread: list[str] = field(default_factory=list)

    @property
    def level(self) -> bool:
        return not self.differences and not self.unread

    @property
    def aip_ids(self) -> tuple[str, ...]:
        """The AIPs named as differing, which ``repair`` puts right."""
        return tuple(item.aip_id for item in self.differences)

    @property
    def remedy(self) -> str:
        """What a person should do about it; empty when there is nothing to do."""
        if self.more:
            return "Dựng lại chỉ mục: «luutru reindex»."
        if self.differences:
            return "Lập lại chỉ mục cho các hồ sơ đã nêu; nếu lần sau vẫn lệch, dựng lại chỉ mục: «luutru reindex»."
        return "Kiểm tra kho lưu trữ: «luutru fsck»." if self.unread else ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The index documents of one AIP, summed. ``doubtful``: some must be looked at whatever the sums say."""

    aip_id: str
    sum: Sum
    doubtful: bool = False
    readable: bool = True


def drift(
    held: Held, index: SearchIndex, follower: Follower, *, progress: Callable[[int], None] = lambda aips: None
) -> Drift:
    """How the index differs from what is held, after following the ledger to its end.

    ``progress`` hears how many AIPs were compared. Raises IndexUnavailableError (and RebuildRunningError, as ``follow``
    does): a comparison that could not be made is no answer.
    """
    follower.follow()
    found = Drift()
    suspected: list[str] = _with_wrong_texts(index)
    for number, (expected, seen) in enumerate(_together(_held(held), _indexed(index)), 1):
        if not expected.readable:
            found.unread += [expected.aip_id] if len(found.unread) < NAMED else []
            continue
        found.held, found.indexed = found.held.plus(expected.sum), found.indexed.plus(seen.sum)
        if seen.doubtful or expected.sum != seen.sum:
            suspected.append(expected.aip_id)
        if number % _PAGE == 0:
            progress(number)
            suspected = _settled(found, suspected, held, index, follower)
    _settled(found, suspected, held, index, follower)
    return found


def repair(drifted: Drift, index: SearchIndex, follower: Follower) -> Followed:
    """The named AIPs made level with the archive: what is wrong deleted, then all of each written anew."""
    generation = index.ensure()
    for item in drifted.differences:
        if item.count > NAMED:
            index.remove(generation, item.aip_id)
        else:
            index.delete(generation, [*item.extra, *item.differing])
    return follower.reindex(drifted.aip_ids)


# -- looked at one by one -----------------------------------------------------------------------------------------------


def _settled(found: Drift, suspected: Sequence[str], held: Held, index: SearchIndex, follower: Follower) -> list[str]:
    """Looks at each suspected AIP as it is now; returns the list of those still to be looked at, which is empty."""
    if suspected:
        follower.follow()
    for aip_id in dict.fromkeys(suspected):
        if len(found.differences) >= NAMED:
            found.more += 1
        elif (difference := _difference(aip_id, held, index)) is not None:
            found.differences.append(difference)
    return []


def _difference(aip_id: str, held: Held, index: SearchIndex) -> Difference | None:
    aip = held.aip(aip_id)
    expected = {} if aip is None else {key: digests for key, digests in _expected(aip)}
    seen: dict[str, tuple[int, bool]] = {}
    for source in _sources(index, {"term": {"aip_id": aip_id}}, text=True):
        seen[source["id"]] = (_digest(source), "fault" in source)
        if _text_is_wrong(source):
            seen[source["id"]] = (-1, False)
    missing = [key for key in expected if key not in seen]
    extra = [key for key in seen if key not in expected]
    differing = [
        key for key, (digest, faulty) in seen.items() if key in expected and digest != expected[key][1 if faulty else 0]
    ]
    count = len(missing) + len(extra) + len(differing)
    if not count:
        return None
    return Difference(aip_id, tuple(missing[:NAMED]), tuple(extra[:NAMED]), tuple(differing[:NAMED]), count)


def _expected(aip: IndexableAip) -> Iterator[tuple[str, tuple[int, int]]]:
    """By id: the digest of the index document there should be, and that of the minimal one in the place of a refused."""
    number = 0
    for document in aip.documents:
        fallback = fallback_source(aip, document, 0, "")
        yield fallback["id"], (_digest(_made(aip, document)), _digest(fallback))
        number += 1
    fallback = fallback_source(aip, None, 0, "")
    yield fallback["id"], (_digest(_made(aip, None, number)), _digest(fallback))


# -- summed up ----------------------------------------------------------------------------------------------------------


def _held(held: Held) -> Iterator[_Seen]:
    for aip in held.aips():
        total = number = 0
        try:
            for document in aip.documents:
                total += _digest(_made(aip, document))
                number += 1
        except TextUnavailableError:
            yield _Seen(aip.aip_id, Sum(), readable=False)
            continue
        yield _Seen(aip.aip_id, Sum(1, number, (total + _digest(_made(aip, None, number))) % _MODULUS))


def _indexed(index: SearchIndex) -> Iterator[_Seen]:
    for aip_id, sources in groupby(_sources(index, {"match_all": {}}), lambda source: str(source.get("aip_id", ""))):
        hoso = documents = total = 0
        doubtful = False
        for source in sources:
            hoso += source.get("kind") == "hoso"
            documents += source.get("kind") == "document"
            total += _digest(source)
            doubtful |= "fault" in source
        yield _Seen(aip_id, Sum(hoso, documents, total % _MODULUS), doubtful)


def _together(left: Iterator[_Seen], right: Iterator[_Seen]) -> Iterator[tuple[_Seen, _Seen]]:
    """Both sides of each AIP that either has; an empty sum where one has nothing."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        aip_id = min(item.aip_id for item in (one, other) if item is not None)
        ours = one if one is not None and one.aip_id == aip_id else None
        theirs = other if other is not None and other.aip_id == aip_id else None
        yield ours or _Seen(aip_id, Sum()), theirs or _Seen(aip_id, Sum())
        one = _following(left, aip_id) if ours else one
        other = _following(right, aip_id) if theirs else other


def _following(items: Iterator[_Seen], after: str) -> _Seen | None:
    item = next(items, None)
    if item is not None and item.aip_id <= after:
        raise ValueError(f"AIPs out of order: {item.aip_id} behind {after}")
    return item


def _made(aip: IndexableAip, document: IndexableDocument | None, documents: int = 0) -> dict[str, Any]:
    try:
        return hoso_source(aip, documents, 0) if document is None else document_metadata(aip, document, 0)
    except UnknownFieldError:
        return fallback_source(aip, document, 0, "")


def _digest(source: Mapping[str, Any]) -> int:
    kept = {name: value for name, value in source.items() if name not in _APART and value not in (None, "", [], {}, ())}
    written = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(written.encode()).digest())


# -- what the index has -------------------------------------------------------------------------------------------------


def _sources(index: SearchIndex, query: Mapping[str, Any], *, text: bool = False) -> Iterator[Mapping[str, Any]]:
    """Index documents by AIP; ``text``: with a first look at their texts, so fewer at a time."""
    source: Any = True if text else {"excludes": ["text"]}
    order = [{"aip_id": "asc"}, {"id": "asc"}]
    for hit in index.scan(query, sort=order, source=source, page=_TEXT_PAGE if text else _PAGE):
        yield {**hit["_source"], "id": hit["_id"]}


def _with_wrong_texts(index: SearchIndex) -> list[str]:
    """AIPs that seem to have a text where there may be none, or none where there should be one."""
    has_text = {"exists": {"field": "text"}}
    restricted: list[dict[str, Any]] = [{"term": {"kind": "document"}}, {"term": {"mode": RESTRICTED}}]
    without = {"terms": {"text_state": [RESTRICTED, "refused"]}}
    whole = {"terms": {"text_state": ["whole", "truncated"]}}
    wrong = [
        {"bool": {"filter": restricted, "must_not": [without]}},
        {"bool": {"filter": [without, has_text]}},
        {"bool": {"filter": [whole], "must_not": [has_text]}},
    ]
    found: dict[str, None] = {}
    for hit in index.scan({"bool": {"should": wrong}}, sort=[{"aip_id": "asc"}, {"id": "asc"}], source=["aip_id"]):
        found[hit["_source"]["aip_id"]] = None
    return list(found)


def _text_is_wrong(source: Mapping[str, Any]) -> bool:
    state = source.get("text_state")
    if source.get("mode") == RESTRICTED and source.get("kind") == "document" and state not in (RESTRICTED, "refused"):
        return True
    return ("text" in source) != (state in ("whole", "truncated"))
