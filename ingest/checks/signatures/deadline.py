"""A time limit inside one process: pre-emptive in the main thread of a worker, checked between steps elsewhere."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class DeadlinePassedError(BaseException):
    """Time ran out. Not an ``Exception``: no handler of a library may take it for a malformed file."""


class Deadline:
    """Passes ``seconds`` after it is made; None never passes."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Raises DeadlinePassedError in the body when time runs out; outside the main thread, only before and after
        it (the supervisor of the worker is the backstop there)."""
        if self.passed:
            raise DeadlinePassedError
        if self._end is None or threading.current_thread() is not threading.main_thread():
            yield
            if self.passed:
                raise DeadlinePassedError
            return
        previous = signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, max(self._end - time.monotonic(), 0.001))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise DeadlinePassedError
