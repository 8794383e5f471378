"""An archive whose ledger is sealed, small enough to look through; and every way to lay hands on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from archive.aip.model import Party
from archive.catalogue import Catalogue
from archive.catalogue.carried_rows import CarriedRow, all_rows
from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.catalogue.database import open_engine, writing
from archive.checkpoints.reading import VerifiedCheckpoint, checkpoints_in, records_in, rows_in
from archive.checkpoints.sealing import seal
from archive.checkpoints.shipping import Shipped, ship
from archive.checkpoints.statement import Checkpoint, Kind
from archive.events import Event
from archive.ledger import next_record, read_instant, written_instant
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


def unguarded(url: str, change: Callable[[Connection], object]) -> None:
    """An administrator's hand: the guards are dropped first."""
    engine = open_engine(url)
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            for trigger in ("ledger_refuses_update", "ledger_refuses_delete", "ledger_refuses_gap"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        else:
            for trigger in ("ledger_refuses_change", "ledger_refuses_gap"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON ledger"))
        change(connection)
    engine.dispose()


def rewritten(first: int, changed: Callable[[dict[str, Any]], object] | None = None) -> Callable[[Connection], None]:
    """From ``first`` on, every record says something else and every hash is right.

    ``changed`` says what of a record is other; without it, who did it.
    """

    def rewrite(connection: Connection) -> None:
        rows = connection.execute(text("SELECT seq, hash, body FROM ledger ORDER BY seq")).all()
        last = None if first == 1 else (first - 1, rows[first - 2].hash)
        for row in rows[first - 1 :]:
            body = json.loads(row.body)
            if changed is None:
                body |= {"actor": "kẻ xấu", "at": written_instant(AT)}
            else:
                changed(body)
            at = read_instant(body["at"])
            record = next_record(last, Event(body["event"]), body["subject"], body["actor"], at, body["data"])
            if record.hash != row.hash:
                connection.execute(
                    text("UPDATE ledger SET hash = :hash, body = :body WHERE seq = :seq"),
                    {"hash": record.hash, "body": record.body.decode(), "seq": record.seq},
                )
            last = (record.seq, record.hash)
        assert last is not None
        connection.execute(text("UPDATE ledger_end SET hash = :hash"), {"hash": last[1]})

    return rewrite
