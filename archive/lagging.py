"""Stores that may lag: asked only while they answer, and never waited for longer than a small, counted time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from queue import Empty, Full, Queue
from threading import Lock, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

from archive.errors import LuutruError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import Bytes, Store

PENDING_BLOCKS = 8
"""Memory of one lane: this many blocks wait for a slow store, and no more."""
SHORTEST_REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 300.0
ENDING_SECONDS = 0.5
"""How long a lane that was given up is waited for; what it still does is left to its own thread."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class StoreSlowError(StoreError):
    """The store did not answer within the time it was given; what it was asked may still happen."""

    code = "store.slow"


class HoldUp:
    """How long stores that may lag may still hold up one writing: a second, or a quarter of its whole time if longer."""

    def __init__(
        self, least_seconds: float = 1.0, share: float = 0.25, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._least = least_seconds
        self._share = share
        self._clock = clock
        self._began = clock()
        self._spent = 0.0

    def left_seconds(self) -> float:
        allowed = max(self._least, self._share * (self._clock() - self._began))
        return max(0.0, allowed - self._spent)

    def spend(self, wait: Callable[[float], T]) -> T:
        """What ``wait`` gives, which is told how long it may take; the time it takes is counted."""
        began = self._clock()
        try:
            return wait(self.left_seconds())
        finally:
            self._spent += self._clock() - began


class LaggingStore:
    """One store of this process that may lag: after a failure it rests, ever longer, so that nobody waits for it again.

    Safe for many threads. A call that never comes back is left to its own thread, and the store is not asked meanwhile.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._clock = clock
        self._lock = Lock()
        self._rest_seconds = 0.0
        self._rests_until = 0.0
        self._stuck: list[Thread] = []

    @property
    def name(self) -> str:
        return self.store.name

    def worth_asking(self) -> bool:
        """False while it rests after a failure, and while an earlier call has not come back."""
        with self._lock:
            return self._clock() >= self._rests_until and not any(thread.is_alive() for thread in self._stuck)

    def failed(self, error: BaseException | str) -> None:
        """It rests: 5 seconds after the first failure, twice as long after each next, five minutes at most."""
        with self._lock:
            if self._clock() >= self._rests_until:
                self._rest_seconds = min(LONGEST_REST_SECONDS, max(SHORTEST_REST_SECONDS, 2 * self._rest_seconds))
            self._rests_until = self._clock() + self._rest_seconds
        detail = error.detail or error.message if isinstance(error, LuutruError) else str(error)
        _log.warning("store %s lags: %s", self.name, detail)

    def answered(self) -> None:
        with self._lock:
            self._rest_seconds = self._rests_until = 0.0

    def asked(self, question: Callable[[Store], T], seconds: float) -> T:
        """What ``question`` finds. Raises StoreSlowError after ``seconds``, or the StoreError it met; then it rests."""
        return Pending(self, question).answer(seconds)

    def abandoned(self, thread: Thread) -> None:
        """``thread`` asks this store and is waited for no longer; nobody else is sent after it."""
        with self._lock:
            self._stuck = [other for other in self._stuck if other.is_alive()]
            self._stuck.append(thread)


class Pending(Generic[T]):
    """A question on its way to a store that may never answer, asked by a thread of its own."""

    def __init__(self, lagging: LaggingStore, question: Callable[[Store], T]) -> None:
        self._lagging = lagging
        self._question = question
        self._given: list[T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._ask, name=f"ask {lagging.name}", daemon=True)
        self._thread.start()

    def answer(self, seconds: float) -> T:
        """What was found. Raises StoreSlowError when that takes longer, or what the question met."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._lagging.abandoned(self._thread)
            error = StoreSlowError(f"Kho «{self._lagging.name}» trả lời quá chậm.", remedy="Kiểm tra thiết bị và mạng.")
            self._lagging.failed(error)
            raise error
        if self._error is not None:
            if isinstance(self._error, StoreError) and not isinstance(self._error, ObjectMissingError):
                self._lagging.failed(self._error)
            raise self._error
        self._lagging.answered()
        return self._given[0]

    def _ask(self) -> None:
        try:
            self._given.append(self._question(self._lagging.store))
        except BaseException as error:
            self._error = error


class LaggingLane(Thread):
    """Writes one object to a store that may lag, beside the others; given up as soon as it fails or falls behind.

    Only one thread offers and commits. Leaving the ``with`` before ``commit`` came to its end leaves nothing behind.
    """

    def __init__(self, lagging: LaggingStore, key: Key) -> None:
        super().__init__(name=f"copy {lagging.name}", daemon=True)
        self._lagging = lagging
        self._key = key
        self._blocks: Queue[bytes | _Order] = Queue(PENDING_BLOCKS)
        self._dropped = False
        self._error: BaseException | None = None

    def offer(self, data: Bytes, hold_up: HoldUp) -> None:
        """Takes a copy of ``data``, or gives this store up when it has too much before it already."""
        self._put(bytes(data), hold_up)

    def commit(self, hold_up: HoldUp) -> bool:
        """Whether the object stands there now, whole and durable."""
        self._put(_Order.COMMIT, hold_up)
        if self._dropped:
            return False
        hold_up.spend(self.join)
        if self.is_alive():
            self._drop("too slow to commit")
        elif self._error is not None:
            self._drop(self._error)
        else:
            self._lagging.answered()
        return not self._dropped

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Its thread is told to end; one that is stuck in a call ends with that call."""
        self._dropped = True
        with suppress(Empty):
            while True:
                self._blocks.get_nowait()
        with suppress(Full):
            self._blocks.put_nowait(_Order.END)
        self.join(ENDING_SECONDS)
        if self.is_alive():
            self._lagging.abandoned(self)

    def run(self) -> None:
        try:
            with self._lagging.store.create(self._key) as writer:
                while not isinstance(block := self._blocks.get(), _Order):
                    if self._dropped:
                        return
                    writer.write(block)
                if block is _Order.COMMIT:
                    writer.commit()
        except BaseException as error:
            self._error = error

    def _put(self, item: bytes | _Order, hold_up: HoldUp) -> None:
        if self._dropped:
            return
        if self._error is not None:
            self._drop(self._error)
            return
        try:
            self._blocks.put_nowait(item)
        except Full:
            try:
                hold_up.spend(lambda seconds: self._blocks.put(item, timeout=seconds))
            except Full:
                self._drop("too slow to write")

    def _drop(self, why: BaseException | str) -> None:
        self._dropped = True
        self._lagging.failed(why)


class _Order(Enum):
    """What a lane is told besides bytes."""

    COMMIT = "commit"
    END = "end"
