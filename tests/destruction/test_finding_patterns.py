"""One pass over the bytes finds every needle wherever it begins, and across every border; nothing else is found."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator

import pytest

from archive.absence.markers import MARKER_BYTES, content_markers, first_marker, forms, text_needles
from archive.absence.patterns import BUFFER_BYTES, SHORTEST_BYTES, Needle, Searcher, searchable


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("length", [15, 16, 23, 30, 31, 32, 33, 64, 200])
def test_a_needle_is_found_at_every_offset(length: int) -> None:
    needle = Needle("h", "content", noise(1, length))
    searcher = Searcher([needle])
    for offset in range(0, 64):
        data = noise(2, offset) + needle.data + noise(3, 50)
        assert [(hit.needle, hit.offset) for hit in searcher.search([data])] == [(needle, offset)], offset


@pytest.mark.parametrize("piece", [1, 7, 8, 24, 31, 1000])
def test_a_needle_is_found_once_across_any_border(piece: int) -> None:
    needle = Needle("h", "content", noise(1, 32))
    data = noise(2, 1003) + needle.data + noise(3, 999) + needle.data
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
    assert [hit.offset for hit in Searcher([needle]).search(pieces)] == [1003, 1003 + 32 + 999]


@pytest.mark.parametrize("shift", range(-40, 8, 3))
def test_a_needle_over_the_border_of_two_buffers_is_found_once(shift: int) -> None:
    needle = Needle("h", "content", noise(1, 40))
    data = bytearray(noise(2, 2 * BUFFER_BYTES + 17))
    at = BUFFER_BYTES + shift
    data[at : at + 40] = needle.data
    assert [hit.offset for hit in Searcher([needle]).search([bytes(data)])] == [at]
    halves = [bytes(data[:BUFFER_BYTES]), bytes(data[BUFFER_BYTES:])]
    assert [hit.offset for hit in Searcher([needle]).search(halves)] == [at]


def test_very_many_needles_are_told_apart() -> None:
    needles = [Needle(str(number), "content", noise(number, 32)) for number in range(3_000)]
    chosen = random.Random(5).sample(needles, 20)
    data = b"".join(noise(10_000 + number, 997) + needle.data for number, needle in enumerate(chosen))
    assert [hit.needle for hit in Searcher(needles).search([data])] == chosen


@pytest.mark.parametrize("seed", range(6))
def test_needles_that_say_nearly_the_same_are_told_apart(seed: int) -> None:
    chance = random.Random(seed)
    said = ["Hồ sơ", "Quyết định", "số 12", "số 13", "về việc", "tu bổ đê điều", "nâng cấp kè", "năm 2010", "năm 2011"]

    def title() -> bytes:
        return " ".join(chance.choices(said, k=chance.randint(2, 5))).encode()

    made = {(str(number % 200), title()) for number in range(400)}
    needles = [Needle(about, "text", data) for about, data in sorted(made) if searchable(data)]
    assert len({needle.data for needle in needles}) < len(needles), "some are of two at once"
    data = b"".join(noise(number, chance.randint(0, 30)) + title() for number in range(400))
    there = {
        (needle, at)
        for needle in needles
        for at in range(len(data) - len(needle.data) + 1)
        if data.startswith(needle.data, at)
    }
    searcher = Searcher(needles)
    hits = list(searcher.search([data]))
    found = [(needle, hit.offset) for hit in hits for needle in searcher.alike(hit.needle)]
    assert len(found) == len(set(found)) and set(found) == there and len(there) > 100
    assert len(hits) < len(found), "what is alike is compared, and told, once"


def test_a_byte_that_differs_anywhere_is_no_hit() -> None:
    needle = Needle("h", "content", noise(1, 32))
    for place in range(32):
        other = bytearray(needle.data)
        other[place] ^= 1
        assert list(Searcher([needle]).search([noise(2, 10) + bytes(other)])) == []


def test_memory_does_not_grow_with_what_is_searched() -> None:
    searcher = Searcher([Needle("h", "content", noise(1, 32))])
    piece = noise(2, 1 << 18)

    def pieces(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield piece

    peaks = []
    for count in (16, 160):
        tracemalloc.start()
        assert list(searcher.search(pieces(count))) == []
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + BUFFER_BYTES


@pytest.mark.parametrize("data", [b"", b"short", bytes(40), b" " * 32, noise(1, SHORTEST_BYTES - 1)])
def test_what_would_be_met_everywhere_is_no_needle(data: bytes) -> None:
    assert not searchable(data)
    with pytest.raises(ValueError, match="needle"):
        Searcher([Needle("h", "content", data)])


def test_markers_are_spread_over_the_content_and_never_monotonous() -> None:
    import io

    data = bytes(10_000) + noise(1, 30_000) + b" " * 5_000
    found = content_markers(io.BytesIO(b"x" * 500 + data + b"y" * 500), 500, len(data))
    assert len(found) >= 2 and len(set(found)) == len(found)
    for marker in found:
        assert len(marker) == MARKER_BYTES and marker in data and searchable(marker)
    assert first_marker(bytes(4096)) is None


def test_a_title_is_looked_for_in_every_form_it_is_written_in() -> None:
    title = 'Hồ sơ "tu bổ" đê điều năm 2010'
    found = forms(title)
    assert title.encode() in found
    assert title.encode("utf-16-le") in found
    assert any(b"\\u1ed3" in form for form in found) and any(b"%E1%BB" in form for form in found)
    assert any(b'\\"' in form for form in found)
    assert len(list(text_needles("h", title))) == len(found)
    assert forms("12.pdf") == ()
