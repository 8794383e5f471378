"""A store that is slow, full, read-only, lying, hanging, gone for a week: nothing waits for it, nothing believes it."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from moody_stores import BAD, Mood
from small_archive import SmallArchive, policy_of

from archive.catalogue import Copy
from archive.catalogue.policy_reading import awaited_copies, awaited_count, awaited_since
from archive.errors import CopiesUnprovenError, StoreError
from archive.events import Event
from archive.fixity import CopyState
from archive.storage_policy import PolicyStaleError

OK, AWAITED = CopyState.OK, CopyState.AWAITED
LARGE = bytes(range(256)) * (16 << 12)
"""16 MiB: more blocks than a slow store is given to fall behind."""


@pytest.mark.parametrize("mood", BAD)
def test_T25_what_a_store_that_may_lag_does_not_keep_is_awaited_and_the_rest_is_stored(
    small: SmallArchive, mood: Mood
) -> None:
    small.mood(2, mood)
    # Large enough that a slow one falls behind, and one that hangs fills its queue.
    aip = small.store_one(1, LARGE if mood in (Mood.SLOW, Mood.HANGING) else None)
    states = small.states(aip)
    assert (states["a"], states["b"]) == (OK, OK)
    assert states["c"] is (AWAITED if mood is not Mood.SLOW else states["c"])
    small.mood(2, Mood.FINE)
    small.stores[2].let_go.set()
    wait_for_threads()
    small.catch_up()
    assert small.states(aip) == {"a": OK, "b": OK, "c": OK}
    assert small.held(aip, 2) == small.held(aip, 0)


@pytest.mark.parametrize("mood", [Mood.LOSING, Mood.CHANGING, Mood.TORN])
def test_a_store_that_lies_on_and_on_is_never_believed(small: SmallArchive, mood: Mood) -> None:
    small.mood(2, mood)
    aip = small.store_one(1)
    for _ in range(3):
        assert small.catch_up() == 0
        assert small.states(aip)["c"] is AWAITED
    assert len([aside for aside in small.stores[2].aside() if aside.key == aip.object_key]) <= 1
    assert small.events(Event.AIP_COPY_ADDED) == []
    small.mood(2, Mood.FINE)
    assert small.catch_up() == 1
    assert small.states(aip)["c"] is OK
    assert small.events(Event.AIP_COPY_ADDED) == [aip.id]


@pytest.mark.parametrize("mood", [mood for mood in BAD if mood is not Mood.HANGING and mood is not Mood.SLOW])
def test_what_a_required_store_does_not_keep_is_not_stored(small: SmallArchive, mood: Mood) -> None:
    small.mood(1, mood)
    with pytest.raises((StoreError, CopiesUnprovenError)):
        small.store_one(1)
    assert small.events(Event.AIP_COPIES_VERIFIED) == []


def test_a_store_gone_for_a_week_is_caught_up_with_in_the_order_of_waiting(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    aips = [small.store_one(number) for number in (7, 3, 9, 1, 8, 2, 10, 6, 4, 5)]
    with small.catalogue.read() as view:
        assert awaited_count(view, "c", 100) == 10
        assert awaited_count(view, "c", 4) == 4
        since = awaited_since(view, "c")
    assert since is not None and small.at - since == timedelta(minutes=9)
    assert small.catch_up() == 0
    small.mood(2, Mood.FINE)
    assert small.catch_up() == 10
    assert small.events(Event.AIP_COPY_ADDED) == [aip.id for aip in aips]
    assert {state for aip in aips for state in small.states(aip).values()} == {OK}
    with small.catalogue.read() as view:
        assert awaited_since(view, "c") is None
    assert small.catch_up() == 0


def test_a_store_that_is_away_is_asked_once_and_then_rests(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    for number in range(1, 6):
        small.store_one(number)
    assert small.stores[2].asked <= 2
    before = small.stores[2].asked
    small.catch_up()
    assert small.stores[2].asked == before + 1


def test_a_copy_is_made_only_from_a_copy_that_is_right_now(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    aip = small.store_one(1)
    spoil(small, "a", str(aip.object_key))
    small.mood(2, Mood.FINE)
    assert small.catch_up() == 1
    assert small.states(aip) == {"a": CopyState.MISMATCH, "b": OK, "c": OK}
    assert small.held(aip, 2) == small.held(aip, 1)


def test_T22_without_a_right_copy_nothing_is_copied_and_the_others_go_on(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    bad, good = small.store_one(1), small.store_one(2)
    spoil(small, "a", str(bad.object_key))
    spoil(small, "b", str(bad.object_key))
    small.mood(2, Mood.FINE)
    assert small.catch_up() == 1
    assert small.states(bad) == {"a": CopyState.MISMATCH, "b": CopyState.MISMATCH, "c": AWAITED}
    assert small.states(good)["c"] is OK
    assert not (small.folder / "c" / str(bad.object_key)).exists()


def test_a_store_that_hangs_keeps_no_other_waiting(small: SmallArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.catchup.WAITED_SECONDS", 0.0)
    monkeypatch.setattr("archive.catchup.ASKED_SECONDS", 0.5)
    small.adopt(policy_of(2, "a", "b", "c", lag="bc", home=small.folder))
    for store in (1, 2):
        small.mood(store, Mood.AWAY)
    aip = small.store_one(1)
    small.mood(1, Mood.HANGING)
    small.mood(2, Mood.FINE)
    assert small.catch_up() == 1
    assert small.states(aip) == {"a": OK, "b": AWAITED, "c": OK}
    small.stores[1].let_go.set()
    small.mood(1, Mood.FINE)
    wait_for_threads()
    assert small.catch_up() == 1


def test_catching_up_stops_when_told_and_goes_on(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    for number in range(1, 6):
        small.store_one(number)
    small.mood(2, Mood.FINE)
    assert small.catch_up(lambda: len(small.events(Event.AIP_COPY_ADDED)) >= 2) == 2
    assert small.catch_up() == 3


def test_under_another_policy_nothing_is_copied(small: SmallArchive) -> None:
    before = small.policy
    small.adopt(policy_of(2, "a", "b", "c", lag="bc", home=small.folder))
    with pytest.raises(PolicyStaleError):
        small.catch_up(policy=before)


def test_a_copy_seen_again_meanwhile_is_not_added_twice(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    aip = small.store_one(1)
    small.mood(2, Mood.FINE)
    with small.catalogue.read() as view:
        (awaited,) = awaited_copies(view, "c", 10)
    assert (awaited.aip_id, awaited.since) == (aip.id, small.at)
    small.catch_up()
    with small.catalogue.transaction() as tx:
        tx.record_copies([Copy(aip.id, "c", AWAITED, small.at)])
    assert small.catch_up() == 1
    assert small.events(Event.AIP_COPY_ADDED) == [aip.id] * 2


def spoil(small: SmallArchive, store: str, key: str) -> None:
    path = small.folder / store / key
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))


def wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith(("copy ", "ask ", "catch up ")):
            thread.join(10)
