"""Any random damage to any copies: the result is the right bytes, or nothing changed; good bytes are never lost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from damaged import World, shelves_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.catalogue import Copy
from archive.fixity import CopyState
from archive.repair import Outcome, repair_due

SIZE = 20_000
"""About; places beyond the end mean the end."""

places = st.integers(0, 40_000)
changes = st.one_of(
    st.tuples(st.just("flip"), places, st.integers(1, 255)),
    st.tuples(st.just("zero"), places, st.integers(1, 12_000)),
    st.tuples(st.just("cut"), places, st.just(0)),
    st.tuples(st.just("add"), st.integers(1, 2000), st.just(0)),
    st.tuples(st.just("swap"), places, places),
    st.tuples(st.just("gone"), st.just(0), st.just(0)),
)
damage = st.lists(changes, max_size=4)


def damaged(right: bytes, what: list[tuple[str, int, int]]) -> bytes | None:
    data = bytearray(right)
    for kind, place, more in what:
        if kind == "gone":
            return None
        if kind == "cut":
            del data[min(place, len(data)) :]
        elif kind == "add":
            data += b"\1" * place
        elif place < len(data):
            if kind == "flip":
                data[place] ^= more
            elif kind == "zero":
                data[place : place + more] = bytes(len(data[place : place + more]))
            elif more < len(data):
                data[place], data[more] = data[more], data[place]
    return bytes(data)


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """One world for all examples: each begins by putting the right bytes back."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            f"sqlite:///{folder}/c.sqlite",
            list(shelves_of("memory", Path(folder), ("a", "b", "c"))),
            size_bytes=SIZE,
        )
        yield world
        world.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=st.tuples(damage, damage, damage), known=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_no_damage_ends_in_wrong_bytes_or_lost_good_ones(
    shared: World, copies: tuple[list[tuple[str, int, int]], ...], known: tuple[bool, ...]
) -> None:
    world, right, key = shared, shared.right[shared.aip_id], shared.held[0].key
    before: dict[str, bytes | None] = {}
    for store, what in zip("abc", copies, strict=True):
        before[store] = damaged(right, what)
        world.shelves[store].put(key, before[store])
        for aside in list(world.shelves[store].store.aside()):
            world.shelves[store].store.drop_aside(aside)
    with world.catalogue.transaction() as tx:
        for store, seen in zip("abc", known, strict=True):
            # What an audit has not seen yet is still called whole.
            state = CopyState.OK if before[store] == right or not seen else CopyState.MISMATCH
            tx.record_copies([Copy(world.aip_id, store, state, world.clock)])
    for _ in range(3):
        world.later(days=2)
        repair_due(world.catalogue, world.stores, world.terms)
    after = {store: present(world, store) for store in "abc"}
    lying = {
        store: [b"".join(shelf.store.read_aside(aside)) for aside in shelf.store.aside()]
        for store, shelf in world.shelves.items()
    }
    for store in "abc":
        assert after[store] in (right, before[store]), "bytes that nobody ever proved"
        if before[store] is not None and after[store] != before[store]:
            assert before[store] in lying[store], "what was there is kept"
        if before[store] == right:
            assert after[store] == right
        if world.state(store) is CopyState.OK and seen_by(known, store):
            assert after[store] == right, "called whole, and is not"
    if right in before.values():
        assert all(after[store] == right for store in "abc" if seen_by(known, store))
    for incident in world.open_incidents():
        assert right not in after.values()
        assert world.repair("a").outcome is Outcome.INCIDENT
        assert incident.subject == world.aip_id
    # For the next example: all as it was.
    for store in "abc":
        world.shelves[store].put(key, right)
        world.repair(store)
    assert world.open_incidents() == []


def seen_by(known: tuple[bool, ...], store: str) -> bool:
    return known["abc".index(store)]


def present(world: World, store: str) -> bytes | None:
    key = world.held[0].key
    return world.shelves[store].bytes_of(key) if key in list(world.shelves[store].store.keys()) else None
