"""A store in memory: a real one, for tests of everything above a store. It passes the same suite as the others."""

from __future__ import annotations

import io
from collections.abc import Iterator
from threading import Lock
from types import TracebackType
from typing import Self

from archive.errors import ObjectExistsError, ObjectMissingError, StoreError, StoreFullError
from archive.storage.key import Key, folder_segments
from archive.storage.store import Bytes, chunks


class MemoryStore:
    """Forgets everything with its process; ``capacity_bytes`` bounds what it holds."""

    def __init__(self, name: str, *, capacity_bytes: int = 1 << 30) -> None:
        self._name = name
        self._capacity_bytes = capacity_bytes
        self._objects: dict[Key, bytes] = {}
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

    def foreign(self) -> Iterator[str]:
        return iter(())

    def sweep(self) -> int:
        return 0

    def free_bytes(self) -> int:
        with self._lock:
            return self._capacity_bytes - sum(map(len, self._objects.values()))

    def device(self) -> str:
        return f"memory:{id(self)}"

    def keep(self, key: Key, data: bytes) -> None:
        """What ``commit`` does: the same bytes again are fine, other bytes raise ObjectExistsError."""
        with self._lock:
            if self._objects.setdefault(key, data) != data:
                raise ObjectExistsError(
                    f"Kho «{self._name}» đã có đối tượng này với nội dung khác; không ghi đè.", detail=str(key)
                )


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
        self._store.keep(self._key, bytes(self._data))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._usable = False
        self._data.clear()

    def _require_usable(self) -> None:
        if not self._usable:
            raise StoreError(f"Không thể ghi tiếp vào kho «{self._store.name}» sau khi lỗi hoặc đã hoàn tất.")


def _segments(key: Key) -> tuple[str, ...]:
    return key.segments
