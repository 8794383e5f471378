"""The physical indices behind one alias: which is live, which is being filled, which is kept for pages still open.

    luutru-000001   retired   no search sees it but through a point in time opened before; dropped after a grace
    luutru-000002   live      the alias
    luutru-000003   successor being filled by a rebuild, seen by nobody

The number alone tells which is which: below the live one retired, above it a successor. So a process killed between
any two steps leaves nothing that could be taken for something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from search import mapping
from search.client import answered
from search.errors import IndexMissingError

GRACE = timedelta(minutes=10)
"""How long a retired index is kept: twice the five minutes for which a page may wait to be followed by the next."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One physical index. ``uuid`` is the server's, so that a cursor saved for it can belong to no other."""

    name: str
    uuid: str
    mapping_sha256: str | None
    retired_at: datetime | None = None

    @property
    def outdated(self) -> bool:
        """Whether the present sources would make another index: a rebuild is due."""
        return self.mapping_sha256 != mapping.mapping_sha256()

    @property
    def number(self) -> int:
        return int(self.name.rpartition("-")[2])

    @property
    def write_alias(self) -> str:
        """Writing goes by this name and demands that it is an alias: an index already dropped is not made again."""
        return f"{self.name}.w"


class Generations:
    """Makes, lists, switches and drops the physical indices of ``alias``."""

    def __init__(
        self, client: Elasticsearch, alias: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._client = client
        self._alias = alias
        self._now = now

    def live(self) -> Generation | None:
        """The index behind the alias, or None when none was made yet."""
        with answered():
            try:
                answer = self._client.indices.get(index=self._alias, features=["mappings", "settings"])
            except NotFoundError:
                return None
        name, value = next(iter(answer.body.items()))
        return _generation(name, value)

    def all(self) -> list[Generation]:
        """Every physical index, ascending by number."""
        with answered():
            found = self._client.indices.get(
                index=f"{self._alias}-*", features=["mappings", "settings"], allow_no_indices=True
            )
        pattern = re.compile(re.escape(self._alias) + r"-\d{6}")
        made = [_generation(name, value) for name, value in found.body.items() if pattern.fullmatch(name)]
        return sorted(made, key=lambda item: item.number)

    def ensure(self) -> Generation:
        """The live index, made empty if there is none; two callers at a time get the same one."""
        if (found := self.live()) is not None:
            return found
        self._create(1 + max((item.number for item in self.all()), default=0), {self._alias: {"is_write_index": True}})
        found = self.live()
        if found is None:
            raise IndexMissingError("Chưa lập được chỉ mục tìm kiếm.")
        return found

    def successor(self) -> Generation:
        """The index a rebuild fills: the unfinished one of an earlier rebuild when it has the present mapping, else a new one.

        Unfinished ones with another mapping are dropped.
        """
        live = self.ensure()
        kept: Generation | None = None
        for item in self.all():
            if item.number > live.number:
                if kept is not None:
                    self.drop(kept)
                kept = item
                if item.outdated:
                    self.drop(item)
                    kept = None
        if kept is not None:
            return kept
        # Nobody searches it while it is filled, so it need not be made searchable every second.
        name = self._create(live.number + 1, {}, {"refresh_interval": "-1"})
        return next(item for item in self.all() if item.name == name)

    def switch_to(self, successor: Generation) -> None:
        """Searches see ``successor`` from one instant to the next; the one they saw before is retired, not dropped."""
        live = self.ensure()
        if live.name == successor.name:
            return
        with answered():
            interval = mapping.settings()["refresh_interval"]
            self._client.indices.put_settings(index=successor.name, settings={"refresh_interval": interval})
            self._client.indices.refresh(index=successor.name)
            actions: list[dict[str, object]] = [
                {"remove": {"index": live.name, "alias": self._alias, "must_exist": True}},
                {"add": {"index": successor.name, "alias": self._alias, "is_write_index": True}},
            ]
            self._client.indices.update_aliases(actions=actions)
        self._retire(live)

    def sweep(self) -> list[str]:
        """Drops what has been retired for longer than the grace; returns their names."""
        live = self.live()
        dropped = []
        for item in self.all() if live is not None else ():
            if live is None or item.number >= live.number:
                continue
            if item.retired_at is None:
                self._retire(item)  # its rebuild was stopped between switching and saying so
            elif item.retired_at + GRACE <= self._now():
                self.drop(item)
                dropped.append(item.name)
        return dropped

    def drop(self, generation: Generation) -> None:
        with answered():
            self._client.indices.delete(index=generation.name, ignore_unavailable=True)

    def _retire(self, generation: Generation) -> None:
        meta = {"mapping_sha256": generation.mapping_sha256, "retired_at": self._now().isoformat()}
        with answered():
            self._client.options(ignore_status=404).indices.put_mapping(index=generation.name, meta=meta)

    def _create(self, number: int, aliases: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> str:
        name = f"{self._alias}-{number:06d}"
        with answered():
            try:
                self._client.indices.create(
                    index=name,
                    settings={**mapping.settings(), **(settings or {})},
                    mappings=mapping.mappings(),
                    aliases={f"{name}.w": {}, **aliases},
                )
            except BadRequestError as error:
                if error.message != "resource_already_exists_exception":
                    raise
            self._client.cluster.health(index=name, wait_for_status="yellow")
        return name


def _generation(name: str, value: Mapping[str, Any]) -> Generation:
    meta = value["mappings"].get("_meta", {})
    retired = meta.get("retired_at")
    return Generation(
        name,
        value["settings"]["index"]["uuid"],
        meta.get("mapping_sha256"),
        datetime.fromisoformat(retired) if retired else None,
    )
