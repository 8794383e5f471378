"""What every store promises; the promises are kept by the contract suite under ``tests/storage``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from archive.errors import StoreError
from archive.storage.key import Key

CHUNK_BYTES = 1 << 20

Bytes = bytes | bytearray | memoryview


class ObjectWriter(Protocol):
    """One object being written by one thread. Leaving the ``with`` without ``commit`` leaves nothing behind."""

    def write(self, data: Bytes, /) -> int:
        """Takes all of ``data`` (the buffer may be used again afterwards) and tells its length.

        Raises StoreError; after that ``commit`` refuses.
        """
        ...

    def commit(self) -> None:
        """The object is there, whole and durable, when this returns. Afterwards the writer is done.

        The same bytes under this key already: fine, and nothing is written over. Other bytes: ObjectExistsError.
        Raises StoreError when durability is not certain: the object is then either absent or whole, never other bytes.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Aside:
    """Bytes that were taken out of the place of ``key`` and are kept for a time. ``name``: the store's own word for it.

    Two replacements of which the first was interrupted can leave the same bytes aside twice.
    """

    name: str
    key: Key
    at: datetime
    size_bytes: int


class Store(Protocol):
    """Objects under keys. No object is ever changed, and only whole ones are seen.

    Every method raises StoreError when the medium fails: StoreFullError, StoreReadOnlyError, and ObjectMissingError
    only when the store itself is there and has no such object.
    """

    @property
    def name(self) -> str: ...

    def create(self, key: Key) -> ObjectWriter:
        """A writer for a new object; any number of writers may stand side by side, even for one key."""
        ...

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        """The object for reading and seeking. ``cold``: read it from the medium, not from memory, where possible."""
        ...

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from ``offset``, ``length`` of them or all. Fewer there than asked raises StoreError at the end."""
        ...

    def size(self, key: Key) -> int: ...

    def keys(self, folder: str = "") -> Iterator[Key]:
        """The keys inside ``folder`` (never those that merely begin like it), ascending by their segments."""
        ...

    def replacing(self, key: Key, *, keep: bool = True) -> ObjectWriter:
        """A writer whose commit puts its bytes where ``key`` is, missing or not: at every instant one of the two is there.

        ``keep``: what was there is put aside first and can be read until ``drop_aside``; else no version of it stays.
        """
        ...

    def aside(self, key: Key | None = None) -> Iterator[Aside]:
        """What was put aside, the oldest first; with ``key`` what lay there, found without looking through the rest."""
        ...

    def read_aside(self, aside: Aside) -> Iterator[bytes]: ...

    def drop_aside(self, aside: Aside) -> None:
        """Gone for good when this returns; gone already is fine."""
        ...

    def remove(self, key: Key) -> None:
        """No version of this object is left when this returns, nor what of it was put aside; none there is fine.

        Raises StoreError (LockedError when a lock forbids it): then it is still there.
        """
        ...

    def foreign(self) -> Iterator[str]:
        """Names found in the store that are neither objects nor the store's own."""
        ...

    def sweep(self) -> int:
        """Removes what writers that no longer live have left unfinished; live ones are untouched. Tells how many."""
        ...

    def free_bytes(self) -> int: ...

    def device(self) -> str:
        """The same text for two stores that would be lost together with one device, as far as can be seen."""
        ...


def chunks(file: io.BufferedReader, store: str, offset: int, length: int | None) -> Iterator[bytes]:
    """``length`` bytes of ``file`` from ``offset`` in big pieces, or all to its end; closes the file."""
    with file:
        file.seek(offset)
        left = length
        while left is None or left > 0:
            data = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not data:
                break
            left = None if left is None else left - len(data)
            yield data
        if left:
            raise StoreError(f"Bản lưu trong kho «{store}» ngắn hơn dự kiến.", detail=f"{left} bytes missing")
