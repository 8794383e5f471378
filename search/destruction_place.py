"""The search index as a place of destruction: out of every index there is, and out of the files deletions leave behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archive.catalogue.destruction_model import ItemState
from archive.destruction.place import Outcome, Subject, each, tried
from search.client import answered
from search.errors import RemovalUnprovenError
from search.index import SearchIndex

_TRIES, _PAUSE_SECONDS = 60, 0.5


class IndexPlace:
    """Index documents of a hồ sơ, in the live index, one being rebuilt, and those not yet swept.

    ``index``: asked for anew each time; it raises SearchError while there is none.
    """

    name = "index"

    def __init__(self, index: Callable[[], SearchIndex]) -> None:
        self._index = index

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        try:
            index = self._index()
        except Exception as error:
            return _unreachable(subjects, error)
        return each(subjects, lambda subject: _remove(index, subject))

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        own = {package.aip_id: subject.file_id for subject in subjects for package in subject.packages}
        found = aips_in(self._index(), list(own))
        return frozenset(own[aip_id] for aip_id in found)


def _remove(index: SearchIndex, subject: Subject) -> None:
    for package in subject.packages:
        index.remove_aip(package.aip_id)


def _unreachable(subjects: Sequence[Subject], error: Exception) -> dict[str, Outcome]:
    from archive.errors import LuutruError

    if not isinstance(error, LuutruError):
        raise error
    outcome = Outcome(ItemState.UNREACHABLE, f"{error.code}: {error.message}")
    return {subject.file_id: outcome for subject in subjects}


def aips_in(index: SearchIndex, aip_ids: Sequence[str]) -> set[str]:
    """Those of these packages that any index of this archive has an entry of."""
    name = f"{index.alias}-*"
    with answered():
        index.client.indices.refresh(index=name, allow_no_indices=True)
        answer = index.client.search(
            index=name,
            query={"terms": {"aip_id": list(aip_ids)}},
            size=0,
            aggs={"aips": {"terms": {"field": "aip_id", "size": len(aip_ids)}}},
            allow_no_indices=True,
        )
    aggregated: Any = answer.get("aggregations", {})
    return {bucket["key"] for bucket in aggregated.get("aips", {}).get("buckets", ())}


class IndexFiles:
    """Segments written anew without what was deleted, and the log of writes cut off: once for a round."""

    name = "index-files"

    def __init__(self, index: Callable[[], SearchIndex], sleep: Callable[[float], None] = time.sleep) -> None:
        self._index = index
        self._sleep = sleep

    def finish(self, round_id: str) -> Outcome:
        return tried(self._merge)

    def _merge(self) -> None:
        index = self._index()
        name = f"{index.alias}-*"
        for _ in range(_TRIES):
            with answered():
                index.client.indices.flush(index=name, force=True, wait_if_ongoing=True, allow_no_indices=True)
                index.client.indices.forcemerge(index=name, max_num_segments=1, allow_no_indices=True)
                index.client.indices.flush(index=name, force=True, wait_if_ongoing=True, allow_no_indices=True)
            if not deleted_in(index):
                return
            self._sleep(_PAUSE_SECONDS)
        raise RemovalUnprovenError("Chỉ mục tìm kiếm còn giữ văn bản đã xóa trong tệp của nó.", remedy="Thử lại sau.")


def deleted_in(index: SearchIndex) -> int:
    """How many index documents were deleted and still lie in segments, or in the log of writes."""
    with answered():
        stats: Any = index.client.indices.stats(index=f"{index.alias}-*", metric=["docs", "translog"])
    primaries = stats["_all"]["primaries"]
    if not primaries:
        return 0
    return int(primaries["docs"].get("deleted", 0)) + int(primaries["translog"].get("uncommitted_operations", 0))
