"""On real S3 servers: each kind of damage is healed, the damaged bytes kept, and dropped when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from damaged import DAMAGE, Shelf, World, flipped, memory, zeroed

from archive.events import Event
from archive.fixity import CopyState
from archive.repair import Outcome, repair_due
from archive.repair.asides import drop_due
from archive.storage.s3 import S3Store
from tests.servers.s3 import RUNNING, Bucket


def on_s3(name: str, bucket: Bucket) -> Shelf:
    store = S3Store.initialise(name, bucket.settings(prefix=f"kho/{name}"))

    def put(key: str, data: bytes | None) -> None:
        """Past the store: as anybody with rights on the bucket could."""
        if data is None:
            bucket.client().delete_object(Bucket=bucket.name, Key=f"kho/{name}/{key}")
        else:
            bucket.client().put_object(Bucket=bucket.name, Key=f"kho/{name}/{key}", Body=data)

    return Shelf(store, put)


@pytest.fixture(params=["minio-versioned", "minio-plain", "versitygw-plain"])
def s3_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """One copy in memory, two on S3."""
    kind, versions = request.param.split("-")
    with ExitStack() as open_ones:
        bucket = open_ones.enter_context(RUNNING[kind](versioning=versions == "versioned"))
        shelves = [memory("a", tmp_path), on_s3("b", bucket), on_s3("c", bucket)]
        world = World(f"sqlite:///{tmp_path / 'c.sqlite'}", shelves)
        open_ones.callback(world.close)
        yield world


def test_each_kind_of_damage_on_s3_is_healed_kept_aside_and_dropped_in_time(s3_world: World) -> None:
    world = s3_world
    for number, damage in enumerate(DAMAGE, 1):
        there = world.damage("b", damage)
        done = world.repair("b")
        assert (done.outcome, world.state("b")) == (Outcome.REPAIRED, CopyState.OK), damage
        assert world.is_right("b"), damage
        assert len(world.events(Event.AIP_COPY_REPAIRED)) == number
        lying = [b"".join(world.stores[1].read_aside(aside)) for aside in world.stores[1].aside()]
        assert lying == ([] if there is None else [there]), damage
        assert len(done.aside) == len(lying)
        world.later(days=91)
        assert drop_due(world.catalogue, world.stores, world.terms) == len(lying)
        assert list(world.stores[1].aside()) == [] and world.is_right("b"), damage


def test_damaged_copies_on_s3_and_elsewhere_make_one_right_package(s3_world: World) -> None:
    world = s3_world
    one, two = world.member("tài liệu 1.pdf")[0], world.member("tài liệu 2.pdf")[0]
    world.damage("a", flipped(one + 5, two + 77))
    world.damage("b", zeroed(one + 5000, one + 9000))
    world.damage("c", lambda data: bytes(flipped(one + 5, one + 5100)(data) or b"")[: two + 50])
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.REBUILT, Outcome.REPAIRED, Outcome.REPAIRED]
    assert all(world.is_right(store) for store in "abc")
