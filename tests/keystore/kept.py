"""A key store of a test, opened as often as wanted, and its files looked into."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from archive.keystore.file_kek import FileKek
from archive.keystore.generation import file_name
from archive.keystore.head import HEAD_BYTES
from archive.keystore.record import RECORD_BYTES
from archive.keystore.store import KeyStore


def key_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


@dataclass(frozen=True)
class Kept:
    places: tuple[Path, ...]
    kek_file: Path

    def open(self) -> KeyStore:
        return KeyStore(self.places, FileKek(self.kek_file), wait_seconds=20)

    def files(self, place: int) -> dict[str, bytes]:
        """Every file of a place but the lock."""
        return {path.name: path.read_bytes() for path in self.places[place].iterdir() if path.name != "lock"}

    def same(self) -> bool:
        first, *others = (self.generations(number) for number in range(len(self.places)))
        return all(other == first for other in others)

    def generations(self, place: int) -> dict[str, bytes]:
        return {name: data for name, data in self.files(place).items() if name.startswith("generation")}

    def path(self, place: int, generation: int = 1) -> Path:
        return self.places[place] / file_name(generation)

    def copy_to(self, folder: Path) -> Kept:
        """A backup of all of it, as somebody may have kept one."""
        places = []
        for place in self.places:
            shutil.copytree(place, folder / place.name)
            places.append(folder / place.name)
        shutil.copytree(self.kek_file.parent, folder / "medium")
        return Kept(tuple(places), folder / "medium" / self.kek_file.name)


def change(path: Path, record: int, *, at: int = 70) -> None:
    """One bit of a record."""
    data = bytearray(path.read_bytes())
    data[HEAD_BYTES + record * RECORD_BYTES + at] ^= 1
    path.write_bytes(data)


def cut(path: Path, records: int, rest: int = 0) -> None:
    """Only so many records, and ``rest`` bytes of the next, are left."""
    path.write_bytes(path.read_bytes()[: HEAD_BYTES + records * RECORD_BYTES + rest])
