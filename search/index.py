"""The index behind its alias: made, written to in bulk, listed, and replaced by a fresh one without a gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from elasticsearch import Elasticsearch

from search.bulk import BulkRequests, Entry, Written
from search.client import answered
from search.errors import IndexUnavailableError, RemovalUnprovenError
from search.generation import Generation, Generations
from search.rebuild_lock import RebuildLock

__all__ = ["Entry", "Generation", "SearchIndex", "Written"]

_PAGE = 5000
_REMOVAL_PAGE = 1000
_REMOVAL_ROUNDS = 1000
_PIT_KEEP_ALIVE = "5m"


class SearchIndex:
    """The index under one alias. Searches go to the alias; writing goes to the physical index it is meant for."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str = "luutru",
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client = client
        self.alias = alias
        self._bulk = BulkRequests(client, sleep)
        self._generations = Generations(client, alias, now)
        self._now = now

    # -- the physical indices -------------------------------------------------------------------------------------

    def current(self) -> Generation | None:
        """The index behind the alias, or None when none was made yet."""
        return self._generations.live()

    def ensure(self) -> Generation:
        """The index behind the alias, made empty if there is none; two callers at a time get the same one."""
        return self._generations.ensure()

    def successor(self) -> Generation:
        """The index a rebuild fills and no search sees: that of an interrupted rebuild if it still fits, else a new one."""
        return self._generations.successor()

    def switch_to(self, successor: Generation) -> None:
        """Searches see ``successor`` from one instant to the next.

        The index they saw before stays for ten minutes, so that pages opened on it can be followed; ``sweep`` drops it.
        """
        self._generations.switch_to(successor)

    def sweep(self) -> list[str]:
        """Drops indices replaced more than ten minutes ago; returns their names."""
        return self._generations.sweep()

    def rebuild_lock(self) -> RebuildLock:
        """What keeps two rebuilds of this index apart."""
        return RebuildLock(self.client, f"{self.alias}-rebuild", self._now)

    # -- writing --------------------------------------------------------------------------------------------------

    def write(self, generation: Generation, entries: Sequence[Entry], *, attempts: int = 5) -> list[Written]:
        """As ``search.bulk.BulkRequests.write``, into ``generation``; IndexMissingError when that was dropped."""
        return self._bulk.write(generation.write_alias, entries, attempts=attempts)

    def remove(self, generation: Generation, aip_id: str) -> int:
        """Every index document of the AIP deleted from ``generation``, and proven absent from it; how many there were.

        Raises RemovalUnprovenError when it was written again as fast as it was deleted.
        """
        query = {"term": {"aip_id": aip_id}}
        removed = 0
        for _ in range(_REMOVAL_ROUNDS):
            with answered():
                self.client.indices.refresh(index=generation.name)
                page = self.client.search(
                    index=generation.name, query=query, size=_REMOVAL_PAGE, source=False, track_total_hits=False
                )
            ids = [hit["_id"] for hit in page["hits"]["hits"]]
            if not ids:
                return removed
            self._bulk.delete(generation.write_alias, ids)
            removed += len(ids)
        raise RemovalUnprovenError("Chưa chứng minh được hồ sơ đã rời khỏi chỉ mục tìm kiếm.", remedy="Thử lại sau.")

    def remove_aip(self, aip_id: str) -> int:
        """Every index document of the AIP gone from every index there is: live, being rebuilt, and not yet swept.

        Returns how many were deleted. When it returns, a search of each of them after a refresh found none. It stays
        gone only if the catalogue no longer holds the AIP before this is called.
        """
        return sum(self.remove(generation, aip_id) for generation in self._generations.all())

    def delete(self, generation: Generation, ids: Sequence[str]) -> None:
        """These index documents deleted from ``generation``; what is not there is passed over."""
        for start in range(0, len(ids), _REMOVAL_PAGE):
            self._bulk.delete(generation.write_alias, ids[start : start + _REMOVAL_PAGE])

    # -- reading --------------------------------------------------------------------------------------------------

    def refresh(self, generation: Generation | None = None) -> None:
        """What was written before is found by searches from now on; in ``generation``, else behind the alias."""
        with answered():
            self.client.indices.refresh(index=generation.name if generation else self.alias)

    def count(self, kind: str | None = None, *, within: str | None = None) -> int:
        """How many index documents there are, of one kind when given; behind the alias or in the index ``within``."""
        with answered():
            return int(self.client.count(index=within or self.alias, query=_of_kind(kind))["count"])

    def ids(self, kind: str | None = None) -> Iterator[str]:
        """The id of every index document (``AIP`` for a hồ sơ, ``AIP/document``), once each, in order.

        Only those of ``kind`` when given. As of one instant, however long the reading takes; no index yet is no ids.
        """
        if self.current() is None:
            return
        for hit in self.scan(_of_kind(kind), sort=[{"id": "asc"}], source=False):
            yield hit["_id"]

    def scan(
        self, query: Mapping[str, Any], *, sort: Sequence[Mapping[str, Any]], source: Any, page: int = _PAGE
    ) -> Iterator[Mapping[str, Any]]:
        """Every hit of ``query`` in the order of ``sort`` as of one instant, one page of them in memory at a time."""
        self.refresh()
        with self._instant() as pit:
            after: list[str | int] | None = None
            while True:
                with answered():
                    found = self.client.search(
                        pit={"id": pit, "keep_alive": _PIT_KEEP_ALIVE},
                        query=query,
                        sort=list(sort),
                        search_after=after,
                        size=page,
                        source=source,
                        track_total_hits=False,
                    )
                hits = found["hits"]["hits"]
                if found["timed_out"] or found["_shards"]["failed"]:
                    raise IndexUnavailableError("Chỉ mục tìm kiếm chỉ trả lời được một phần.")
                yield from hits
                if len(hits) < page:
                    return
                after = hits[-1]["sort"]

    @contextmanager
    def _instant(self) -> Iterator[str]:
        with answered():
            pit = str(self.client.open_point_in_time(index=self.alias, keep_alive=_PIT_KEEP_ALIVE)["id"])
        try:
            yield pit
        finally:
            with answered():
                self.client.options(ignore_status=404).close_point_in_time(id=pit)


def _of_kind(kind: str | None) -> dict[str, Any]:
    return {"term": {"kind": kind}} if kind else {"match_all": {}}
