"""kill -9 while healing, at every step and at random: the next run ends it, once, and no copy ever holds other bytes."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from damaged import DAMAGE, World, flipped, zeroed
from mortal import child

from archive.catalogue import Catalogue
from archive.events import Event
from archive.fixity import CopyState
from archive.repair import Terms, repair_due
from archive.repair.asides import drop_due
from archive.storage import DirectoryStore

_RECORDS = "archive.repair.records:"
_WRITER = "archive.storage.file_writing:FileWriter."
_ASIDE = "archive.storage.aside_folder:AsideFolder."
STEPS = (
    "archive.repair.healing:verify_copy:after",
    f"{_RECORDS}note_seen:after",
    f"{_RECORDS}begun:after",
    "archive.repair.healing:copy_proven:before",
    "archive.storage.file_writing:FileWriter.__init__:after",
    f"{_WRITER}write:after",
    f"{_WRITER}commit:before",
    f"{_ASIDE}put:before",
    f"{_ASIDE}put:after",
    "archive.storage.disk:Disk.rename:before",
    "archive.storage.disk:Disk.rename:after",
    f"{_WRITER}_sync_folders:after",
    f"{_WRITER}commit:after",
    "archive.repair.healing:verify_copy:before:2",
    "archive.repair.healing:verify_copy:after:2",
    f"{_RECORDS}finished:before",
    f"{_RECORDS}keep_aside:after",
    f"{_RECORDS}end_repair:after",
    f"{_RECORDS}finished:after",
)


def healing(folder: Path, names: str = "ab") -> Callable[[], None]:
    """What a worker does, in a process of its own."""

    def heal() -> None:
        stores = [DirectoryStore(name, folder / name) for name in names]
        with Catalogue.open(f"sqlite:///{folder / 'c.sqlite'}") as catalogue:
            repair_due(catalogue, stores, Terms(pauses_seconds=()), side_by_side=2)

    return heal


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_heals_and_tells_once(world: World, tmp_path: Path, step: str) -> None:
    folder = tmp_path / "0"
    there = world.damage("b", "one bit")
    assert child(healing(folder), kill_at=step), f"{step} was never reached"
    lying = world.shelves["b"].bytes_of(world.held[0].key)
    assert lying in (there, world.right[world.aip_id]) and world.is_right("a")
    child(healing(folder))
    assert world.is_right("b") and world.state("b") is CopyState.OK
    assert len(world.events(Event.AIP_COPY_REPAIRED)) == 1
    (event,) = world.events(Event.AIP_COPY_REPAIRED)
    kept = {aside.name: b"".join(world.stores[1].read_aside(aside)) for aside in world.stores[1].aside()}
    assert there in kept.values() and set(kept.values()) == {there}
    child(healing(folder))
    assert {item.name for item in world.kept()} == set(kept) and set(event.data["aside"]) <= set(kept)
    world.assert_ledger_whole()


@pytest.mark.parametrize(
    "step",
    [
        "archive.repair.rebuild:Puzzle.examined:after",
        f"{_RECORDS}meant:after",
        f"{_ASIDE}put:after",
        "archive.storage.disk:Disk.rename:after",
        f"{_RECORDS}finished:before",
        f"{_RECORDS}finished:after",
    ],
)
def test_killed_while_putting_parts_together_the_next_run_does(world: World, tmp_path: Path, step: str) -> None:
    folder = tmp_path / "0"
    one = world.member("tài liệu 1.pdf")[0]
    world.damage("a", flipped(one + 5))
    world.damage("b", zeroed(one + 6000, one + 7000))
    assert child(healing(folder), kill_at=step), f"{step} was never reached"
    for _ in range(2):
        child(healing(folder))
    assert world.is_right("a") and world.is_right("b")
    assert len(world.events(Event.AIP_COPY_REBUILT)) == 1 and len(world.events(Event.AIP_COPY_REPAIRED)) == 1
    assert world.open_incidents() == []


@pytest.mark.parametrize(
    "step", [f"{_ASIDE}drop:before", f"{_ASIDE}drop:after", "archive.repair.asides:note_dropped:after"]
)
def test_killed_while_dropping_what_lay_aside_that_is_told_once(world: World, tmp_path: Path, step: str) -> None:
    folder = tmp_path / "0"
    world.damage("b", "one bit")
    world.repair("b")
    world.later(days=91)

    def drop() -> None:
        stores = [DirectoryStore(name, folder / name) for name in "ab"]
        with Catalogue.open(f"sqlite:///{folder / 'c.sqlite'}") as catalogue:
            drop_due(catalogue, stores, Terms(now=lambda: world.clock))

    assert child(drop, kill_at=step)
    child(drop)
    assert list(world.stores[1].aside()) == [] and len(world.events(Event.AIP_DAMAGE_REMOVED)) == 1


KILLS = 100


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_a_hundred_times_at_random_every_copy_is_right_in_the_end_and_told_once(
    worlds: Callable[..., World], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("LUUTRU_SEED") or random.SystemRandom().randrange(1 << 32))
    with capsys.disabled():
        print(f"\nLUUTRU_SEED={seed}")
    chance = random.Random(seed)
    world = worlds(packages=4, size_bytes=400_000)
    folder = tmp_path / "0"
    harmless = [name for name in DAMAGE if name != "gone"]
    began = time.monotonic()
    child(healing(folder))
    round_seconds = max(0.1, 3 * (time.monotonic() - began))
    kills = damaged = 0
    wrong: dict[tuple[str, int], bytes] = {}
    while kills < KILLS:
        for number in range(4):
            store = chance.choice("ab")
            if not any((each, number) in wrong for each in "ab") and chance.random() < 0.5:
                wrong[store, number] = world.damage(store, chance.choice(harmless), number) or b""
                damaged += 1
        kills += child(healing(folder), kill_after=chance.uniform(0, round_seconds))
        for number, held in enumerate(world.held):
            for store in "ab":
                lying = world.shelves[store].bytes_of(held.key)
                if lying == world.right[held.aip_id]:
                    if (store, number) in wrong and world.state(store, number) is CopyState.OK:
                        del wrong[store, number]
                else:
                    assert lying == wrong[store, number], "bytes that nobody ever put there"
    while wrong:
        child(healing(folder))
        wrong = {place: data for place, data in wrong.items() if world.state(*place) is not CopyState.OK}
    assert all(world.is_right(store, number) for store in "ab" for number in range(4))
    assert len(world.events(Event.AIP_COPY_REPAIRED)) == damaged
    assert world.open_incidents() == []
    world.assert_ledger_whole()
