"""A store leaves, or goes to another medium, only when what it holds is proven elsewhere; begun again anywhere."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from moody_stores import Mood, MoodyStore
from small_archive import NEVER, SmallArchive, policy_of

from archive.catalogue import Aip
from archive.catalogue.policy_model import MoveKind
from archive.catalogue.policy_reading import adopted_policy, move_under_way, moves, recorded_copies
from archive.copying import SourceFailedError
from archive.errors import StoreError
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.moving import MediumUnfaithfulError, Moving
from archive.retiring import Retirement
from archive.storage import DirectoryStore, Key
from archive.storage_policy import PolicyRefusedError, StoragePolicy
from archive.storage_policy_reading import read_policy

OK, AWAITED = CopyState.OK, CopyState.AWAITED


def retirement(small: SmallArchive, name: str, stopping: Callable[[], bool] = NEVER) -> Retirement:
    return Retirement(
        small.catalogue, small.policy, small.stores, name, "thử", small.now,
        lambda: uuid.uuid4().hex, stopping=stopping,
    )  # fmt: skip


def without(small: SmallArchive, *names: str, version: int = 2) -> StoragePolicy:
    lag = [name for name in small.policy.lagging if name not in names]
    return policy_of(version, *(name for name in "abc" if name not in names), lag=lag, home=small.folder)


def test_a_store_that_was_not_retired_is_not_dropped(small: SmallArchive) -> None:
    small.store_one(1)
    with pytest.raises(PolicyRefusedError, match="ngừng dùng"):
        small.adopt(without(small, "b"))


def test_a_store_is_retired_after_the_others_were_read_whole_and_its_rows_go_with_it(small: SmallArchive) -> None:
    aips = [small.store_one(number) for number in range(1, 30)]
    small.at = small.at.replace(year=2027)
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None
    assert done.report["passed"] and done.report["packages"] == 29
    assert [(row["store"], row["proven"]) for row in done.report["remaining"]] == [("a", 29), ("c", 29)]
    assert small.events(Event.STORE_PLACE_RETIRED) == ["b"]
    assert small.adopt(without(small, "b"))
    small.catch_up()
    with small.catalogue.read() as view:
        assert recorded_copies(view, "b", 10) == ()
        assert len(recorded_copies(view, "a", 100)) == 29
    assert small.states(aips[0]) == {"a": OK, "c": OK}


def test_T22_a_store_is_not_retired_when_it_may_hold_the_last_right_copy(small: SmallArchive) -> None:
    aips = [small.store_one(number) for number in range(1, 4)]
    spoil(small.folder / "a" / str(aips[1].object_key))
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None and not done.report["passed"]
    assert done.report["short"] == [aips[1].id]
    assert small.events(Event.STORE_PLACE_RETIRED) == []
    with pytest.raises(PolicyRefusedError):
        small.adopt(without(small, "b"))


def test_a_store_is_not_retired_while_another_waits_for_its_copies(small: SmallArchive) -> None:
    small.mood(2, Mood.AWAY)
    small.store_one(1)
    small.mood(2, Mood.FINE)
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None and not done.report["passed"]
    small.catch_up()
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None and done.report["passed"]


def test_what_was_stored_after_the_retirement_must_be_proven_elsewhere_too(small: SmallArchive) -> None:
    small.store_one(1)
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None and done.report["passed"]
    small.mood(2, Mood.AWAY)
    small.store_one(2)
    with pytest.raises(PolicyRefusedError, match="bản đã kiểm chứng"):
        small.adopt(without(small, "b"))
    small.mood(2, Mood.FINE)
    small.catch_up()
    assert small.adopt(without(small, "b"))


def test_two_stores_do_not_leave_when_one_would_remain(small: SmallArchive) -> None:
    small.store_one(1)
    with pytest.raises(PolicyRefusedError):
        retirement(small, "x").run()
    assert retirement(small, "b").run() is not None
    small.adopt(without(small, "b"))
    small.stores = [small.stores[0], small.stores[2]]
    with pytest.raises(PolicyRefusedError):
        retirement(small, "c").run()


def test_a_retirement_goes_on_where_it_was_stopped(small: SmallArchive) -> None:
    for number in range(1, 8):
        small.store_one(number)
    stops = iter([False, False, False, True])
    assert retirement(small, "b", lambda: next(stops)).run() is None
    with small.catalogue.read() as view:
        under_way = move_under_way(view, "b", MoveKind.RETIREMENT)
    assert under_way is not None and under_way.objects == 3
    done = retirement(small, "b").run()
    assert done is not None and done.report is not None
    assert (done.id, done.report["packages"], done.report["passed"]) == (under_way.id, 7, True)


def test_an_added_store_is_filled_with_what_there_was_before_in_pages(small: SmallArchive) -> None:
    aips = [small.store_one(number) for number in range(1, 8)]
    small.stores.append(MoodyStore(DirectoryStore.initialise("d", small.folder / "d")))
    small.patient.append(type(small.patient[0])(small.stores[3], small.clock))
    assert small.adopt(policy_of(2, "a", "b", "c", "d", lag="c", home=small.folder))
    with pytest.raises(PolicyRefusedError, match="danh sách"):
        retirement(small, "b").run()
    assert small.catch_up() == 7
    assert {small.states(aip)["d"] for aip in aips} == {OK}
    assert small.held(aips[0], 3) == small.held(aips[0], 0)
    assert small.events(Event.STORE_PLACE_ADDED) == ["a", "b", "c", "d"]


@pytest.fixture
def moved_policy(small: SmallArchive) -> StoragePolicy:
    text = policy_of(2, "a", "b", "c", lag="c", home=small.folder).text.replace('path = "b"', 'path = "new"')
    DirectoryStore.initialise("b", small.folder / "new")
    return read_policy(text, small.folder)


def moving(small: SmallArchive, policy: StoragePolicy, **more: Any) -> Moving:
    new = more.pop("new", DirectoryStore("b", small.folder / "new"))
    return Moving(
        small.catalogue, small.policy, policy, "b", small.stores[1], new, [small.stores[0], small.stores[2]],
        small.folder, "thử", small.now, lambda: uuid.uuid4().hex, **more,
    )  # fmt: skip


def test_a_store_elsewhere_is_refused_unless_it_was_moved(small: SmallArchive, moved_policy: StoragePolicy) -> None:
    with pytest.raises(PolicyRefusedError, match="chuyển nội dung"):
        small.adopt(moved_policy)


def test_each_object_stands_on_the_new_medium_and_was_read_there_before_the_switch(
    small: SmallArchive, moved_policy: StoragePolicy
) -> None:
    aips = [small.store_one(number) for number in range(1, 6)]
    lay(small.stores[1], Key("ledger/000000000001-000000000009.jsonl"), b"sealed")
    done = moving(small, moved_policy).run()
    assert done is not None and done.report is not None
    assert (done.report["passed"], done.report["packages"]) == (True, 5)
    assert done.report["size_bytes"] == sum(aip.size_bytes for aip in aips)
    assert (done.report["old_place"]["path"], done.report["new_place"]["path"]) == ("b", "new")
    assert_same(small, aips)
    assert (small.folder / "new/ledger/000000000001-000000000009.jsonl").read_bytes() == b"sealed"
    with small.catalogue.read() as view:
        standing = adopted_policy(view)
        assert standing is not None and (standing.version, standing.sha256) == (2, moved_policy.sha256)
        assert [move.id for move in moves(view)] == [done.id]
    assert small.events(Event.STORE_MEDIUM_MOVED) == ["b"]


@pytest.mark.parametrize("stop_after", range(9))
def test_a_move_goes_on_wherever_it_was_stopped(
    small: SmallArchive, moved_policy: StoragePolicy, stop_after: int
) -> None:
    aips = [small.store_one(number) for number in range(1, 6)]
    lay(small.stores[1], Key("ledger/000000000001-000000000009.jsonl"), b"sealed")
    count = iter([False] * stop_after + [True] * 100)
    first = moving(small, moved_policy, stopping=lambda: next(count)).run()
    done = first or moving(small, moved_policy).run()
    assert done is not None and done.report is not None and done.report["passed"]
    assert done.report["packages"] == 5
    assert_same(small, aips)
    assert small.events(Event.STORE_MEDIUM_MOVED) == ["b"]


def test_what_is_stored_while_a_store_moves_moves_too(small: SmallArchive, moved_policy: StoragePolicy) -> None:
    aips = [small.store_one(number) for number in (5, 6, 7)]
    more: Iterator[int] = iter([2, 9])

    def meanwhile(_read: int) -> None:
        if (number := next(more, None)) is not None:
            aips.append(small.store_one(number))

    done = moving(small, moved_policy, progress=meanwhile).run()
    assert done is not None and done.report is not None and done.report["passed"]
    assert len(aips) == 5
    assert_same(small, aips)


def test_a_damaged_copy_is_not_carried_over_but_comes_from_another_store(
    small: SmallArchive, moved_policy: StoragePolicy
) -> None:
    aips = [small.store_one(number) for number in (1, 2)]
    spoil(small.folder / "b" / str(aips[0].object_key))
    done = moving(small, moved_policy).run()
    assert done is not None and done.report is not None
    assert (done.report["passed"], done.report["from_other_stores"]) == (True, 1)
    assert_same(small, aips, store="a")


def test_a_medium_that_is_gone_is_stood_in_for_by_the_others(small: SmallArchive, moved_policy: StoragePolicy) -> None:
    aips = [small.store_one(number) for number in range(1, 9)]
    small.mood(1, Mood.AWAY)
    done = moving(small, moved_policy).run()
    assert done is not None and done.report is not None
    assert (done.report["passed"], done.report["from_other_stores"]) == (True, 8)
    assert_same(small, aips, store="a")


def test_without_a_right_copy_of_each_package_the_store_stays_where_it_is(
    small: SmallArchive, moved_policy: StoragePolicy
) -> None:
    aips = [small.store_one(number) for number in (1, 2, 3)]
    for store in "abc":
        spoil(small.folder / store / str(aips[0].object_key))
    stops = iter([False, True])
    assert moving(small, moved_policy, stopping=lambda: next(stops)).run() is None
    done = moving(small, moved_policy).run()
    assert done is not None and done.report is not None
    assert (done.report["passed"], done.report["unproven"]) == (False, [aips[0].id])
    with small.catalogue.read() as view:
        standing = adopted_policy(view)
    assert standing is not None and standing.version == 1
    assert small.events(Event.STORE_MEDIUM_MOVED) == []


@pytest.mark.parametrize("mood", [Mood.CHANGING, Mood.LOSING, Mood.TORN, Mood.FULL, Mood.READ_ONLY])
def test_a_new_medium_that_lies_or_fails_is_not_switched_to(
    small: SmallArchive, moved_policy: StoragePolicy, mood: Mood
) -> None:
    aips = [small.store_one(number) for number in (1, 2)]
    new = MoodyStore(DirectoryStore("b", small.folder / "new"), mood)
    with pytest.raises(StoreError if mood in (Mood.FULL, Mood.READ_ONLY) else MediumUnfaithfulError):
        moving(small, moved_policy, new=new).run()
    new.mood = Mood.FINE
    done = moving(small, moved_policy, new=new).run()
    assert done is not None and done.report is not None and done.report["passed"]
    assert_same(small, aips)


def test_a_store_is_not_switched_while_nobody_can_say_what_else_lay_in_it(
    small: SmallArchive, moved_policy: StoragePolicy
) -> None:
    aips = [small.store_one(1)]
    new = DirectoryStore("b", small.folder / "new")
    with new.create(aips[0].object_key) as writer:  # its packages came over before all the others went away
        writer.write((small.folder / "b" / str(aips[0].object_key)).read_bytes())
        writer.commit()
    for number in range(3):
        small.mood(number, Mood.AWAY)
    with pytest.raises(SourceFailedError):
        moving(small, moved_policy).run()
    assert small.events(Event.STORE_MEDIUM_MOVED) == []


def assert_same(small: SmallArchive, aips: list[Aip], store: str = "b") -> None:
    new = DirectoryStore("b", small.folder / "new")
    for aip in aips:
        assert verify_copy(new, aip.object_key, aip.sha256, aip.size_bytes).ok
        key = str(aip.object_key)
        assert (small.folder / "new" / key).read_bytes() == (small.folder / store / key).read_bytes()


def lay(store: MoodyStore, key: Key, data: bytes) -> None:
    with store.create(key) as writer:
        writer.write(data)
        writer.commit()


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
