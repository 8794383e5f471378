"""The entries of a package with a hundred thousand documents, in columns: some 300 bytes each instead of a thousand."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from archive.aip.model import Entry

_SHA256_BYTES = 32
_SHA512_BYTES = 64


class EntryTable:
    """Entries with both digests, in the order they were appended."""

    def __init__(self) -> None:
        self._paths = bytearray()
        self._path_ends = array("Q")
        self._offsets = array("Q")
        self._sizes = array("Q")
        self._sha256 = bytearray()
        self._sha512 = bytearray()

    def __len__(self) -> int:
        return len(self._offsets)

    def append(self, entry: Entry) -> None:
        assert entry.sha256 is not None and entry.sha512 is not None, "an entry written has both digests"
        self._paths += entry.path.encode("utf-8")
        self._path_ends.append(len(self._paths))
        self._offsets.append(entry.offset)
        self._sizes.append(entry.size_bytes)
        self._sha256 += bytes.fromhex(entry.sha256)
        self._sha512 += bytes.fromhex(entry.sha512)

    def entry(self, index: int) -> Entry:
        return Entry(
            self.path_bytes(index).decode("utf-8"),
            self._offsets[index],
            self._sizes[index],
            self._sha256[index * _SHA256_BYTES : (index + 1) * _SHA256_BYTES].hex(),
            self._sha512[index * _SHA512_BYTES : (index + 1) * _SHA512_BYTES].hex(),
        )

    def path_bytes(self, index: int) -> bytes:
        """The path in UTF-8, whose order is that of the path itself."""
        return bytes(self._paths[self._path_ends[index - 1] if index else 0 : self._path_ends[index]])

    def size_bytes(self, first: int, end: int) -> int:
        return sum(self._sizes[first:end])

    def part(self, first: int, end: int | None = None) -> EntryPart:
        """The entries from ``first`` up to ``end`` or all so far."""
        return EntryPart(self, range(first, len(self) if end is None else end))


class EntryPart(Sequence[Entry]):
    """Some entries of a table that may still grow; each is made anew when it is asked for."""

    def __init__(self, table: EntryTable, indexes: Sequence[int]) -> None:
        self._table = table
        self._indexes = indexes

    def __len__(self) -> int:
        return len(self._indexes)

    def __iter__(self) -> Iterator[Entry]:
        return map(self._table.entry, self._indexes)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> EntryPart: ...

    def __getitem__(self, index: int | slice) -> Entry | EntryPart:
        if isinstance(index, slice):
            return EntryPart(self._table, self._indexes[index])
        return self._table.entry(self._indexes[index])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, EntryPart)
            and len(self) == len(other)
            and all(one == two for one, two in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # like a list: the table may grow

    def by_path(self, common: int) -> EntryPart:
        """In ascending order of their paths, which all begin with the same ``common`` bytes."""
        return EntryPart(
            self._table, array("Q", sorted(self._indexes, key=lambda index: self._table.path_bytes(index)[common:]))
        )
