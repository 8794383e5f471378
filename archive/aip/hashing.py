"""Hashing beside the copying thread: ``hashlib`` gives the interpreter lock back, so the lanes use all cores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol


class Hasher(Protocol):
    def update(self, data: memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


_Job = tuple[Hasher, memoryview, Callable[[], None]]


class Lane:
    """One thread that hashes what it is given, in order. Every job's ``done`` is called, also after a failure."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | threading.Event | None] = SimpleQueue()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, hasher: Hasher, data: memoryview, done: Callable[[], None]) -> None:
        self._jobs.put((hasher, data, done))

    def mark(self) -> threading.Event:
        """Set when everything submitted before has been hashed."""
        reached = threading.Event()
        self._jobs.put(reached)
        return reached

    def wait(self) -> None:
        """Returns when everything submitted before has been hashed; raises what hashing raised."""
        self.mark().wait()
        self.require_sound()

    def require_sound(self) -> None:
        """Raises what hashing raised, if it did."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if isinstance(job, threading.Event):
                job.set()
                continue
            hasher, data, done = job
            try:
                hasher.update(data)
            except Exception as error:
                self._failure = error
            finally:
                done()


class BufferPool:
    """A fixed number of buffers of one size; ``take`` waits until one is free, which bounds the memory of a stream."""

    def __init__(self, count: int, size_bytes: int) -> None:
        self._free: SimpleQueue[Buffer] = SimpleQueue()
        for _ in range(count):
            self._free.put(Buffer(size_bytes, self._free.put))

    def take(self) -> Buffer:
        buffer = self._free.get()
        buffer.hold()
        return buffer


class Buffer:
    """Bytes shared by the copying thread and the lanes; back in the pool when the last holder lets go."""

    def __init__(self, size_bytes: int, give_back: Callable[[Buffer], None]) -> None:
        self.view = memoryview(bytearray(size_bytes))
        self._holders = 0
        self._lock = threading.Lock()
        self._give_back = give_back

    def hold(self) -> None:
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            free = self._holders == 0
        if free:
            self._give_back(self)
