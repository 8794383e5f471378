"""Documents chosen to be given out, by their ordinals alone: a hundred thousand of them never stand in memory at once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from archive.catalogue import Catalogue
from archive.catalogue.standing import documents_after
from archive.dip.model import GivenDocument

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ordinals in ascending order."""

    ordinals: array[int]

    def documents(self, catalogue: Catalogue, aip_id: str) -> ChosenDocuments:
        return ChosenDocuments(catalogue, aip_id, self.ordinals)


class ChosenDocuments(Sequence[GivenDocument]):
    """Read from the catalogue each time they are gone through; what a stored package holds never changes."""

    def __init__(self, catalogue: Catalogue, aip_id: str, ordinals: array[int]) -> None:
        self.ordinals = ordinals
        self._catalogue = catalogue
        self._aip_id = aip_id

    def __len__(self) -> int:
        return len(self.ordinals)

    def __iter__(self) -> Iterator[GivenDocument]:
        position = 0
        while position < len(self.ordinals):
            with self._catalogue.read() as reading:
                rows = documents_after(reading, self._aip_id, self.ordinals[position] - 1, _PAGE)
            if not rows:
                raise LookupError(f"document {self.ordinals[position]} of {self._aip_id} is gone")
            for row in rows:
                if position < len(self.ordinals) and row.ordinal == self.ordinals[position]:
                    position += 1
                    yield GivenDocument.of(row)

    @overload
    def __getitem__(self, index: int) -> GivenDocument: ...

    @overload
    def __getitem__(self, index: slice) -> ChosenDocuments: ...

    def __getitem__(self, index: int | slice) -> GivenDocument | ChosenDocuments:
        if isinstance(index, slice):
            return ChosenDocuments(self._catalogue, self._aip_id, self.ordinals[index])
        with self._catalogue.read() as reading:
            found = reading.document(self._aip_id, self.ordinals[index])
        if found is None:
            raise LookupError(f"document {self.ordinals[index]} of {self._aip_id} is gone")
        return GivenDocument.of(found)

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, GivenDocument):
            return False
        position = bisect_left(self.ordinals, item.ordinal)
        return position < len(self.ordinals) and self.ordinals[position] == item.ordinal
