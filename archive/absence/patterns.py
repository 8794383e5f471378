"""Finding any of very many byte patterns in one pass over the bytes, wherever they begin, in flat memory.

    bytes    ........|w0......|w1......|w2......|w3......|           every third word of eight bytes is looked at
    needle              [··········31 bytes or more··········]       it contains one of them, whatever its offset

Of each needle every word it could show at such a place is known beforehand; the words of a buffer are looked up all at once
by the interpreter's own set, and only where one is known are bytes compared. The number of needles hardly counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WORD_BYTES = 8
SHORTEST_BYTES = 2 * WORD_BYTES - 1
"""A needle must contain an aligned word wherever it lies."""
_STRIDE_WORDS = 3
_LONG_BYTES = (_STRIDE_WORDS + 1) * WORD_BYTES - 1
BUFFER_BYTES = 1 << 20
_LEAST_VARIED = 4
"""Different bytes in each word of a needle: words of blanks or zeros would be met everywhere."""


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes that nothing may contain any more. ``about``: of which hồ sơ. ``kind``: ``content``, ``text``, ``key`` …"""

    about: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a needle was found: the offset of its first byte."""

    needle: Needle
    offset: int


def searchable(data: bytes) -> bool:
    """Whether ``data`` can be a needle: long enough, and varied enough not to be met by chance."""
    if len(data) < SHORTEST_BYTES:
        return False
    words = (data[begin : begin + WORD_BYTES] for begin in range(len(data) - WORD_BYTES + 1))
    return all(len(set(word)) >= _LEAST_VARIED for word in words)


class Searcher:
    """Knows its needles; may be used by any number of threads. Raises ValueError for one that is not ``searchable``."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self.needles: Sequence[Needle] = tuple(dict.fromkeys(needles))
        for needle in self.needles:
            if not searchable(needle.data):
                raise ValueError("a needle that would be found everywhere, or be missed")
        self._long = _Words(needle for needle in self.needles if len(needle.data) >= _LONG_BYTES)
        self._short = _Words(needle for needle in self.needles if len(needle.data) < _LONG_BYTES)
        self._overlap = max((len(needle.data) for needle in self.needles), default=1) - 1

    def search(self, pieces: Iterable[bytes]) -> Iterator[Hit]:
        """Every place a needle stands in the bytes that ``pieces`` are together, also across their borders."""
        if not self.needles:
            for _ in pieces:
                pass
            return
        tail, at = b"", 0
        for piece in _gathered(pieces):
            data = tail + piece
            begin = at - len(tail)
            for needle, offset in self._found(data):
                if offset + len(needle.data) > len(tail):  # else it was told when it stood whole in what came before
                    yield Hit(needle, begin + offset)
            at += len(piece)
            tail = data[-self._overlap :] if self._overlap else b""

    def names(self, text: str) -> bool:
        """Whether ``text`` contains any needle."""
        return next(self.search([text.encode("utf-8", "surrogatepass")]), None) is not None

    def _found(self, data: bytes) -> Iterator[tuple[Needle, int]]:
        yield from self._long.found(data, _STRIDE_WORDS)
        yield from self._short.found(data, 1)


class _Words:
    """The words by which needles betray themselves, with the distances from a needle's beginning to each."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._places: dict[int, tuple[tuple[Needle, int], ...]] = {}
        for needle in needles:
            stride = WORD_BYTES * (_STRIDE_WORDS if len(needle.data) >= _LONG_BYTES else 1)
            for shift in range(stride):
                word = int.from_bytes(needle.data[shift : shift + WORD_BYTES], sys.byteorder)
                self._places[word] = (*self._places.get(word, ()), (needle, shift))
        self._known = frozenset(self._places)

    def found(self, data: bytes, every: int) -> Iterator[tuple[Needle, int]]:
        if not self._known:
            return
        whole = len(data) // WORD_BYTES * WORD_BYTES
        words = memoryview(data)[:whole].cast("Q")[::every]
        if self._known.isdisjoint(words):
            return
        for number, word in enumerate(words):
            for needle, shift in self._places.get(word, ()):
                begin = number * every * WORD_BYTES - shift
                if begin >= 0 and data.startswith(needle.data, begin):
                    yield needle, begin


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces together, so that joining them to what came before costs little."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BUFFER_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
