"""A real store in a bad mood: away, full, read-only, slow, hanging, or acknowledging what it does not keep."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from enum import Enum
from typing import Any, Self

from archive.errors import StoreError, StoreFullError, StoreReadOnlyError
from archive.storage import DirectoryStore, Key
from archive.storage.store import Bytes, ObjectWriter


class Mood(Enum):
    FINE = "fine"
    AWAY = "away"
    FULL = "full"
    READ_ONLY = "read-only"
    SLOW = "slow"
    HANGING = "hanging"
    LOSING = "losing"
    CHANGING = "changing"
    TORN = "torn"


BAD = [mood for mood in Mood if mood is not Mood.FINE]


class MoodyStore:
    """Implements ``Store`` over a directory store. ``asked`` counts how often it was asked for anything."""

    def __init__(self, store: DirectoryStore, mood: Mood = Mood.FINE) -> None:
        self._store = store
        self.mood = mood
        self.asked = 0
        self.let_go = threading.Event()

    @property
    def name(self) -> str:
        return self._store.name

    def _answer(self) -> None:
        self.asked += 1
        if self.mood is Mood.AWAY:
            raise StoreError(f"Không thấy kho «{self.name}».")
        if self.mood is Mood.HANGING:
            self.let_go.wait(60)
            raise StoreError("let go")

    def create(self, key: Key) -> ObjectWriter:
        return self._writer(self._store.create, key)

    def replacing(self, key: Key, *, keep: bool = True) -> ObjectWriter:
        return self._writer(lambda wanted: self._store.replacing(wanted, keep=keep), key)

    def _writer(self, begin: Any, key: Key) -> ObjectWriter:
        self._answer()
        if self.mood is Mood.READ_ONLY:
            raise StoreReadOnlyError(f"Kho «{self.name}» chỉ cho đọc.")
        return MoodyWriter(begin(key), self)

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        self._answer()
        return self._store.open(key, cold=cold)

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        self._answer()
        return self._store.read(key, offset, length)

    def keys(self, folder: str = "") -> Iterator[Key]:
        self._answer()
        return self._store.keys(folder)

    def size(self, key: Key) -> int:
        self._answer()
        return self._store.size(key)

    def free_bytes(self) -> int:
        self._answer()
        return self._store.free_bytes()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class MoodyWriter:
    def __init__(self, writer: ObjectWriter, store: MoodyStore) -> None:
        self._writer = writer
        self._store = store
        self._spoilt = False

    def write(self, data: Bytes, /) -> int:
        match self._store.mood:
            case Mood.AWAY:
                raise StoreError("gone")
            case Mood.FULL:
                raise StoreFullError(f"Kho «{self._store.name}» đã đầy.")
            case Mood.HANGING:
                self._store._answer()
            case Mood.SLOW:
                time.sleep(0.05)
            case Mood.CHANGING if not self._spoilt and len(data):
                self._spoilt = True
                first = bytes([data[0] ^ 1]) if isinstance(data, bytes | bytearray | memoryview) else b""
                self._writer.write(first + bytes(data[1:]))
                return len(data)
            case Mood.TORN:
                self._writer.write(bytes(data[: len(data) // 2]))
                return len(data)
        return self._writer.write(data)

    def commit(self) -> None:
        if self._store.mood is Mood.LOSING:
            return
        self._writer.commit()

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._writer.__exit__(*error)
