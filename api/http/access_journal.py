"""Every access is a ledger record, durable before the answer goes out; accesses at the same time share one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from archive.catalogue import Catalogue
from archive.errors import CatalogueError
from archive.events import Event

MOST_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Access:
    """One fact for the ledger: what was shown, given, asked or refused, to whom."""

    event: Event
    subject: str
    actor: str
    data: Mapping[str, Any]
    at: datetime


@dataclass(slots=True)
class _Waiting:
    accesses: Sequence[Access]
    done: Future[None] = field(default_factory=Future)


class AccessJournal:
    """Group commit: one thread writes what all requests bring, so that a read costs a share of one sync to disk.

    ``record`` returns when its record is durable, and raises CatalogueError when it is not: then nothing is given out.
    """

    def __init__(self, catalogue: Catalogue, now: Callable[[], datetime]) -> None:
        self._catalogue = catalogue
        self._now = now
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="access-journal", daemon=True)
        self._thread.start()

    def record(self, event: Event, subject: str, *, actor: str, data: Mapping[str, Any] | None = None) -> None:
        self.record_all([Access(event, subject, actor, data or {}, self._now())])

    def record_all(self, accesses: Sequence[Access]) -> None:
        """All of them in one transaction, in this order."""
        waiting = _Waiting(accesses)
        with self._closing:
            # Behind the end nobody would write it, and whoever waits for it would wait for ever.
            if self._closed:
                raise CatalogueError("Dịch vụ đang dừng.", remedy="Gửi lại yêu cầu sau.")
            self._queue.put(waiting)
        waiting.done.result()

    def close(self) -> None:
        """Returns when everything brought before is written."""
        with self._closing:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch = [self._queue.get()]
            while len(batch) < MOST_AT_ONCE:
                try:
                    batch.append(self._queue.get_nowait())
                except Empty:
                    break
            ending = None in batch
            self._write([item for item in batch if item is not None])

    def _write(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            with self._catalogue.transaction() as tx:
                for item in batch:
                    for access in item.accesses:
                        tx.append(access.event, access.subject, actor=access.actor, at=access.at, data=access.data)
        except BaseException as error:
            if len(batch) > 1 and not isinstance(error, CatalogueError):
                # One of them cannot be written at all, which is no fault of those that came with it.
                for item in batch:
                    self._write([item])
                return
            for item in batch:
                item.done.set_exception(error)
            return
        for item in batch:
            item.done.set_result(None)
