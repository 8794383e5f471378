"""An archive whose ledger is sealed, small enough to look through; and every way to lay hands on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from archive.aip.model import Party
from archive.catalogue import Catalogue
from archive.catalogue.carried_rows import CarriedRow, all_rows
from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.checkpoints.reading import VerifiedCheckpoint, checkpoints_in, records_in, rows_in
from archive.checkpoints.sealing import seal
from archive.checkpoints.shipping import Shipped, ship
from archive.checkpoints.statement import Checkpoint, Kind
from archive.signing import ArchiveKey
from archive.storage.store import Store
from tests.catalogue.builders import AT, stored_package

ARCHIVE = Party("000.00.01.H99", "Lưu trữ lịch sử tỉnh")


@dataclass
class SealedArchive:
    catalogue: Catalogue
    stores: list[Store]
    key: ArchiveKey
    folder: Path
    at: datetime = AT
    packages: int = 0
    tick: Callable[[], None] = field(default=lambda: None)

    @property
    def public(self) -> list[object]:
        return [self.key.private.public_key()]

    def take_in(self, count: int = 1) -> None:
        for _ in range(count):
            self.packages += 1
            stored_package(self.catalogue, self.packages, stores=tuple(store.name for store in self.stores))

    def seal(self, kind: Kind = Kind.NEWS, stores: list[Store] | None = None) -> Checkpoint | None:
        self.at += timedelta(minutes=1)
        used = self.stores if stores is None else stores
        return seal(self.catalogue, used, self.key, ARCHIVE, now=self.at, kind=kind)

    def ship(self, stores: list[Store] | None = None) -> tuple[Shipped, ...]:
        with self.catalogue.read() as view:
            newest = last_checkpoint(view)
        return ship(self.catalogue, self.stores if stores is None else stores, newest, at=self.at, sources=self.stores)

    def read_from(self, store: Store) -> tuple[list[VerifiedCheckpoint], list[bytes], list[CarriedRow]]:
        """What a reader with nothing but this store and the public key finds."""
        chain = list(checkpoints_in(store, self.public))
        bodies = [record.body for checkpoint in chain for record in records_in(store, checkpoint)]
        return chain, bodies, list(rows_in(store, chain))

    def standing(self) -> tuple[list[bytes], list[CarriedRow]]:
        """What the catalogue itself says."""
        with self.catalogue.read() as view:
            bodies = [row.body.encode() for row in view.ledger_rows()]
            return bodies, list(all_rows(view))

    def require_sealed(self, *stores: Store) -> None:
        """Each store alone says what the catalogue says: every record, every row."""
        bodies, rows = self.standing()
        for store in stores or tuple(self.stores):
            _, found_bodies, found_rows = self.read_from(store)
            assert found_bodies == bodies
            assert sorted(found_rows, key=repr) == sorted(rows, key=repr)
