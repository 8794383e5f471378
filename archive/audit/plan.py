"""In which order a sitting reads: the copies not looked at for longest first, the canaries somewhere among them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from threading import Lock

from archive.catalogue.audit_model import AuditRun, Canary, Due, Scope
from archive.catalogue.audit_reading import due_ahead, due_copies, red_copies
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.reading import Reading
from archive.fixity import CopyState
from archive.ledger import read_instant, written_instant

PAGE = 1000


def copies_of(catalogue: Catalogue, run: AuditRun, now: Callable[[], datetime]) -> Iterator[Due]:
    """Every copy the run has still to read, each once; the catalogue is held only while a page is fetched."""
    if run.scope is Scope.RED:
        yield from _red(catalogue, run)
        return
    ahead = run.due_before, ""
    while page := _page(catalogue, partial(due_ahead, store=run.store, at=now(), after=ahead, limit=PAGE)):
        yield from page
        ahead = page[-1].seen_at, page[-1].aip_id
    after = position_of(run)
    while page := _page(
        catalogue, partial(due_copies, store=run.store, before=run.due_before, after=after, limit=PAGE)
    ):
        yield from page
        after = page[-1].seen_at, page[-1].aip_id


def with_canaries(
    copies: Iterator[Due], canaries: Sequence[Canary], within: int, chance: random.Random
) -> Iterator[Due]:
    """``copies`` with each of ``canaries`` at a place nobody foresees, among the first ``within`` of them."""
    hidden = sorted(
        ((chance.randrange(within + 1), number, canary) for number, canary in enumerate(canaries)), reverse=True
    )
    for count, due in enumerate(copies):
        while hidden and hidden[-1][0] <= count:
            yield _due(hidden.pop()[2])
        yield due
    while hidden:
        yield _due(hidden.pop()[2])


class InOrder:
    """How far a plan has been carried out without a gap, when several work at it. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[str, Due] = {}
        self._ended: set[str] = set()

    def begin(self, due: Due) -> None:
        with self._lock:
            self._under_way[due.aip_id] = due

    def end(self, due: Due) -> dict[str, str] | None:
        """As a run keeps it: everything up to there was done. None when it has not moved, and for what was not begun."""
        reached: Due | None = None
        with self._lock:
            if due.aip_id not in self._under_way:
                return None
            self._ended.add(due.aip_id)
            for aip_id in list(self._under_way):
                if aip_id not in self._ended:
                    break
                self._ended.remove(aip_id)
                reached = self._under_way.pop(aip_id)
        return None if reached is None else {"seen_at": written_instant(reached.seen_at), "aip_id": reached.aip_id}


def position_of(run: AuditRun) -> tuple[datetime, str] | None:
    if run.position is None:
        return None
    return read_instant(run.position["seen_at"]), run.position["aip_id"]


def _red(catalogue: Catalogue, run: AuditRun) -> Iterator[Due]:
    after = "", ""
    while page := _page(catalogue, partial(red_copies, store=run.store, after=after, limit=PAGE)):
        yield from (due for due in page if due.seen_at < run.due_before)
        after = page[-1].state.value, page[-1].aip_id


def _page(catalogue: Catalogue, asked: Callable[[Reading], list[Due]]) -> list[Due]:
    with catalogue.read() as view:
        return asked(view)


def _due(canary: Canary) -> Due:
    """A canary as a copy to be read: nothing tells the one from the other."""
    return Due(
        canary.id,
        canary.key,
        canary.size_bytes,
        canary.sha256,
        canary.layout_sha256,
        canary.planted_at,
        CopyState.OK,
    )
