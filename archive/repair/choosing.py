"""Which copy to take each span from: tried until the digest is right, within a budget of bytes; never guessed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.repair.spans import Span, readings, spans_of
from archive.repair.witness import PIECE_BYTES, Witness

MOST_DIFFERING = 10
"""At most 2 to the power of this many combinations are tried for one range of two copies."""
_MOST_COMBINATIONS = 4 << MOST_DIFFERING


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def copy(self) -> Hash: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """A range to be read from one copy."""

    begin: int
    end: int
    copy: int


@dataclass
class Budget:
    """How many bytes may still be read for trying: a hopeless puzzle must end."""

    left_bytes: int

    def spend(self, count: int) -> bool:
        self.left_bytes -= count
        return self.left_bytes >= 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a range: its SHA-256, and where each part is taken from."""

    sha256: str
    taken: tuple[Taken, ...]


def whole_in(witness: Witness, number: int, begin: int, end: int) -> Reading | None:
    """The range as this one copy has it; None when it has not all of it."""
    digest = hashlib.sha256()
    for at in range(begin, end, PIECE_BYTES):
        data = witness.read(at, min(PIECE_BYTES, end - at))
        if data is None:
            return None
        digest.update(data)
    return Reading(digest.hexdigest(), (Taken(begin, end, number),) if end > begin else ())


def reading_with(
    witnesses: Sequence[Witness], begin: int, end: int, digests: Collection[str], budget: Budget
) -> Reading | None:
    """Parts of several copies that together have one of ``digests``; None when no combination tried has."""
    coarse = spans_of(witnesses, begin, end)
    if coarse is None:
        return None
    tried: list[list[Span]] = []
    for spans in readings(witnesses, coarse):
        if spans in tried or combinations(spans) > _MOST_COMBINATIONS:
            continue
        tried.append(spans)
        for reading in all_readings(witnesses, spans, budget):
            if reading.sha256 in digests:
                return reading
    return None


def all_readings(witnesses: Sequence[Witness], spans: Sequence[Span], budget: Budget) -> Iterator[Reading]:
    """Every combination of choices for ``spans``, in turn; ends early when the budget is spent."""

    def go_on(number: int, digest: Hash, taken: tuple[Taken, ...]) -> Iterator[Reading]:
        while number < len(spans) and not spans[number].differs:
            span = spans[number]
            taken = (*taken, Taken(span.begin, span.end, span.choices[0]))
            if not _feed(witnesses, taken[-1], digest, budget):
                return
            number += 1
        if number == len(spans):
            yield Reading(digest.hexdigest(), taken)
            return
        span = spans[number]
        for choice in span.choices:
            part, further = Taken(span.begin, span.end, choice), digest.copy()
            if _feed(witnesses, part, further, budget):
                yield from go_on(number + 1, further, (*taken, part))

    yield from go_on(0, hashlib.sha256(), ())


def combinations(spans: Sequence[Span]) -> int:
    """How many there are; counted no further than is tried."""
    count = 1
    for span in spans:
        count *= len(span.choices)
        if count > _MOST_COMBINATIONS:
            break
    return count


def _feed(witnesses: Sequence[Witness], part: Taken, digest: Hash, budget: Budget) -> bool:
    """Whether these bytes could be read and paid for."""
    for at in range(part.begin, part.end, PIECE_BYTES):
        length = min(PIECE_BYTES, part.end - at)
        if not budget.spend(length):
            return False
        data = witnesses[part.copy].read(at, length)
        if data is None:
            return False
        digest.update(data)
    return True
