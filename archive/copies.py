"""One pass of writing, several copies: bytes go to all stores at once, and count as stored after being read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Protocol, TypeVar

from archive.errors import StoreError
from archive.fixity import CopyResult, CopyState, verify_copy
from archive.lagging import HoldUp, LaggingLane, LaggingStore, Pending
from archive.storage.key import Key
from archive.storage.store import Bytes, ObjectWriter, Store

BLOCK_BYTES = 1 << 20
BLOCKS = 8
"""Memory of one writing: this many blocks, however large the object and however slow a store."""


class Written(Protocol):
    """What a builder tells about the bytes it has written."""

    @property
    def sha256(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...


class Out(Protocol):
    """Where a builder writes; the buffer may be used again as soon as ``write`` returns."""

    def write(self, data: Bytes, /) -> int: ...


W = TypeVar("W", bound=Written)


def write_everywhere(
    stores: Sequence[Store], key: Key, build: Callable[[Out], W], *, lagging: Sequence[LaggingStore] = ()
) -> W:
    """Whatever ``build`` writes is, when this returns, a whole durable object under ``key`` in every one of ``stores``.

    ``build`` runs once; stores are written side by side with flat memory. When it raises, or any store fails, nothing
    is committed and the error is raised. Should a commit itself fail, other stores may have theirs: repeating with the
    same bytes completes it. The result is that of ``build``; only ``read_back`` shows that the copies are right.

    ``lagging``: written in the same pass and committed after all the others, as far as they keep up; one that fails,
    is slow (``archive.lagging.HoldUp``) or is resting is left out, and nothing is raised for it.
    """
    if not stores:
        raise ValueError("no store to write to")
    with ExitStack() as stack:
        writers = [stack.enter_context(store.create(key)) for store in stores]
        late = [stack.enter_context(LaggingLane(store, key)) for store in lagging if store.worth_asking()]
        lanes = _Lanes(writers, late)
        try:
            written = build(lanes)
            lanes.finish()
        finally:
            lanes.stop()
        if written.size_bytes != lanes.size_bytes:
            raise StoreError(
                "Số byte đã ghi không khớp với gói tin.", detail=f"{key}: {written.size_bytes} != {lanes.size_bytes}"
            )
        with ThreadPoolExecutor(len(writers)) as pool:
            commits = [pool.submit(writer.commit) for writer in writers]
        for commit in commits:
            commit.result()
        # Last, so that a store that may lag never holds bytes which those that may not have refused.
        for lane in late:
            lane.commit(lanes.hold_up)
    return written


def read_back(
    stores: Sequence[Store],
    key: Key,
    sha256: str,
    size_bytes: int,
    *,
    layout_sha256: str | None = None,
    cold: bool = True,
    lagging: Sequence[LaggingStore] = (),
) -> list[CopyResult]:
    """Every byte of every copy read again and compared, one result per store in their order; stores side by side.

    Then one for each of ``lagging``: OK when its copy was read whole and right within the time stores that may lag may
    hold others up, else AWAITED, whatever was the matter.
    """

    def verified(store: Store) -> CopyResult:
        return verify_copy(store, key, sha256, size_bytes, layout_sha256=layout_sha256, cold=cold)

    def verified_once(store: Store) -> CopyResult:
        return verify_copy(store, key, sha256, size_bytes, layout_sha256=layout_sha256, cold=cold, pauses_seconds=())

    hold_up = HoldUp()
    late = [Pending(store, verified_once) if store.worth_asking() else None for store in lagging]
    with ThreadPoolExecutor(max(1, len(stores))) as pool:
        results = list(pool.map(verified, stores))
    for store, pending in zip(lagging, late, strict=True):
        results.append(_late_result(store, key, pending, hold_up))
    return results


def _late_result(store: LaggingStore, key: Key, pending: Pending[CopyResult] | None, hold_up: HoldUp) -> CopyResult:
    detail = "resting after a failure"
    if pending is not None:
        try:
            found = hold_up.spend(pending.answer)
        except StoreError as error:
            detail = error.detail or error.message
        else:
            if found.ok:
                return found
            detail = f"{found.state.value} {found.detail}"
    return CopyResult(store.name, key, CopyState.AWAITED, detail=detail)


class _Block:
    """Some bytes shared by all lanes, and how many of them still need it."""

    def __init__(self, pool: SimpleQueue[_Block]) -> None:
        self.buffer = memoryview(bytearray(BLOCK_BYTES))
        self.fill = 0
        self._pool = pool
        self._waiting = 0
        self._lock = Lock()

    def hand_out(self, lanes: int) -> None:
        self._waiting = lanes

    def release(self) -> None:
        with self._lock:
            self._waiting -= 1
            last = not self._waiting
        if last:
            self.fill = 0
            self._pool.put(self)


class _Lane(Thread):
    """Writes blocks to one store in order; after a failure it only passes them on, so that nobody waits for it."""

    def __init__(self, writer: ObjectWriter) -> None:
        super().__init__(name="copy", daemon=True)
        self.blocks: SimpleQueue[_Block | None] = SimpleQueue()
        self.error: BaseException | None = None
        self._writer = writer

    def run(self) -> None:
        while (block := self.blocks.get()) is not None:
            if self.error is None:
                try:
                    self._writer.write(block.buffer[: block.fill])
                except BaseException as error:
                    self.error = error
            block.release()


class _Lanes:
    """An ``Out`` that gathers small writes into blocks and hands each block to every lane."""

    def __init__(self, writers: Sequence[ObjectWriter], late: Sequence[LaggingLane] = ()) -> None:
        self.size_bytes = 0
        self.hold_up = HoldUp()
        self._late = late
        self._free: SimpleQueue[_Block] = SimpleQueue()
        for _ in range(BLOCKS):
            self._free.put(_Block(self._free))
        self._block = self._free.get()
        self._lanes = [_Lane(writer) for writer in writers]
        for lane in self._lanes:
            lane.start()

    def write(self, data: Bytes, /) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            block = self._block
            step = min(len(view) - done, BLOCK_BYTES - block.fill)
            block.buffer[block.fill : block.fill + step] = view[done : done + step]
            block.fill += step
            done += step
            if block.fill == BLOCK_BYTES:
                self._hand_on()
        self.size_bytes += done
        return done

    def finish(self) -> None:
        """All bytes have been taken by all writers, or the first failure is raised."""
        if self._block.fill:
            self._hand_on()
        self.stop()
        self._raise_failure()

    def stop(self) -> None:
        for lane in self._lanes:
            if lane.is_alive():
                lane.blocks.put(None)
        for lane in self._lanes:
            lane.join()

    def _hand_on(self) -> None:
        for late in self._late:
            # A copy of the bytes: a slow store must never hold a block the others need.
            late.offer(self._block.buffer[: self._block.fill], self.hold_up)
        self._block.hand_out(len(self._lanes))
        for lane in self._lanes:
            lane.blocks.put(self._block)
        self._block = self._free.get()
        self._raise_failure()

    def _raise_failure(self) -> None:
        for lane in self._lanes:
            if lane.error is not None:
                raise lane.error
