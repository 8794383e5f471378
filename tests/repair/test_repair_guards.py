"""What must never start a mass repair, what must never be taken for proof, and what races with a repair."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from damaged import World, flipped

from archive.catalogue import Copy
from archive.catalogue.repair_model import IncidentKind
from archive.errors import StoreError, StoreFullError
from archive.events import Event
from archive.fixity import CopyState
from archive.repair import Outcome, Repaired, Terms, repair_copy, repair_due
from archive.repair.errors import IncidentMissingError, RepairStoppedError
from archive.repair.incidents import close_by_person, confirm_store
from archive.repair.mass import MassLimit, may_heal
from archive.storage import DirectoryStore, Key, MemoryStore
from archive.storage.store import Bytes


def test_a_store_that_is_not_there_has_lost_nothing_and_gets_nothing(
    worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds(packages=3)
    (tmp_path / "0" / "b").rename(tmp_path / "away")
    for number in range(3):
        assert world.audited("b", number) is CopyState.UNREADABLE
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert (made.repaired, made.paused) == ([], ["b"])
    (tmp_path / "0" / "b").mkdir()  # an empty mount point
    assert repair_due(world.catalogue, world.stores, world.terms).paused == ["b"]
    assert list((tmp_path / "0" / "b").iterdir()) == []
    assert world.repair("b").outcome is Outcome.WAITING and world.open_incidents() == []
    (tmp_path / "0" / "b").rmdir()
    (tmp_path / "away").rename(tmp_path / "0" / "b")
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.WHOLE] * 3
    assert world.events(Event.AIP_COPY_REPAIRED) == []


def test_an_emptied_or_swapped_store_waits_for_a_person_from_the_first_missing_copy_on(
    worlds: Callable[..., World], tmp_path: Path
) -> None:
    world = worlds(packages=12, size_bytes=2000)
    shutil.rmtree(tmp_path / "0" / "b")
    DirectoryStore.initialise("b", tmp_path / "0" / "b")
    assert world.audited("b", 0) is CopyState.MISSING
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert (made.repaired, made.paused) == ([], ["b"])
    assert list(world.shelves["b"].store.keys()) == []
    (incident,) = world.open_incidents()
    assert (incident.kind, incident.subject) == (IncidentKind.STORE, "b")
    assert repair_due(world.catalogue, world.stores, world.terms).paused == ["b"]
    assert len(world.events(Event.AIP_INCIDENT_OPENED)) == 1
    with pytest.raises(IncidentMissingError):
        confirm_store(world.catalogue, "a", by="cán bộ", terms=world.terms)
    confirm_store(world.catalogue, "b", by="cán bộ", terms=world.terms)
    for number in range(12):
        world.audited("b", number)
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.REPAIRED] * 12
    assert all(world.is_right("b", number) for number in range(12))
    world.damage("b", "one bit")
    world.repair("b")
    assert may_heal(world.catalogue, world.shelves["b"].store, world.terms)
    assert world.open_incidents() == []


def test_however_few_packages_an_emptied_store_waits_for_a_person(worlds: Callable[..., World], tmp_path: Path) -> None:
    world = worlds(packages=2, size_bytes=2000)
    shutil.rmtree(tmp_path / "0" / "b")
    DirectoryStore.initialise("b", tmp_path / "0" / "b")
    for number in range(2):
        assert world.audited("b", number) is CopyState.MISSING
    assert repair_due(world.catalogue, world.stores, world.terms).paused == ["b"]
    assert list(world.shelves["b"].store.keys()) == []
    confirm_store(world.catalogue, "b", by="cán bộ", terms=world.terms)
    assert len(repair_due(world.catalogue, world.stores, world.terms).repaired) == 2


def test_a_repair_begun_before_the_store_was_emptied_waits_too(worlds: Callable[..., World], tmp_path: Path) -> None:
    """Whatever the copy is called meanwhile: here an audit saw it right before all was gone."""
    world = worlds("memory", packages=12, size_bytes=2000)
    full = Full("b")
    full._objects = world.shelves["b"].store._objects  # type: ignore[attr-defined]
    world.damage("b", "one bit")
    repair_copy(world.catalogue, [world.stores[0], full], world.aip_id, "b", world.terms)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.aip_id, "b", CopyState.OK, world.clock)])
    full._objects.clear()
    world.later(hours=1)
    assert repair_due(world.catalogue, world.stores, world.terms).paused == ["b"]
    assert list(world.shelves["b"].store.keys()) == []


def test_more_bad_copies_than_the_limit_wait_for_a_person_and_no_longer_once_they_are_fewer(
    worlds: Callable[..., World],
) -> None:
    world = worlds(packages=8, size_bytes=2000)
    limit = MassLimit(count=3, one_in=2)
    for number in range(5):
        world.damage("b", "one bit", number)
    assert repair_due(world.catalogue, world.stores, world.terms, limit=limit).paused == ["b"]
    for number in range(2):
        world.shelves["b"].put(world.held[number].key, world.right[world.held[number].aip_id])
        world.audited("b", number)
    made = repair_due(world.catalogue, world.stores, world.terms, limit=limit)
    assert (len(made.repaired), made.paused) == (3, [])
    (closed,) = world.events(Event.AIP_INCIDENT_CLOSED)
    assert closed.data["outcome"] == "over" and world.open_incidents() == []


def test_a_person_closes_an_incident_with_a_reason_that_the_ledger_keeps(world: World) -> None:
    for store in "ab":
        world.damage(store, "emptied")
    world.repair("a")
    (incident,) = world.open_incidents()
    with pytest.raises(ValueError, match="reason"):
        close_by_person(world.catalogue, incident.id, by="cán bộ", reason=" ", terms=world.terms)
    closed = close_by_person(world.catalogue, incident.id, by="cán bộ", reason="đã lập biên bản", terms=world.terms)
    assert closed.closed_by == "cán bộ" and world.open_incidents() == []
    (event,) = world.events(Event.AIP_INCIDENT_CLOSED)
    assert (event.actor, event.data["reason"], event.data["outcome"]) == ("cán bộ", "đã lập biên bản", "decided")
    with pytest.raises(IncidentMissingError):
        close_by_person(world.catalogue, incident.id, by="cán bộ", reason="lại", terms=world.terms)


class Meddled(MemoryStore):
    """A store in which something happens as soon as an object is read for the n-th time."""

    def __init__(self, name: str, happens: Callable[[], None] = lambda: None, at: int = 0) -> None:
        super().__init__(name)
        self.happens = happens
        self.at = at
        self.opened = 0

    def open(self, key: Key, *, cold: bool = False):  # type: ignore[no-untyped-def]
        self.opened += 1
        if self.opened == self.at:
            self.happens()
        return super().open(key, cold=cold)


@pytest.mark.parametrize("at", range(1, 8))
def test_T26_a_source_that_changes_at_any_moment_is_caught(worlds: Callable[..., World], at: int) -> None:
    world = worlds("memory")
    key = world.held[0].key
    source = Meddled("a")
    source._objects = world.shelves["a"].store._objects  # type: ignore[attr-defined]
    wrong = flipped(700)(bytearray(world.right[world.aip_id]))
    assert wrong is not None

    def happens() -> None:
        source._objects[key] = wrong

    source.happens, source.at = happens, at
    world.stores[0] = source
    there = world.damage("b", "a page of zeros")
    done = world.repair("b")
    lying = world.shelves["b"].bytes_of(key)
    if done.outcome in (Outcome.REPAIRED, Outcome.REBUILT):
        assert lying == world.right[world.aip_id]
    else:
        assert lying == there and world.state("b") is CopyState.MISMATCH


class Lying(MemoryStore):
    """Says it has taken what it was given, and keeps something else."""

    def put_in_place(self, key: Key, data: bytes, *, keep: bool) -> None:
        super().put_in_place(key, data[:-1] + b"?", keep=keep)


def test_a_store_that_lies_about_success_is_not_believed(worlds: Callable[..., World]) -> None:
    world = worlds("memory")
    lying = Lying("b")
    lying._objects = world.shelves["b"].store._objects  # type: ignore[attr-defined]
    world.stores[1] = lying
    there = world.damage("b", "one bit")
    assert world.repair("b").outcome is Outcome.WAITING
    assert world.state("b") is CopyState.MISMATCH and world.events(Event.AIP_COPY_REPAIRED) == []
    assert there in {b"".join(lying.read_aside(aside)) for aside in lying.aside()}
    assert world.is_right("a")


class Full(MemoryStore):
    def replacing(self, key: Key, *, keep: bool = True):  # type: ignore[no-untyped-def]
        raise StoreFullError("Kho đầy.")


def test_a_full_store_is_tried_again_later_and_later(worlds: Callable[..., World]) -> None:
    world = worlds("memory")
    full = Full("b")
    full._objects = world.shelves["b"].store._objects  # type: ignore[attr-defined]
    world.stores[1] = full
    world.damage("b", "one bit")
    assert world.repair("b").outcome is Outcome.WAITING
    assert repair_due(world.catalogue, world.stores, world.terms).repaired == [], "it rests"
    world.later(seconds=61)
    assert [item.problem for item in repair_due(world.catalogue, world.stores, world.terms).repaired] == ["Kho đầy."]
    world.later(seconds=61)
    assert repair_due(world.catalogue, world.stores, world.terms).repaired == [], "and longer"
    world.stores[1] = world.shelves["b"].store
    world.later(hours=1)
    assert repair_due(world.catalogue, world.stores, world.terms).repaired[0].outcome is Outcome.REPAIRED


def test_told_to_stop_in_the_midst_of_a_copy_nothing_is_changed(worlds: Callable[..., World]) -> None:
    world = worlds(size_bytes=6_000_000)
    there = world.damage("b", "one bit")
    pieces: Iterator[int] = iter(range(100))
    terms = Terms(now=lambda: world.clock, pauses_seconds=(), stopping=lambda: next(pieces) > 9)
    with pytest.raises(RepairStoppedError):
        world.repair("b", terms=terms)
    assert world.shelves["b"].bytes_of(world.held[0].key) == there
    assert world.shelves["b"].store.sweep() == 0 and list(world.shelves["b"].store.aside()) == []
    stopped = repair_due(world.catalogue, world.stores, Terms(now=lambda: world.clock, stopping=lambda: True))
    assert stopped.stopped and stopped.repaired == []


def test_two_repairs_of_one_copy_at_once_tell_of_one(world: World) -> None:
    there = world.damage("b", "one bit")
    start = threading.Barrier(2)
    done: list[Repaired] = []

    def heal() -> None:
        start.wait()
        done.append(world.repair("b"))

    threads = [threading.Thread(target=heal) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {item.outcome for item in done} <= {Outcome.REPAIRED, Outcome.WHOLE} and world.is_right("b")
    assert len(world.events(Event.AIP_COPY_REPAIRED)) == 1
    lying = [b"".join(world.stores[1].read_aside(aside)) for aside in world.stores[1].aside()]
    assert there in lying and set(lying) <= {there, world.right[world.aip_id]}
    repair_due(world.catalogue, world.stores, world.terms)
    assert len(world.kept()) == len(lying)


def test_catching_up_and_repair_side_by_side_leave_one_right_copy(worlds: Callable[..., World]) -> None:
    """Between the look that finds nothing and the writing, somebody else writes the same bytes."""
    world = worlds("memory")
    key, right = world.held[0].key, world.right[world.aip_id]
    world.damage("b", "gone")
    source = Meddled("a", lambda: world.shelves["b"].put(key, right), at=1)
    source._objects = world.shelves["a"].store._objects  # type: ignore[attr-defined]
    world.stores[0] = source
    assert world.repair("b").outcome is Outcome.REPAIRED
    assert world.is_right("b") and list(world.shelves["b"].store.aside()) == []


def test_other_bytes_that_appear_where_nothing_was_are_not_written_over_unseen(worlds: Callable[..., World]) -> None:
    world = worlds("memory")
    key = world.held[0].key
    world.damage("b", "gone")
    source = Meddled("a", lambda: world.shelves["b"].put(key, b"nobody knows"), at=1)
    source._objects = world.shelves["a"].store._objects  # type: ignore[attr-defined]
    world.stores[0] = source
    assert world.repair("b").outcome is Outcome.WAITING
    assert world.shelves["b"].bytes_of(key) == b"nobody knows"
    world.later(minutes=5)
    assert world.repair("b").outcome is Outcome.REPAIRED
    assert [b"".join(world.stores[1].read_aside(aside)) for aside in world.stores[1].aside()] == [b"nobody knows"]


class Writer:
    def __init__(self, inner, broken: str) -> None:  # type: ignore[no-untyped-def]
        self.inner, self.broken = inner, broken

    def write(self, data: Bytes, /) -> int:
        if self.broken == "write":
            raise StoreError("Ổ đĩa hỏng.")
        return int(self.inner.write(data))

    def commit(self) -> None:
        if self.broken == "before":
            raise StoreError("Ổ đĩa hỏng.")
        self.inner.commit()
        raise StoreError("Không chắc đã ghi.")

    def __enter__(self):  # type: ignore[no-untyped-def]
        self.inner.__enter__()
        return self

    def __exit__(self, *error) -> None:  # type: ignore[no-untyped-def]
        self.inner.__exit__(*error)


class Breaking(MemoryStore):
    broken = ""

    def replacing(self, key: Key, *, keep: bool = True):  # type: ignore[no-untyped-def]
        return Writer(super().replacing(key, keep=keep), self.broken)


@pytest.mark.parametrize("broken", ["write", "before", "after"])
def test_an_error_while_replacing_is_met_again_and_ended_once(worlds: Callable[..., World], broken: str) -> None:
    """``after``: it was done, and the store did not know."""
    world = worlds("memory")
    breaking = Breaking("b")
    breaking.broken = broken
    breaking._objects = world.shelves["b"].store._objects  # type: ignore[attr-defined]
    world.stores[1] = breaking
    there = world.damage("b", "one bit")
    assert world.repair("b").outcome is Outcome.WAITING
    healed = MemoryStore("b")
    healed._objects, healed._aside = breaking._objects, breaking._aside
    world.stores[1] = healed
    world.later(minutes=5)
    assert world.repair("b").outcome is Outcome.REPAIRED and world.is_right("b")
    (event,) = world.events(Event.AIP_COPY_REPAIRED)
    assert event.data["from_store"] == "a" and len(event.data["aside"]) == 1
    assert [b"".join(healed.read_aside(aside)) for aside in healed.aside()] == [there]


def test_a_store_or_package_nobody_knows_is_said(world: World) -> None:
    from archive.repair.errors import PackageUnknownError, StoreUnknownError

    with pytest.raises(StoreUnknownError):
        world.repair("c")
    with pytest.raises(PackageUnknownError):
        repair_copy(world.catalogue, world.stores, "0" * 36, "a", world.terms)
