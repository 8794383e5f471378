"""Archives of a few real packages, and every kind of damage to their copies."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.aip.reader import AipReader
from archive.catalogue import Aip, Catalogue, Copy
from archive.catalogue.repair_model import Incident, KeptAside
from archive.catalogue.repair_reading import asides_of, incidents
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.ledger import Record, verify_chain
from archive.repair import Repaired, Terms, repair_copy
from archive.storage import DirectoryStore, MemoryStore, Store
from samples.holdings import Held, store_packages

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

Change = Callable[[bytearray], bytes | None]
DAMAGE: Mapping[str, Change] = {
    "one bit": lambda data: (data.__setitem__(len(data) // 2, data[len(data) // 2] ^ 4), bytes(data))[1],
    "a page of zeros": lambda data: bytes(data[:8192]) + bytes(4096) + bytes(data[12288:]),
    "cut off": lambda data: bytes(data[: len(data) * 2 // 3]),
    "emptied": lambda data: b"",
    "too long": lambda data: bytes(data) + b"\0" * 512,
    "another's bytes": lambda data: hashlib.sha256(data).digest() * (len(data) // 32) + bytes(len(data) % 32),
    "gone": lambda data: None,
}


class Shelf:
    """A store of a test and how to change an object in it by hand."""

    def __init__(self, store: Store, put: Callable[[str, bytes | None], None]) -> None:
        self.store = store
        self.put = put

    def bytes_of(self, key: str) -> bytes:
        return b"".join(self.store.read(key))  # type: ignore[arg-type]  # keys are texts


def directory(name: str, folder: Path) -> Shelf:
    store = DirectoryStore.initialise(name, folder)

    def put(key: str, data: bytes | None) -> None:
        path = folder / key
        path.unlink(missing_ok=True)
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    return Shelf(store, put)


def memory(name: str, folder: Path) -> Shelf:
    store = MemoryStore(name)

    def put(key: str, data: bytes | None) -> None:
        if data is None:
            store._objects.pop(key, None)  # type: ignore[call-overload]
        else:
            store._objects[key] = data  # type: ignore[index]

    return Shelf(store, put)


class World:
    """Some packages, each in every store; ``clock`` stands still until it is moved."""

    def __init__(
        self, url: str, shelves: Sequence[Shelf], *, packages: int = 1, size_bytes: int = 30_000, documents: int = 2
    ) -> None:
        self.catalogue = Catalogue.open(url)
        self.shelves = {shelf.store.name: shelf for shelf in shelves}
        self.stores = [shelf.store for shelf in shelves]
        self.held: list[Held] = list(
            store_packages(self.catalogue, self.stores, packages, size_bytes=size_bytes, documents=documents)
        )
        self.right = {held.aip_id: shelves[0].bytes_of(held.key) for held in self.held}
        self.clock = AT
        numbers = itertools.count(1)
        self.terms = Terms(
            now=lambda: self.clock, new_id=lambda: f"{next(numbers):036x}", pauses_seconds=(), actor="luutru"
        )

    @property
    def aip_id(self) -> str:
        return self.held[0].aip_id

    def later(self, **much: float) -> None:
        self.clock += timedelta(**much)

    def aip(self, number: int = 0) -> Aip:
        with self.catalogue.read() as view:
            found = view.aip(self.held[number].aip_id)
        assert found is not None
        return found

    def damage(self, store: str, change: Change | str, number: int = 0, *, known: bool = True) -> bytes | None:
        """The bytes that lie there afterwards; ``known``: an audit has seen it."""
        held = self.held[number]
        shelf = self.shelves[store]
        data = (DAMAGE[change] if isinstance(change, str) else change)(bytearray(shelf.bytes_of(held.key)))
        shelf.put(held.key, data)
        if known:
            self.audited(store, number)
        return data

    def audited(self, store: str, number: int = 0) -> CopyState:
        """The copy read whole, and the result recorded, as an audit does."""
        aip = self.aip(number)
        seen = verify_copy(self.shelves[store].store, aip.object_key, aip.sha256, aip.size_bytes, pauses_seconds=())
        with self.catalogue.transaction() as tx:
            tx.record_copies([Copy(aip.id, store, seen.state, self.clock)])
        return seen.state

    def repair(self, store: str, number: int = 0, **options: Any) -> Repaired:
        return repair_copy(
            self.catalogue, self.stores, self.held[number].aip_id, store, options.pop("terms", self.terms), **options
        )

    def state(self, store: str, number: int = 0) -> CopyState:
        with self.catalogue.read() as view:
            return {copy.store: copy.state for copy in view.copies(self.held[number].aip_id)}[store]

    def is_right(self, store: str, number: int = 0) -> bool:
        held = self.held[number]
        return self.shelves[store].bytes_of(held.key) == self.right[held.aip_id]

    def events(self, event: Event) -> list[Record]:
        with self.catalogue.read() as view:
            return view.records(event=event)

    def open_incidents(self) -> list[Incident]:
        with self.catalogue.read() as view:
            return incidents(view)

    def kept(self, number: int = 0) -> list[KeptAside]:
        with self.catalogue.read() as view:
            return asides_of(view, self.held[number].aip_id)

    def members(self, number: int = 0) -> dict[str, tuple[int, int]]:
        """Path → (offset, size) of the whole package, as it was stored."""
        import io

        return {
            entry.path: (entry.offset, entry.size_bytes)
            for entry in AipReader(io.BytesIO(self.right[self.held[number].aip_id])).entries
        }

    def member(self, ending: str, number: int = 0) -> tuple[int, int]:
        (found,) = [place for path, place in self.members(number).items() if path.endswith(ending)]
        return found

    def by_hand(self, *statements: str, file: Path) -> None:
        """Past all guards of the database."""
        with closing(sqlite3.connect(file)) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def assert_ledger_whole(self) -> None:
        with self.catalogue.read() as view:
            assert verify_chain(view.records(limit=100_000)) is None

    def close(self) -> None:
        self.catalogue.close()


def flipped(*places: int) -> Change:
    """One bit of each of these bytes is another."""

    def change(data: bytearray) -> bytes:
        for place in places:
            data[place] ^= 1
        return bytes(data)

    return change


def zeroed(begin: int, end: int) -> Change:
    def change(data: bytearray) -> bytes:
        data[begin:end] = bytes(end - begin)
        return bytes(data)

    return change


def cut(length: int) -> Change:
    return lambda data: bytes(data[:length])


def shelves_of(kind: str, folder: Path, names: Sequence[str] = ("a", "b")) -> Iterator[Shelf]:
    for name in names:
        yield {"directory": directory, "memory": memory}[kind](name, folder / name)
