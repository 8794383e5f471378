"""One copy as a witness: it says what it can of any range, and that it cannot say the rest; damage never ends the asking."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from archive.errors import StoreError
from archive.storage.key import Key
from archive.storage.store import Store

PIECE_BYTES = 1 << 20
PAGE_BYTES = 4096
"""What a medium loses at once, about: a piece that cannot be read is asked for again in pages of this size."""


def pages(begin: int, end: int) -> list[int]:
    """The places where pages of an object begin between ``begin`` and ``end``, and these two."""
    return [begin, *range(begin - begin % PAGE_BYTES + PAGE_BYTES, end, PAGE_BYTES), end]


class Witness:
    """For one thread. What it says of a range today it need not say tomorrow: only a digest makes it a proof."""

    def __init__(self, store: Store, key: Key, went_on: Callable[[int], None]) -> None:
        self.name = store.name
        self._store = store
        self._key = key
        self._went_on = went_on
        self._file: io.BufferedReader | None = None
        self.size_bytes = self._size()

    def read(self, begin: int, length: int) -> bytes | None:
        """Exactly these bytes; None when some of them are not there or cannot be read."""
        if begin + length > self.size_bytes:
            return None
        self._went_on(length)
        try:
            file = self._opened()
            file.seek(begin)
            data = file.read(length)
        except StoreError:
            self.close()
            return None
        return data if len(data) == length else None

    def parts(self, places: Sequence[int]) -> Iterator[tuple[int, bytes | None]]:
        """The range from the first to the last of ``places``, cut at each of them: where, and its bytes, if it has any."""
        begin, end = places[0], places[-1]
        data = self.read(begin, end - begin)
        for at, until in pairwise(places):
            yield at, self.read(at, until - at) if data is None else data[at - begin : until - begin]

    def close(self) -> None:
        if self._file is not None:
            with suppress(StoreError):
                self._file.close()
            self._file = None

    def _size(self) -> int:
        try:
            return self._opened().seek(0, io.SEEK_END)
        except StoreError:
            self.close()
            return 0

    def _opened(self) -> io.BufferedReader:
        if self._file is None:
            self._file = self._store.open(self._key, cold=True)
        return self._file
