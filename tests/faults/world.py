"""A small archive to be broken: packages in several stores, and beside it the truth about every byte.

Two stores are folders on disks that fail when told to, the third is one too, or a bucket on a real server (versitygw,
which serves rotten bytes as if they were right) behind a proxy that fails and cuts.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.catalogue import Catalogue
from archive.storage import DirectoryStore, Key, Store
from archive.storage.s3 import S3Store
from samples.holdings import Held, store_packages
from tests.faults.damage import RawBucket, RawStore, Whole
from tests.faults.failing import FlakyDisk
from tests.servers.s3 import Bucket
from tests.servers.s3_faults import FaultProxy

STORES = ("kho-a", "kho-b", "kho-c")


class Clock:
    """The archive's clock: it goes on by a second each time it is asked, and jumps when it is told to."""

    def __init__(self, at: datetime = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def jump(self, by: timedelta) -> None:
        self.at += by


@dataclass
class World:
    """``held``: its packages. ``whole``: what each object must be; the bytes lie in a folder nothing else touches."""

    folder: Path
    seed: int
    catalogue: Catalogue
    stores: Sequence[Store]
    raw: dict[str, RawStore]
    disks: dict[str, FlakyDisk]
    held: list[Held]
    clock: Clock = field(default_factory=Clock)
    proxy: FaultProxy | None = None

    @property
    def keys(self) -> list[Key]:
        return [item.key for item in self.held]

    def whole(self, store: str, key: Key) -> bool:
        return self.raw[store].is_whole(key)


@contextmanager
def made_world(
    folder: Path, seed: int, packages: int = 40, size_bytes: int = 20_000, bucket: Bucket | None = None
) -> Iterator[World]:
    """The same seed gives the same archive. ``bucket``, on a versitygw, is the third store."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir()
    disks = {name: FlakyDisk(random.Random(f"{seed}-{name}")) for name in (STORES if bucket is None else STORES[:2])}
    for name in disks:
        DirectoryStore.initialise(name, folder / name)
    stores: list[Store] = [DirectoryStore(name, folder / name, disk=disk) for name, disk in disks.items()]
    whole: dict[Key, Whole] = {}
    raw = {name: RawStore(name, folder / name, whole) for name in disks}
    with ExitStack() as stack:
        proxy = None
        if bucket is not None:
            proxy = stack.enter_context(FaultProxy(bucket.server.port, seed=seed, hang_seconds=0.7))
            settings = bucket.settings(
                endpoint=proxy.url, attempts=3, read_timeout_seconds=0.5, connect_timeout_seconds=0.5
            )
            stores.append(S3Store.initialise(STORES[2], settings))
            client, name = bucket.client(), bucket.name

            def put(key: Key, data: bytes) -> None:
                client.put_object(Bucket=name, Key=key, Body=data)

            raw[STORES[2]] = RawBucket(STORES[2], bucket.server.objects / name, whole, put)
        catalogue = stack.enter_context(Catalogue.open(f"sqlite:///{folder / 'catalogue.sqlite'}"))
        held = list(store_packages(catalogue, stores, packages, size_bytes=size_bytes, seed=seed))
        for item in held:
            kept = folder / "truth" / item.key.segments[-1]
            shutil.copyfile(raw[STORES[0]].path(item.key), kept)
            whole[item.key] = Whole(item.size_bytes, item.sha256, kept)
        yield World(folder, seed, catalogue, stores, raw, disks, held, proxy=proxy)


@contextmanager
def other_process(folder: Path, seed: int) -> Iterator[World]:
    """The archive another process made here (of folders only), as a worker that begins anew sees it."""
    with Catalogue.open(f"sqlite:///{folder / 'catalogue.sqlite'}") as catalogue:
        stores = [DirectoryStore(name, folder / name) for name in STORES]
        yield World(folder, seed, catalogue, stores, {}, {}, [])


def rows(world: World) -> dict[tuple[str, str], Any]:
    """What the catalogue says of every copy: (package, store) → row."""
    with world.catalogue.read() as view:
        return {(copy.aip_id, copy.store): copy for item in world.held for copy in view.copies(item.aip_id)}
