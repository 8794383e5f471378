"""The table of entries gives back what was put in, in its order and by path, and takes little memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from archive.aip.entries import EntryTable
from archive.aip.model import Entry

DIGEST = st.binary(min_size=64, max_size=64)
ENTRY = st.builds(
    lambda name, offset, size, digest: Entry(f"a/{name}", offset, size, digest[:32].hex(), digest.hex()),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=9),
    st.integers(0, 2**63),
    st.integers(0, 2**63),
    DIGEST,
)


def table(entries: list[Entry]) -> EntryTable:
    made = EntryTable()
    for entry in entries:
        made.append(entry)
    return made


@given(st.lists(ENTRY, max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_a_table_and_its_parts_are_like_a_list(entries: list[Entry], first: int, end: int) -> None:
    made = table(entries)
    whole = made.part(0)
    assert list(whole) == entries and whole == table(entries).part(0)
    assert list(whole[first:end]) == entries[first:end]
    assert [whole[index] for index in range(-len(entries), len(entries))] == entries * 2
    assert made.size_bytes(0, len(made)) == sum(entry.size_bytes for entry in entries)


@given(st.lists(ENTRY, max_size=12))
def test_the_order_of_paths_is_that_of_their_characters(entries: list[Entry]) -> None:
    ordered = table(entries).part(0).by_path(common=2)
    assert [entry.path for entry in ordered] == sorted(entry.path for entry in entries)


def test_a_part_does_not_grow_with_its_table() -> None:
    made = table([Entry("a", 0, 0, "00" * 32, "00" * 64)])
    part = made.part(0)
    made.append(Entry("b", 1, 1, "00" * 32, "00" * 64))
    assert len(part) == 1 and len(made) == 2
    assert part != made.part(0)


def test_ten_thousand_entries_take_three_megabytes() -> None:
    tracemalloc.start()
    try:
        made = EntryTable()
        for number in range(10_000):
            made.append(Entry(f"{'x' * 140}{number}", number, number, "00" * 32, "00" * 64))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 10_000 and held < 3_500_000
