"""Reading a copy whole and comparing it: "ok" means that every byte was read, and nothing else does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import StrEnum
from io import BufferedReader
from queue import SimpleQueue
from threading import Thread

from archive.aip.model import AipUnreadableError
from archive.errors import ObjectMissingError, StoreError
from archive.finding import Answer, Finding, answer_of
from archive.layout_reading import Bookmark
from archive.layout_reading import layout_sha256 as layout_digest
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.steady_reading import PAUSES_SECONDS, SteadyReader
from archive.storage.key import Key
from archive.storage.store import Store

READ_BYTES = 1 << 20
BUFFERS = 4
ALONE_BYTES = 4 << 20
"""So much of an object is read without a thread: many objects are no larger, and several are read side by side anyway."""

DeepCheck = Callable[[BufferedReader], Iterable[Finding]]


class CopyState(StrEnum):
    """What is known of one copy. Only a full read gives OK; a copy that could not be read is not a damaged one.

    EXTRA: bytes no record claims. NOT_RUN: an audit ended before it came to this copy, or could not look into it without
    its key. OVERDUE: the time in which the
    policy wants it read is over. AWAITED: the policy lets this store lag, and nothing has been written there yet.
    """

    OK = "ok"
    MISMATCH = "mismatch"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    EXTRA = "extra"
    NOT_RUN = "not-run"
    OVERDUE = "overdue"
    AWAITED = "awaited"

    @property
    def red(self) -> bool:
        """Whether somebody must be told."""
        return self not in (CopyState.OK, CopyState.AWAITED)


@dataclass(frozen=True, slots=True)
class CopyResult:
    """One copy after its audit. ``sha256`` is of the bytes read, None when it is not known of them; ``detail`` is for
    the log.
    """

    store: str
    key: Key
    state: CopyState
    size_bytes: int | None = None
    sha256: str | None = None
    detail: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        return self.state is CopyState.OK


def verify_copy(
    store: Store,
    key: Key,
    sha256: str,
    size_bytes: int,
    *,
    layout_sha256: str | None = None,
    cold: bool = True,
    deep: DeepCheck | None = None,
    pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
    bookmark: Bookmark | None = None,
) -> CopyResult:
    """Reads every byte of the copy and compares it with what was recorded; never raises for a bad copy.

    With ``layout_sha256`` (docs/format.md, 2.1) that digest is compared, by as many threads as there are cores; without
    it size and SHA-256, in one stream. Both cover every byte and its place. ``cold``: from the medium instead of memory,
    where the store can. ``deep``: once the bytes are proven, looks into the package; a finding that is an error makes
    the copy a mismatch; of a sealed package whose key it lacks the copy is NOT_RUN, never OK. ``progress`` is told the
    bytes as they are read. ``threads``: so many, whatever the size.
    ``bookmark``: where to go on from and to keep how far this reading came, of copies read by their layout.
    """

    def seen(state: CopyState, found: _Found | None = None, detail: str = "") -> CopyResult:
        size, digest = (found.size_bytes, found.sha256) if found else (None, None)
        return CopyResult(store.name, key, state, size, digest, detail)

    reading = _Copy(store, key, cold, pauses_seconds, progress)
    try:
        if layout_sha256 is None:
            found = _compared_in_one_stream(reading, sha256, size_bytes)
        else:
            found = _compared_by_layout(reading, sha256, size_bytes, layout_sha256, threads, bookmark)
    except ObjectMissingError as error:
        return seen(CopyState.MISSING, detail=error.detail)
    except StoreError as error:
        return seen(CopyState.UNREADABLE, detail=error.detail or error.message)
    if not found.same:
        return seen(CopyState.MISMATCH, found, found.detail)
    if deep is None:
        return seen(CopyState.OK, found)
    try:
        with store.open(key) as file:
            findings = tuple(deep(file))
    except (SealedKeyMissingError, SealedKeyDestroyedError) as error:
        # The bytes are right; what was asked besides could not be done.
        return seen(CopyState.NOT_RUN, found, f"{error.code}: {error.detail}")
    except StoreError as error:
        return seen(CopyState.UNREADABLE, found, error.detail or error.message)
    state = CopyState.MISMATCH if answer_of(findings) is Answer.FAILED else CopyState.OK
    return replace(seen(state, found), findings=findings)


@dataclass(frozen=True, slots=True)
class _Copy:
    """Which copy is read, and how."""

    store: Store
    key: Key
    cold: bool
    pauses_seconds: Sequence[float]
    progress: Callable[[int], None] | None

    def reader(self) -> SteadyReader:
        return SteadyReader(self.store, self.key, cold=self.cold, pauses_seconds=self.pauses_seconds)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read: whether it is what was recorded, and what it is as far as that is known."""

    same: bool
    size_bytes: int
    sha256: str | None
    detail: str = ""


def _compared_by_layout(
    copy: _Copy, sha256: str, size_bytes: int, layout_sha256: str, threads: int | None, bookmark: Bookmark | None
) -> _Found:
    """Same layout digest, same bytes, and so the recorded SHA-256; of other bytes none is known."""
    with ExitStack() as stack:
        first = stack.enter_context(copy.reader())
        found_size = first.size()
        unused = [first]

        def opened() -> SteadyReader:
            return unused.pop() if unused else stack.enter_context(copy.reader())

        if found_size != size_bytes:
            return _Found(False, found_size, None, f"expected {size_bytes} bytes")
        try:
            found = layout_digest(
                found_size,
                opened,
                copy.progress,
                # Over a network one reader from front to end is the fastest: every jump is a request.
                threads=threads or (1 if getattr(copy.store, "one_stream", False) else None),
                name=f"read {copy.store.name}",
                bookmark=bookmark,
            )
        except AipUnreadableError as error:
            return _Found(False, found_size, None, f"expected layout {layout_sha256}: {error.detail}")
    if found != layout_sha256:
        return _Found(False, found_size, None, f"expected layout {layout_sha256}, found {found}")
    return _Found(True, found_size, sha256)


def _compared_in_one_stream(copy: _Copy, sha256: str, size_bytes: int) -> _Found:
    found_size, found = _digest(copy)
    same = (found_size, found) == (size_bytes, sha256)
    return _Found(same, found_size, found, "" if same else f"expected {size_bytes} {sha256}")


def _digest(copy: _Copy) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    for piece in read_ahead(copy.reader, copy.store.name):
        digest.update(piece)
        size += len(piece)
        if copy.progress is not None:
            copy.progress(len(piece))
    return size, digest.hexdigest()


def read_ahead(opened: Callable[[], SteadyReader], name: str) -> Iterator[memoryview]:
    """The bytes of one object in order; of a larger one read by a thread of its own into a few buffers while the caller
    hashes (both free the GIL), after the first pieces.

    A piece is valid until the next one is asked for. Errors of the reader are raised here.
    """
    with opened() as source:
        buffer, read = memoryview(bytearray(READ_BYTES)), 0
        while read < ALONE_BYTES:
            if not (count := source.readinto(buffer)):
                return
            read += count
            yield buffer[:count]
        yield from _by_a_thread(source, buffer, name)


def _by_a_thread(source: SteadyReader, buffer: memoryview, name: str) -> Iterator[memoryview]:
    free: SimpleQueue[memoryview | None] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | BaseException | None] = SimpleQueue()
    for number in range(BUFFERS):
        free.put(memoryview(bytearray(READ_BYTES)) if number else buffer)

    def fill() -> None:
        try:
            while (buffer := free.get()) is not None and (count := source.readinto(buffer)):
                full.put((buffer, count))
            full.put(None)
        except BaseException as error:
            full.put(error)

    reader = Thread(target=fill, name=f"read {name}", daemon=True)
    reader.start()
    try:
        while (item := full.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0][: item[1]]
            free.put(item[0])
    finally:
        free.put(None)
        reader.join()
