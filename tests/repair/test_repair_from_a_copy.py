"""A damaged copy is healed from another that was proven whole, its damaged bytes are kept, and all of it is told once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from damaged import DAMAGE, World, flipped

from archive.events import Event
from archive.fixity import CopyState
from archive.repair import Outcome, repair_due
from archive.repair.asides import drop_due


@pytest.mark.parametrize("kind", ["directory", "memory"])
@pytest.mark.parametrize("damage", list(DAMAGE))
def test_each_kind_of_damage_is_healed_and_told_once(worlds: Callable[..., World], kind: str, damage: str) -> None:
    world = worlds(kind)
    there = world.damage("b", damage)
    done = world.repair("b")
    assert (done.outcome, done.sources) == (Outcome.REPAIRED, ("a",))
    assert world.is_right("b") and world.is_right("a")
    assert world.state("b") is CopyState.OK
    (event,) = world.events(Event.AIP_COPY_REPAIRED)
    assert event.data["from_store"] == "a" and event.data["sha256"] == world.aip().sha256
    if there is None:
        assert world.kept() == [] and event.data["aside"] == []
    else:
        (kept,) = world.kept()
        damaged = hashlib.sha256(there).hexdigest()
        assert (kept.sha256, kept.size_bytes) == (damaged, len(there))
        assert event.data["damaged_sha256"] == damaged and event.data["aside"] == [kept.name]
        (aside,) = world.shelves["b"].store.aside()
        assert b"".join(world.shelves["b"].store.read_aside(aside)) == there
    assert world.repair("b").outcome is Outcome.WHOLE
    assert len(world.events(Event.AIP_COPY_REPAIRED)) == 1
    world.assert_ledger_whole()


@pytest.mark.parametrize("kind", ["directory", "memory"])
def test_damaged_bytes_are_dropped_when_their_time_is_over_and_that_is_told_once(
    worlds: Callable[..., World], kind: str
) -> None:
    world = worlds(kind)
    world.damage("b", "one bit")
    world.repair("b")
    world.later(days=89)
    assert drop_due(world.catalogue, world.stores, world.terms) == 0
    assert len(list(world.shelves["b"].store.aside())) == 1
    world.later(days=2)
    assert drop_due(world.catalogue, world.stores, world.terms) == 1
    assert list(world.shelves["b"].store.aside()) == []
    assert drop_due(world.catalogue, world.stores, world.terms) == 0
    (event,) = world.events(Event.AIP_DAMAGE_REMOVED)
    assert event.data["store"] == "b" and world.kept()[0].dropped_at == world.clock


def test_damaged_bytes_stay_while_anything_of_their_package_is_bad(world: World) -> None:
    world.damage("b", "one bit")
    world.repair("b")
    world.damage("a", "one bit")
    world.later(days=100)
    assert drop_due(world.catalogue, world.stores, world.terms) == 0
    world.repair("a")
    assert drop_due(world.catalogue, world.stores, world.terms) == 1


def test_a_copy_that_turned_good_is_left_alone(world: World) -> None:
    right = world.right[world.aip_id]
    world.damage("b", "one bit")
    world.shelves["b"].put(world.aip().object_key, right)
    assert world.repair("b").outcome is Outcome.WHOLE
    assert world.state("b") is CopyState.OK
    assert world.events(Event.AIP_COPY_REPAIRED) == [] and list(world.shelves["b"].store.aside()) == []


def test_T22_a_copy_that_is_called_whole_and_is_not_heals_nothing(worlds: Callable[..., World]) -> None:
    world = worlds(names=("a", "b", "c"))
    world.damage("a", "one bit", known=False)
    world.damage("b", "a page of zeros")
    done = world.repair("b")
    assert (done.outcome, done.sources) == (Outcome.REPAIRED, ("c",))
    assert world.is_right("b") and world.state("a") is CopyState.MISMATCH
    assert world.repair("a").outcome is Outcome.REPAIRED and world.is_right("a")


def test_ledger_and_catalogue_that_disagree_heal_nothing(world: World, tmp_path: Path) -> None:
    there = world.damage("b", "one bit")
    wrong = hashlib.sha256(there or b"").hexdigest()
    world.by_hand(f"UPDATE aips SET sha256 = '{wrong}'", file=tmp_path / "0" / "c.sqlite")
    assert world.repair("b").outcome is Outcome.INCIDENT
    assert world.repair("a").outcome is Outcome.INCIDENT
    assert world.shelves["b"].bytes_of(world.held[0].key) == there and world.is_right("a")
    (incident,) = world.open_incidents()
    assert incident.kind.value == "proof"
    assert len(world.events(Event.AIP_INCIDENT_OPENED)) == 1


def test_packages_whose_digest_is_in_doubt_keep_no_other_waiting(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds(packages=4)
    ids = sorted(range(4), key=lambda number: world.held[number].aip_id)
    for number in ids[:3]:
        world.damage("b", "one bit", number)
    first, second = (world.held[number].aip_id for number in ids[:2])
    file = tmp_path / "0" / "c.sqlite"
    world.by_hand(f"UPDATE aips SET sha256 = '0' || sha256 WHERE id IN ('{first}', '{second}')", file=file)
    for _ in range(3):
        repair_due(world.catalogue, world.stores, world.terms, at_once=1)
    assert world.is_right("b", ids[2]) and not world.is_right("b", ids[0])
    assert {item.subject for item in world.open_incidents()} == {first, second}
    world.by_hand("UPDATE aips SET sha256 = substr(sha256, 2) WHERE length(sha256) = 65", file=file)
    for _ in range(2):
        repair_due(world.catalogue, world.stores, world.terms, at_once=1)
    assert all(world.is_right("b", number) for number in ids) and world.open_incidents() == []


@pytest.mark.parametrize("store", ["a", "b"])
def test_a_forged_record_with_a_forged_row_heals_nothing(world: World, tmp_path: Path, store: str) -> None:
    """Both name the damaged bytes; the record's neighbours still contradict it."""
    there = world.damage(store, "one bit")
    wrong, right = hashlib.sha256(there or b"").hexdigest(), world.aip().sha256
    (written,) = world.events(Event.AIP_PACKAGE_WRITTEN)
    body = written.body.decode().replace(right, wrong)
    world.by_hand(
        f"UPDATE aips SET sha256 = '{wrong}'",
        f"UPDATE ledger SET body = '{body}', hash = '{hashlib.sha256(body.encode()).hexdigest()}' "
        f"WHERE seq = {written.seq}",
        file=tmp_path / "0" / "c.sqlite",
    )
    for each in ("a", "b"):
        assert world.repair(each).outcome is Outcome.INCIDENT
    assert world.shelves[store].bytes_of(world.held[0].key) == there


def test_T23_an_unreadable_copy_is_not_replaced_until_it_was_tried_again_and_again(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "0" / "b" / world.held[0].key
    path.unlink()
    path.mkdir()  # a folder in its place: it is there, and cannot be read
    assert world.audited("b") is CopyState.UNREADABLE
    for _ in range(2):
        assert world.repair("b").outcome is Outcome.WAITING
        assert repair_due(world.catalogue, world.stores, world.terms).repaired == []
        world.later(days=1, seconds=1)
    path.rmdir()
    path.write_bytes(flipped(900)(bytearray(world.right[world.aip_id])) or b"")
    assert world.repair("b").outcome is Outcome.REPAIRED, "it is read now, and is another"
    assert world.is_right("b")


def test_an_awaited_copy_is_left_to_whom_it_is_awaited_from(world: World) -> None:
    from archive.catalogue import Copy

    world.damage("b", "gone", known=False)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.aip_id, "b", CopyState.AWAITED, world.clock)])
    assert world.repair("b").outcome is Outcome.LEFT
    assert list(world.shelves["b"].store.keys()) == []


def test_a_round_heals_everything_audits_have_found(worlds: Callable[..., World]) -> None:
    world = worlds(packages=6)
    for number, damage in enumerate(["one bit", "gone", "cut off", "emptied"]):
        world.damage("ab"[number % 2], damage, number)
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.REPAIRED] * 4
    assert all(world.is_right(store, number) for store in "ab" for number in range(6))
    assert repair_due(world.catalogue, world.stores, world.terms).repaired == []
