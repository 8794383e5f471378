"""A store in which something happens at the worst moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from archive.errors import LockedError
from archive.storage.key import Key
from archive.storage.store import ObjectWriter, Store


@dataclass
class Interrupted:
    """A store in which something happens once, right before an object that was written is there."""

    store: Store
    happens: list[Callable[[], object]]
    locked: bool = False

    def create(self, key: Key) -> ObjectWriter:
        return _Writer(self.store.create(key), self.happens)

    def replacing(self, key: Key, *, keep: bool = True) -> ObjectWriter:
        return _Writer(self.store.replacing(key, keep=keep), self.happens)

    def remove(self, key: Key) -> None:
        if self.locked:
            raise LockedError("Đang khóa.")
        self.store.remove(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@dataclass
class _Writer:
    writer: ObjectWriter
    happens: list[Callable[[], object]]

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        return self.writer.write(data)

    def commit(self) -> None:
        while self.happens:
            self.happens.pop()()
        self.writer.commit()

    def __enter__(self) -> Self:
        self.writer.__enter__()
        return self

    def __exit__(self, *how: Any) -> None:
        self.writer.__exit__(*how)
