"""Where copies agree and where they differ: a range cut into spans, each with the copies worth trying for it.

copy 0  ▒▒▒▒▒▒▒▒x▒▒▒▒▒▒▒▒▒▒▒▒
copy 1  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒·····      x damaged, · not there
spans   (0)      (0|1)  (0)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archive.repair.witness import PAGE_BYTES, PIECE_BYTES, Witness, pages

_MOST_BYTES = 10
_MOST_PAGES = 256
"""So many differing pages are compared byte by byte; more than that is no scatter of single faults."""


@dataclass(frozen=True, slots=True)
class Span:
    """``choices``: one copy for each different text of this range, in the order of the copies. More than one: they
    differ. ``has``: every copy that has these bytes.
    """

    begin: int
    end: int
    choices: tuple[int, ...]
    has: frozenset[int]

    @property
    def differs(self) -> bool:
        return len(self.choices) > 1


def spans_of(witnesses: Sequence[Witness], begin: int, end: int) -> list[Span] | None:
    """The range by pages, and cut where a copy ends; None when some part is in no copy."""
    found: list[Span] = []
    ends = {witness.size_bytes for witness in witnesses}
    for at, until in pairwise([begin, *range(begin - begin % PIECE_BYTES + PIECE_BYTES, end, PIECE_BYTES), end]):
        texts = [witness.read(at, until - at) for witness in witnesses]
        if None not in texts and len(set(texts)) == 1:
            _add(found, Span(at, until, (0,), frozenset(range(len(witnesses)))))
            continue
        places = sorted({*pages(at, until), *(place for place in ends if at < place < until)})
        for parts in zip(*(witness.parts(places) for witness in witnesses), strict=True):
            span = _page_span(parts[0][0], [data for _, data in parts])
            if span is None:
                return None
            _add(found, span)
    return found


def readings(witnesses: Sequence[Witness], coarse: Sequence[Span]) -> Iterator[list[Span]]:
    """The same range cut more and more finely: one damaged region is one span first, single bytes are the last.

    Regions are joined over gaps at first, because what was overwritten agrees here and there by chance.
    """
    yield joined(coarse, PIECE_BYTES)
    yield joined(coarse, 16 * PAGE_BYTES)
    yield list(coarse)
    if sum(-(-(span.end - span.begin) // PAGE_BYTES) for span in coarse if span.differs) <= _MOST_PAGES:
        fine = list(_bytewise(witnesses, coarse))
        yield joined(fine, 64)
        yield joined(fine, 8)
        yield fine
        if sum(span.end - span.begin for span in fine if span.differs) <= _MOST_BYTES:
            yield [byte for span in fine for byte in (_bytes(span) if span.differs else [span])]
    yield from _met(joined(coarse, PIECE_BYTES))


def joined(spans: Iterable[Span], gap_bytes: int) -> list[Span]:
    """Differing spans with the same choices made one, over agreeing gaps shorter than ``gap_bytes``."""
    made: list[Span] = []
    for span in spans:
        made.append(span)
        while len(made) >= 3 and _joinable(made[-3], made[-2], made[-1], gap_bytes):
            last, _, first = made.pop(), made.pop(), made.pop()
            made.append(Span(first.begin, last.end, first.choices, first.has & last.has))
        if len(made) >= 2 and made[-1].differs and _alike(made[-2], made[-1]):
            last, first = made.pop(), made.pop()
            made.append(Span(first.begin, last.end, first.choices, first.has & last.has))
    return made


def _alike(first: Span, last: Span) -> bool:
    return first.choices == last.choices and first.end == last.begin


def _met(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """One differing region as two that meet inside it: damage of one copy that begins where that of another ends."""
    places = [place for place, span in enumerate(spans) if span.differs]
    if len(places) != 1:
        return
    (place,) = places
    whole = spans[place]
    meetings = pages(whole.begin, whole.end)[1:-1]
    if len(meetings) > _MOST_PAGES:
        return
    for meeting in meetings:
        first = Span(whole.begin, meeting, whole.choices, whole.has)
        last = Span(meeting, whole.end, whole.choices, whole.has)
        yield [*spans[:place], first, last, *spans[place + 1 :]]


def _bytes(span: Span) -> list[Span]:
    return [Span(at, at + 1, span.choices, span.has) for at in range(span.begin, span.end)]


def _joinable(first: Span, gap: Span, last: Span, gap_bytes: int) -> bool:
    return (
        first.differs
        and last.differs
        and (first.end, gap.end) == (gap.begin, last.begin)
        and not gap.differs
        and gap.end - gap.begin < gap_bytes
        and first.choices == last.choices
        and set(first.choices) <= gap.has
    )


def _page_span(begin: int, texts: Sequence[bytes | None]) -> Span | None:
    first: dict[bytes, int] = {}
    for number, text in enumerate(texts):
        if text is not None:
            first.setdefault(text, number)
    if not first:
        return None
    length = len(next(iter(first)))
    has = frozenset(number for number, text in enumerate(texts) if text is not None)
    return Span(begin, begin + length, tuple(first.values()), has)


def _bytewise(witnesses: Sequence[Witness], coarse: Sequence[Span]) -> Iterator[Span]:
    """Differing spans byte by byte; where a copy no longer gives its bytes, the span stays as it was."""
    for span in coarse:
        texts = {number: witnesses[number].read(span.begin, span.end - span.begin) for number in span.choices}
        if not span.differs or None in texts.values():
            yield span
            continue
        fine: list[Span] = []
        for at, letters in enumerate(zip(*(text for text in texts.values() if text is not None), strict=True)):
            first: dict[int, int] = {}
            for number, letter in zip(texts, letters, strict=True):
                first.setdefault(letter, number)
            _add(fine, Span(span.begin + at, span.begin + at + 1, tuple(first.values()), frozenset(texts)))
        yield from fine


def _add(spans: list[Span], span: Span) -> None:
    """At the end; one with the last when the same copies are to be tried for both."""
    if spans and (spans[-1].choices, spans[-1].has) == (span.choices, span.has) and spans[-1].end == span.begin:
        span = Span(spans.pop().begin, span.end, span.choices, span.has)
    spans.append(span)
