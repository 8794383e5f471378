"""A store in memory: a real one, for tests of everything above a store. It passes the same suite as the others."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Self

from archive.errors import ObjectExistsError, ObjectMissingError, StoreError, StoreFullError
from archive.storage.key import Key, folder_segments
from archive.storage.store import CHUNK_BYTES, Aside, Bytes, chunks


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryStore:
    """Forgets everything with its process; ``capacity_bytes`` bounds what it holds."""

    def __init__(self, name: str, *, capacity_bytes: int = 1 << 30, now: Callable[[], datetime] = _now) -> None:
        self._name = name
        self._capacity_bytes = capacity_bytes
        self._now = now
        self._objects: dict[Key, bytes] = {}
        self._aside: dict[Aside, bytes] = {}
        self._numbers = itertools.count(1)
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._name

    def create(self, key: Key) -> MemoryWriter:
        return MemoryWriter(self, key)

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        with self._lock:
            data = self._objects.get(key)
        if data is None:
            raise ObjectMissingError(f"Kho «{self._name}» không có đối tượng được yêu cầu.", detail=str(key))
        return io.BufferedReader(io.BytesIO(data))

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        return chunks(self.open(key), self._name, offset, length)

    def size(self, key: Key) -> int:
        with self.open(key) as file:
            return file.seek(0, io.SEEK_END)

    def keys(self, folder: str = "") -> Iterator[Key]:
        head = folder_segments(folder)
        with self._lock:
            found = sorted((key for key in self._objects if key.segments[: len(head)] == head), key=_segments)
        yield from found

    def replacing(self, key: Key, *, keep: bool = True) -> ReplacingMemoryWriter:
        return ReplacingMemoryWriter(self, key, keep=keep)

    def aside(self, key: Key | None = None) -> Iterator[Aside]:
        with self._lock:
            some = (aside for aside in self._aside if key in (None, aside.key))
            found = sorted(some, key=lambda aside: (aside.at, aside.name))
        yield from found

    def read_aside(self, aside: Aside) -> Iterator[bytes]:
        with self._lock:
            data = self._aside.get(aside)
        if data is None:
            raise ObjectMissingError(f"Kho «{self._name}» không có đối tượng được yêu cầu.", detail=aside.name)
        return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))

    def drop_aside(self, aside: Aside) -> None:
        with self._lock:
            self._aside.pop(aside, None)

    def remove(self, key: Key) -> None:
        with self._lock:
            self._objects.pop(key, None)
            self._aside = {aside: data for aside, data in self._aside.items() if aside.key != key}

    def foreign(self) -> Iterator[str]:
        return iter(())

    def sweep(self) -> int:
        return 0

    def free_bytes(self) -> int:
        with self._lock:
            held = (*self._objects.values(), *self._aside.values())
            return self._capacity_bytes - sum(map(len, held))

    def device(self) -> str:
        return f"memory:{id(self)}"

    def keep(self, key: Key, data: bytes) -> None:
        """What ``commit`` does: the same bytes again are fine, other bytes raise ObjectExistsError."""
        with self._lock:
            if self._objects.setdefault(key, data) != data:
                raise ObjectExistsError(
                    f"Kho «{self._name}» đã có đối tượng này với nội dung khác; không ghi đè.", detail=str(key)
                )

    def put_in_place(self, key: Key, data: bytes, *, keep: bool) -> None:
        """What the ``commit`` of a replacement does."""
        with self._lock:
            old = self._objects.get(key)
            if old is not None and keep:
                self._aside[Aside(f"{next(self._numbers):08}", key, self._now(), len(old))] = old
            self._objects[key] = data


class MemoryWriter:
    """An ``ObjectWriter`` into a ``MemoryStore``."""

    def __init__(self, store: MemoryStore, key: Key) -> None:
        self._store = store
        self._key = key
        self._data = bytearray()
        self._usable = True

    def write(self, data: Bytes, /) -> int:
        self._require_usable()
        view = memoryview(data).cast("B")
        if len(self._data) + len(view) > self._store.free_bytes():
            self._usable = False
            raise StoreFullError(f"Kho «{self._store.name}» đã đầy.", remedy="Giải phóng hoặc thêm dung lượng.")
        self._data += view
        return len(view)

    def commit(self) -> None:
        self._require_usable()
        self._usable = False
        self._place(bytes(self._data))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._usable = False
        self._data.clear()

    def _place(self, data: bytes) -> None:
        self._store.keep(self._key, data)

    def _require_usable(self) -> None:
        if not self._usable:
            raise StoreError(f"Không thể ghi tiếp vào kho «{self._store.name}» sau khi lỗi hoặc đã hoàn tất.")


class ReplacingMemoryWriter(MemoryWriter):
    """An ``ObjectWriter`` whose bytes take the place of others."""

    def __init__(self, store: MemoryStore, key: Key, *, keep: bool) -> None:
        super().__init__(store, key)
        self._keep = keep

    def _place(self, data: bytes) -> None:
        self._store.put_in_place(self._key, data, keep=self._keep)


def _segments(key: Key) -> tuple[str, ...]:
    return key.segments
