"""Finding any of very many byte patterns in one pass over the bytes, wherever they begin, in flat memory.

    bytes    ........|w0......|w1......|w2......|w3......|           every word of eight bytes is looked at
    needle              [····15 bytes or more····]                   it contains one of them, whatever its offset

Of each needle the eight words it could show first are known beforehand; the words of a buffer are looked up all at once
in the interpreter's own table, and only where one is known are bytes compared. The number of needles hardly counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WORD_BYTES = 8
SHORTEST_BYTES = 2 * WORD_BYTES - 1
"""A needle must contain an aligned word wherever it lies."""
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
    """Where a needle was found: the offset of its first byte. The first of those alike stands for all of them."""

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
        self._others: dict[Needle, list[Needle]] = {}
        first: dict[tuple[str, bytes], Needle] = {}
        for needle in self.needles:
            if not searchable(needle.data):
                raise ValueError("a needle that would be found everywhere, or be missed")
            same = first.setdefault((needle.kind, needle.data), needle)
            if same is not needle:
                self._others.setdefault(same, []).append(needle)
        self._words = _Words(tuple(first.values()))
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
            for needle, offset in self._words.found(data):
                if offset + len(needle.data) > len(tail):  # else it was told when it stood whole in what came before
                    yield Hit(needle, begin + offset)
            at += len(piece)
            tail = data[-self._overlap :] if self._overlap else b""

    def alike(self, needle: Needle) -> Sequence[Needle]:
        """All of the kind and the bytes of this one, that of a hit: many hồ sơ hold a «Tờ trình.pdf»."""
        return (needle, *self._others.get(needle, ()))

    def names(self, text: str) -> bool:
        """Whether ``text`` contains any needle."""
        return next(self.search([text.encode("utf-8", "surrogatepass")]), None) is not None


_Sharing = list[tuple[int, int, dict[bytes, list[Needle]]]]
"""Needles that share a word: the distance to it, their length, and by their bytes those of both."""


class _Words:
    """The words by which needles betray themselves, with the distances from a needle's beginning to each.

    A word that many needles share (titles begin alike) is followed by a look-up among those of each distance and length:
    what is searched may be full of it.
    """

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._needles = needles
        self._places: dict[int, int | _Sharing] = {}
        """Of most words there is one place; as a number it takes a third of the room."""
        shared: dict[int, list[int]] = {}
        for number, needle in enumerate(self._needles):
            for shift in range(WORD_BYTES):
                word = int.from_bytes(needle.data[shift : shift + WORD_BYTES], sys.byteorder)
                first = self._places.setdefault(word, place := number * WORD_BYTES + shift)
                if first != place and isinstance(first, int):
                    shared.setdefault(word, [first]).append(place)
        for word, places in shared.items():
            self._places[word] = self._sharing(places)

    def _sharing(self, places: Iterable[int]) -> _Sharing:
        found: dict[tuple[int, int], dict[bytes, list[Needle]]] = {}
        for needle, shift in map(self._at, places):
            found.setdefault((shift, len(needle.data)), {}).setdefault(needle.data, []).append(needle)
        return [(shift, length, same) for (shift, length), same in found.items()]

    def _at(self, place: int) -> tuple[Needle, int]:
        number, shift = divmod(place, WORD_BYTES)
        return self._needles[number], shift

    def found(self, data: bytes) -> Iterator[tuple[Needle, int]]:
        if not self._places:
            return
        whole = len(data) // WORD_BYTES * WORD_BYTES
        words = memoryview(data)[:whole].cast("Q")
        if self._places.keys().isdisjoint(words):
            return
        for number, word in enumerate(words):
            place = self._places.get(word)
            if place is not None:
                yield from self._compared(data, number * WORD_BYTES, place)

    def _compared(self, data: bytes, at: int, place: int | _Sharing) -> Iterator[tuple[Needle, int]]:
        if isinstance(place, int):
            needle, shift = self._at(place)
            if at >= shift and data.startswith(needle.data, at - shift):
                yield needle, at - shift
            return
        for shift, length, same in place:
            if at >= shift:
                for needle in same.get(data[at - shift : at - shift + length], ()):
                    yield needle, at - shift


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
