"""A fixed number of workers shared by any number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from ingest.workers.errors import WorkerUnavailableError
from ingest.workers.line_worker import LineWorker


class WorkerPool:
    """At most ``size`` workers, each started when first needed; whoever asks while all are busy waits its turn.

    The worker last given back is asked next: a pool that is asked by one thread keeps one process warm, not ``size``.
    """

    def __init__(self, make: Callable[[], LineWorker], size: int) -> None:
        if size < 1:
            raise ValueError("a pool needs at least one worker")
        self._idle = [make() for _ in range(size)]
        self._size = size
        self._closed = False
        self._changed = threading.Condition()

    def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """The answer of any worker; waiting for one to be free does not count towards ``timeout_seconds``.

        Raises ``WorkerUnavailableError``, ``WorkerDiedError`` or ``WorkerTimeoutError``; the pool stays whole.
        """
        worker = self._taken()
        try:
            return worker.ask(request, timeout_seconds)
        finally:
            self._give_back(worker)

    def versions(self) -> dict[str, str]:
        """Tools and versions as a worker names them; starts one if none ever ran."""
        worker = self._taken()
        try:
            return worker.versions()
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """End all workers: idle ones now, busy ones when they have answered. Nothing is asked afterwards."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for worker in idle:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _taken(self) -> LineWorker:
        with self._changed:
            while not self._idle and not self._closed:
                self._changed.wait()
            if self._closed:
                raise WorkerUnavailableError("Công cụ kiểm tra đã đóng.", detail="asked after close()")
            return self._idle.pop()

    def _give_back(self, worker: LineWorker) -> None:
        with self._changed:
            closed = self._closed
            if not closed:
                self._idle.append(worker)
                self._changed.notify()
        if closed:
            worker.close()
