"""Archives to audit: a few real packages in each kind of store, damage by hand, a clock that stands until it is moved."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.audit import AuditRun, Means, audit_store
from archive.catalogue import Catalogue, Copy
from archive.catalogue.audit_model import AuditFinding, Canary
from archive.catalogue.audit_reading import canaries_of, findings
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import Record
from archive.storage import DirectoryStore, Key, MemoryStore, Store
from archive.storage.s3 import S3Store
from archive.storage_policy import AuditPolicy
from samples.holdings import Held, store_packages
from tests.servers.s3 import Bucket

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@dataclass
class Shelf:
    """One store and how to change what lies in it by hand."""

    store: Store
    put: Callable[[str, bytes | None], None]


def directory(folder: Path, name: str = "a") -> Shelf:
    root = folder / name

    def put(key: str, data: bytes | None) -> None:
        path = root / key
        path.unlink(missing_ok=True)
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    return Shelf(DirectoryStore.initialise(name, root), put)


def memory(name: str = "a") -> Shelf:
    store = MemoryStore(name)

    def put(key: str, data: bytes | None) -> None:
        store._objects.pop(Key(key), None)
        if data is not None:
            store._objects[Key(key)] = data

    return Shelf(store, put)


def on_s3(bucket: Bucket, name: str = "a") -> Shelf:
    store = S3Store.initialise(name, bucket.settings(prefix=f"kho/{name}"))
    client = bucket.client()

    def put(key: str, data: bytes | None) -> None:
        place = {"Bucket": bucket.name, "Key": f"kho/{name}/{key}"}
        if data is None:
            client.delete_object(**place)
        else:
            client.put_object(**place, Body=data)

    return Shelf(store, put)


@dataclass
class World:
    """``held`` packages in one store, recorded as stored there."""

    catalogue: Catalogue
    shelf: Shelf
    folder: Path
    held: list[Held] = field(default_factory=list)
    clock: datetime = AT
    terms: AuditPolicy = field(default_factory=AuditPolicy)

    @property
    def store(self) -> Store:
        return self.shelf.store

    def fill(self, count: int, **options: Any) -> World:
        self.held += store_packages(self.catalogue, [self.store], count, first=len(self.held) + 1, **options)
        return self

    def means(self, **changes: Any) -> Means:
        usual: dict[str, Any] = {
            "folder": self.folder,
            "now": lambda: self.clock,
            "pauses_seconds": (),
            "chance": random.Random(1),
            "actor": "user:thu",
        }
        return Means(**(usual | changes))

    def audit(self, store: Store | None = None, *, means: Means | None = None, **options: Any) -> AuditRun:
        return audit_store(self.catalogue, store or self.store, self.terms, means or self.means(), **options)

    def later(self, **much: float) -> None:
        self.clock += timedelta(**much)

    def bytes_of(self, number: int) -> bytes:
        return b"".join(self.store.read(self.held[number].key))

    def damage(self, number: int, change: Callable[[bytearray], bytes | None]) -> None:
        self.shelf.put(self.held[number].key, change(bytearray(self.bytes_of(number))))

    def copy(self, number: int) -> Copy:
        with self.catalogue.read() as view:
            (found,) = view.copies(self.held[number].aip_id)
        return found

    def states(self) -> list[CopyState]:
        return [self.copy(number).state for number in range(len(self.held))]

    def found(self, run: AuditRun) -> list[AuditFinding]:
        with self.catalogue.read() as view:
            return list(findings(view, run.id))

    def canaries(self, run: AuditRun) -> list[Canary]:
        with self.catalogue.read() as view:
            return canaries_of(view, run.id)

    def events(self, event: Event) -> Sequence[Record]:
        with self.catalogue.read() as view:
            return view.records(event=event)
