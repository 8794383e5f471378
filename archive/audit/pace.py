"""How fast copies are read, and when reading ends: asked after every piece."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

ASK_SECONDS = 0.2
"""How often it is asked whether to stop; a wait for the rate is never longer than this at once."""


class AuditStopped(Exception):
    """Reading ends here and is gone on with later; no error, and of no copy's doing."""


class Pace:
    """Told the bytes as they are read, by any thread: lets through ``rate_bytes`` a second, None for all there is.

    Raises AuditStopped once ``stopping`` says so. After a pause, no more than one second's bytes come at once.
    """

    def __init__(
        self,
        rate_bytes: int | None,
        stopping: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        told: Callable[[int], None] | None = None,
    ) -> None:
        self._rate = rate_bytes
        self._stopping = stopping
        self._clock = clock
        self._sleep = sleep
        self._told = told
        self._lock = Lock()
        self._free_at = clock()
        self._asked = clock() - ASK_SECONDS
        self._stopped = False
        self.bytes_read = 0

    def __call__(self, count: int) -> None:
        with self._lock:
            self.bytes_read += count
            if self._told is not None:
                self._told(count)
            now = self._clock()
            if self._rate is not None:
                self._free_at = max(self._free_at, now - 1.0) + count / self._rate
            until = self._free_at if self._rate is not None else now
        self.require_going()
        while (left := until - self._clock()) > 0:
            self._sleep(min(left, ASK_SECONDS))
            self.require_going()

    @property
    def stopped(self) -> bool:
        """Whether to end; asked of the world no more often than every ``ASK_SECONDS``."""
        with self._lock:
            now = self._clock()
            if self._stopped or now - self._asked < ASK_SECONDS:
                return self._stopped
            self._asked = now
        stopped = self._stopping()
        with self._lock:
            self._stopped |= stopped
            return self._stopped

    def stop(self) -> None:
        with self._lock:
            self._stopped = True

    def require_going(self) -> None:
        if self.stopped:
            raise AuditStopped
