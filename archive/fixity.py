"""Reading a copy whole and comparing it: "ok" means that every byte was read, and nothing else does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from queue import SimpleQueue
from threading import Thread

from archive.errors import ObjectMissingError, StoreError
from archive.finding import Answer, Finding, answer_of
from archive.storage.key import Key
from archive.storage.store import Store

READ_BYTES = 1 << 20
BUFFERS = 4
PAUSES_SECONDS = (0.05, 0.5)
"""How long to wait before each further attempt at a read that failed: a hiccup is not damage (T23)."""

DeepCheck = Callable[[BufferedReader], Iterable[Finding]]


class CopyState(StrEnum):
    """What a full read of one copy showed. Only OK is good; a copy that could not be read is not a damaged one."""

    OK = "ok"
    MISMATCH = "mismatch"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class CopyResult:
    """One copy after its audit. ``sha256`` is of the bytes read, None unless all were; ``detail`` is for the log."""

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
    cold: bool = True,
    deep: DeepCheck | None = None,
    pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    progress: Callable[[int], None] | None = None,
) -> CopyResult:
    """Reads every byte of the copy and compares size and SHA-256 with what was recorded; never raises for a bad copy.

    ``cold``: from the medium instead of memory, where the store can. ``deep``: once the bytes are proven, looks into
    the package; a finding that is an error makes the copy a mismatch. ``progress`` is told the bytes as they are read.
    """
    try:
        found_size, found = _digest(store, key, cold, pauses_seconds, progress)
    except ObjectMissingError as error:
        return CopyResult(store.name, key, CopyState.MISSING, detail=error.detail)
    except StoreError as error:
        return CopyResult(store.name, key, CopyState.UNREADABLE, detail=error.detail or error.message)
    if (found_size, found) != (size_bytes, sha256):
        return CopyResult(store.name, key, CopyState.MISMATCH, found_size, found, f"expected {size_bytes} {sha256}")
    findings: tuple[Finding, ...] = ()
    if deep is not None:
        try:
            with store.open(key) as file:
                findings = tuple(deep(file))
        except StoreError as error:
            return CopyResult(store.name, key, CopyState.UNREADABLE, found_size, found, error.detail or error.message)
    state = CopyState.MISMATCH if answer_of(findings) is Answer.FAILED else CopyState.OK
    return CopyResult(store.name, key, state, found_size, found, findings=findings)


def _digest(
    store: Store, key: Key, cold: bool, pauses_seconds: Sequence[float], progress: Callable[[int], None] | None
) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    for piece in _ahead(store, key, cold, pauses_seconds):
        digest.update(piece)
        size += len(piece)
        if progress is not None:
            progress(len(piece))
    return size, digest.hexdigest()


def _ahead(store: Store, key: Key, cold: bool, pauses_seconds: Sequence[float]) -> Iterator[memoryview]:
    """The bytes in order, read by a thread of its own into a few buffers while the caller hashes (both free the GIL).

    A piece is valid until the next one is asked for. Errors of the reader are raised here.
    """
    free: SimpleQueue[memoryview | None] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | BaseException | None] = SimpleQueue()
    for _ in range(BUFFERS):
        free.put(memoryview(bytearray(READ_BYTES)))

    def fill() -> None:
        try:
            with _Steady(store, key, cold, pauses_seconds) as source:
                while (buffer := free.get()) is not None and (count := source.readinto(buffer)):
                    full.put((buffer, count))
            full.put(None)
        except BaseException as error:
            full.put(error)

    reader = Thread(target=fill, name=f"read {store.name}", daemon=True)
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


class _Steady:
    """Reads on from where it stood when a read fails, after a pause and with the object opened anew."""

    def __init__(self, store: Store, key: Key, cold: bool, pauses_seconds: Sequence[float]) -> None:
        self._store = store
        self._key = key
        self._cold = cold
        self._pauses = pauses_seconds
        self._file: BufferedReader | None = None
        self._position = 0

    def __enter__(self) -> _Steady:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def readinto(self, buffer: memoryview) -> int:
        for pause in (*self._pauses, None):
            try:
                count = self._opened().readinto(buffer)
            except ObjectMissingError:
                raise
            except StoreError:
                self._drop()
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                self._position += count
                return count
        raise AssertionError("unreachable")

    def _opened(self) -> BufferedReader:
        if self._file is None:
            self._file = self._store.open(self._key, cold=self._cold)
            self._file.seek(self._position)
        return self._file

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
