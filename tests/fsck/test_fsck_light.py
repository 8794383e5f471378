"""The light comparison reads no package and still names what lies where it should not, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from archive.catalogue import Catalogue, Copy
from archive.catalogue.audit_tables import canaries
from archive.catalogue.reading import Reading
from archive.fixity import CopyState
from archive.fsck import Difference, Holdings, fsck
from archive.fsck.differences import difference
from archive.storage import DirectoryStore, Key, Store
from samples.holdings import Held, store_packages

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue = Catalogue.open(f"sqlite:///{folder / 'c.sqlite'}")
        self.stores: list[Store] = [DirectoryStore.initialise(name, folder / name) for name in "ab"]
        self.held: list[Held] = list(store_packages(self.catalogue, self.stores, 3, size_bytes=2000))

    def put(self, store: str, key: str, data: bytes = b"x") -> None:
        with self.stores["ab".index(store)].create(Key(key)) as writer:
            writer.write(data)
            writer.commit()

    def told(self, **options: object) -> list[tuple[str, str, str]]:
        found = fsck(self.catalogue, self.stores, light=True, **options)  # type: ignore[arg-type]
        return [(item.code, item.subject, item.behind) for item in found]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


def test_where_all_agrees_nothing_is_said_and_no_package_is_read(world: World) -> None:
    for held in world.held:
        (world.folder / "a" / held.key).chmod(0o644)
        (world.folder / "a" / held.key).write_bytes(b"other bytes are for audits to find")
    assert world.told() == []


def test_a_package_that_is_gone_is_named_by_its_store(world: World) -> None:
    (world.folder / "b" / world.held[1].key).unlink()
    assert world.told() == [("copy.object.missing", world.held[1].aip_id, "store:b")]


def test_an_awaited_copy_is_none_that_is_gone(world: World) -> None:
    (world.folder / "b" / world.held[1].key).unlink()
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.held[1].aip_id, "b", CopyState.AWAITED, AT)])
    assert world.told() == []
    assert list(fsck(world.catalogue, world.stores)) == []


@pytest.mark.parametrize(
    "key",
    [
        "aip/00/00000000-0000-4000-8000-000000000000.tar",
        "canary/ab/unknown.tar",
        "audit/unknown.json",
        "ledger/1-2.jsonl",
        "checkpoint/12.json",
        "rows/x.jsonl",
        "elsewhere/x.bin",
    ],
)
def test_an_object_nobody_knows_is_extra_wherever_it_lies(world: World, key: str) -> None:
    world.put("b", key)
    assert world.told() == [("store.object.extra", key, "store:b")]
    assert [item.code for item in fsck(world.catalogue, world.stores)] == ["store.object.extra"]


@pytest.mark.parametrize(
    "key",
    [
        "ledger/000000000001-000000000019.jsonl",
        "checkpoint/0000000001.json",
        "checkpoint/0000000001.tsr",
        "rows/0000000001-0123456789abcdef.jsonl",
        "backup/2026-11-01/metadata.xml",
    ],
)
def test_what_checkpoints_and_backups_name_is_the_archives_own(world: World, key: str) -> None:
    world.put("a", key)
    assert world.told() == []


def test_a_canary_is_known_in_its_own_store_until_it_is_removed(world: World) -> None:
    key = "canary/ab/c1.tar"
    row = {
        "id": "c1", "run_id": "r", "store": "a", "object_key": key, "damage": "bit-flip", "size_bytes": 1,
        "sha256": "0" * 64, "layout_sha256": "0" * 64, "planted_at": AT, "planted": True,
    }  # fmt: skip
    with world.catalogue.transaction() as tx:
        tx.rows(insert(canaries).values(row))
    world.put("a", key)
    assert world.told() == []
    world.put("b", key)
    assert world.told() == [("store.object.extra", key, "store:b")]


def test_comparisons_of_others_are_asked_with_the_same_view_and_told_how_deep(world: World) -> None:
    asked: list[bool] = []

    def compare(view: Reading, stores: Sequence[Store], full: bool) -> Iterator[Difference]:
        assert [store.name for store in stores] == ["a", "b"] and view.ledger_end() is not None
        asked.append(full)
        yield difference("store.file.foreign", "x", "store:a", store="a")

    holdings = Holdings(further=(compare,))
    assert world.told(holdings=holdings) == [("store.file.foreign", "x", "store:a")]
    assert len(list(fsck(world.catalogue, world.stores, holdings))) == 1
    assert asked == [False, True]


def test_a_store_that_is_not_there_has_lost_nothing(world: World) -> None:
    (world.folder / "b").rename(world.folder / "away")
    assert world.told() == [("store.place.unreachable", "b", "store:b")]
