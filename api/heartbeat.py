"""The sign of life of a worker process, in the catalogue: not only that it runs, but whether it takes work (T29)."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from archive.catalogue import Catalogue, Reading
from archive.catalogue.worker_model import Heartbeat
from archive.catalogue.worker_reading import database_now, heartbeats
from archive.catalogue.worker_writing import beat, forget_worker
from archive.errors import LuutruError

BEAT_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Doing:
    """What a worker is at: how many submissions wait, how many steps are under way, what keeps it from going on."""

    waiting: int = 0
    under_way: int = 0
    trouble: str = ""


class Pulse:
    """Beats for ``worker`` while the ``with`` block runs, from a thread of its own: a slow sweep is not a dead worker."""

    def __init__(self, catalogue: Catalogue, worker: str, doing: Callable[[], Doing] = Doing) -> None:
        self._catalogue = catalogue
        self._doing = doing
        self._sign = Heartbeat(
            worker, socket.gethostname(), os.getpid(), datetime.now(UTC), datetime.now(UTC), 0, 0, None, ""
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        """Known as alive on return: nobody takes from this worker what it is about to begin."""
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        try:
            with self._catalogue.signing() as tx:
                forget_worker(tx, self._sign.id)
        except LuutruError as trouble:
            _log.warning("last sign of life: %s %s", trouble.message, trouble.detail)

    def _beats(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self._beat()
            except LuutruError as error:
                _log.warning("sign of life: %s %s", error.message, error.detail)

    def _beat(self) -> None:
        doing = self._doing()
        with self._catalogue.signing() as tx:
            now, before = database_now(tx), self._sign
            idle = bool(doing.waiting) and not doing.under_way
            self._sign = Heartbeat(
                id=before.id,
                host=before.host,
                pid=before.pid,
                begun_at=before.begun_at,
                beat_at=now,
                waiting=doing.waiting,
                under_way=doing.under_way,
                idle_since=(before.idle_since or now) if idle else None,
                trouble=doing.trouble,
            )
            beat(tx, self._sign)


def living_workers(reading: Reading) -> tuple[tuple[Heartbeat, ...], tuple[Heartbeat, ...]]:
    """The workers that live, and those of them that take work."""
    now = database_now(reading)
    living = tuple(sign for sign in heartbeats(reading) if sign.alive(now))
    return living, tuple(sign for sign in living if sign.takes_jobs(now))
