"""The index behind its alias: made, written to in bulk, listed, and replaced by a fresh one without a gap."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from search import mapping
from search.client import answered
from search.errors import IndexMissingError, IndexUnavailableError

_BULK_TIMEOUT_SECONDS = 120.0
_TEMPORARY = frozenset({429, 502, 503, 504})
_PAGE = 5000
_PIT_KEEP_ALIVE = "5m"


@dataclass(frozen=True, slots=True)
class Generation:
    """One physical index. ``uuid`` is the server's, so that a cursor saved for it can belong to no other."""

    name: str
    uuid: str
    mapping_sha256: str | None

    @property
    def outdated(self) -> bool:
        """Whether the present sources would make another index: a rebuild is due."""
        return self.mapping_sha256 != mapping.mapping_sha256()


@dataclass(frozen=True, slots=True)
class Written:
    """One item of a bulk request after the server's answer; ``refused`` is its reason, None when it is durable."""

    id: str
    refused: str | None


class SearchIndex:
    """The index under one alias. Searches go to the alias; writing goes to the physical index it is meant for."""

    def __init__(
        self, client: Elasticsearch, alias: str = "luutru", sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.client = client
        self.alias = alias
        self._sleep = sleep

    def current(self) -> Generation | None:
        """The index behind the alias, or None when none was made yet."""
        with answered():
            try:
                answer = self.client.indices.get(index=self.alias, features=["mappings", "settings"])
            except NotFoundError:
                return None
        name, value = next(iter(answer.body.items()))
        return Generation(
            name, value["settings"]["index"]["uuid"], value["mappings"].get("_meta", {}).get("mapping_sha256")
        )

    def ensure(self) -> Generation:
        """The index behind the alias, made empty if there is none; two callers at a time get the same one."""
        if (found := self.current()) is not None:
            return found
        self._create(self._names()[-1:], {self.alias: {"is_write_index": True}})
        found = self.current()
        if found is None:
            raise IndexMissingError("Chưa lập được chỉ mục tìm kiếm.")
        return found

    def create_successor(self) -> Generation:
        """A fresh empty index that no search sees yet; what earlier, unfinished rebuilds left behind is dropped."""
        live = self.ensure()
        for name in self._names():
            if name != live.name:
                with answered():
                    self.client.indices.delete(index=name, ignore_unavailable=True)
        name = self._create([live.name], {})
        with answered():
            settings = self.client.indices.get_settings(index=name).body[name]["settings"]["index"]
        return Generation(name, settings["uuid"], mapping.mapping_sha256())

    def switch_to(self, successor: Generation) -> None:
        """Searches see ``successor`` from one instant to the next; the index they saw before is dropped after it."""
        live = self.ensure()
        with answered():
            self.client.indices.refresh(index=successor.name)
            actions: list[dict[str, object]] = [
                {"remove": {"index": live.name, "alias": self.alias}},
                {"add": {"index": successor.name, "alias": self.alias, "is_write_index": True}},
            ]
            self.client.indices.update_aliases(actions=actions)
            if live.name != successor.name:
                self.client.indices.delete(index=live.name, ignore_unavailable=True)

    def write(self, generation: Generation, items: Sequence[tuple[str, bytes]]) -> list[Written]:
        """Every (id, JSON) indexed, replacing what had the id; returns once what was accepted is durable.

        Items the server is too busy for are tried again; then IndexUnavailableError, and any part of the items may
        be there. Repeating the call is harmless.
        """
        waiting = list(items)
        written: list[Written] = []
        for attempt in range(5):
            if attempt:
                self._sleep(0.5 * 2**attempt)
            answers = self._bulk(generation, waiting)
            again = []
            for item, (status, reason) in zip(waiting, answers, strict=True):
                if status in _TEMPORARY:
                    again.append(item)
                else:
                    written.append(Written(item[0], reason))
            if not again:
                return written
            waiting = again
        raise IndexUnavailableError("Chỉ mục tìm kiếm đang quá tải hoặc hết chỗ.")

    def refresh(self) -> None:
        """What was written before is found by searches from now on."""
        with answered():
            self.client.indices.refresh(index=self.alias)

    def count(self, kind: str | None = None) -> int:
        with answered():
            query = {"term": {"kind": kind}} if kind else {"match_all": {}}
            return int(self.client.count(index=self.alias, query=query)["count"])

    def ids(self, kind: str | None = None) -> Iterator[str]:
        """The id of every index document (``AIP`` for a hồ sơ, ``AIP/document``), once each, in order.

        Only those of ``kind`` when given. As of one instant, however long the reading takes; no index yet is no ids.
        """
        if self.current() is None:
            return
        query = {"term": {"kind": kind}} if kind else {"match_all": {}}
        with answered():
            self.client.indices.refresh(index=self.alias)
            pit = self.client.open_point_in_time(index=self.alias, keep_alive=_PIT_KEEP_ALIVE)["id"]
        try:
            after: list[str | int] | None = None
            while True:
                with answered():
                    page = self.client.search(
                        pit={"id": pit, "keep_alive": _PIT_KEEP_ALIVE},
                        query=query,
                        sort=[{"id": "asc"}],
                        search_after=after,
                        size=_PAGE,
                        source=False,
                        track_total_hits=False,
                    )
                hits = page["hits"]["hits"]
                pit = page["pit_id"]
                yield from (hit["_id"] for hit in hits)
                if len(hits) < _PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            with answered():
                self.client.close_point_in_time(id=pit)

    # -- inside --------------------------------------------------------------------------------------------------

    def _bulk(self, generation: Generation, items: Sequence[tuple[str, bytes]]) -> list[tuple[int, str | None]]:
        lines: list[bytes] = []
        for identity, body in items:
            lines.append(self.client.transport.serializers.dumps({"index": {"_id": identity}}, "application/json"))
            lines.append(body)
        with answered():
            client = self.client.options(request_timeout=_BULK_TIMEOUT_SECONDS)
            # the client passes bytes through as they are; its type only knows mappings
            answer = client.bulk(index=generation.name, operations=lines)  # type: ignore[arg-type]
        results: list[tuple[int, str | None]] = []
        for item in answer["items"]:
            result = item["index"]
            error = result.get("error")
            if error and error.get("type") == "index_not_found_exception":
                raise IndexMissingError("Chỉ mục tìm kiếm đã được thay thế trong khi ghi.", detail=str(error))
            results.append((int(result["status"]), _reason(error) if error else None))
        return results

    def _names(self) -> list[str]:
        with answered():
            answer = self.client.indices.get(index=f"{self.alias}-*", features=["aliases"], allow_no_indices=True)
        pattern = re.compile(re.escape(self.alias) + r"-\d{6}")
        return sorted(name for name in answer.body if pattern.fullmatch(name))

    def _create(self, after: Sequence[str], aliases: dict[str, dict[str, bool]]) -> str:
        number = int(after[0].rpartition("-")[2]) + 1 if after else 1
        name = f"{self.alias}-{number:06d}"
        with answered():
            try:
                self.client.indices.create(
                    index=name, settings=mapping.settings(), mappings=mapping.mappings(), aliases=aliases
                )
            except BadRequestError as error:
                if error.message != "resource_already_exists_exception":
                    raise
            self.client.cluster.health(index=name, wait_for_status="yellow")
        return name


def _reason(error: dict[str, object]) -> str:
    cause = error.get("caused_by")
    inner = f" ({cause.get('reason')})" if isinstance(cause, dict) else ""
    return f"{error.get('type')}: {error.get('reason')}{inner}"
