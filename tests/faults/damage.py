"""What time, media and people do to bytes at rest: each kind done to the raw file, behind the store's back."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from archive.storage import Key

PAGE = 4096


class Damage(StrEnum):
    """Kinds of damage at rest."""

    BIT_FLIP = "bit flip"
    BYTES_CHANGED = "some bytes changed"
    TRUNCATED = "truncated"
    EMPTIED = "emptied"
    GROWN = "bytes behind the end"
    ZERO_PAGES = "zero pages"
    PAGES_SWAPPED = "two pages swapped"
    OBJECTS_SWAPPED = "two objects swapped"
    OTHERS_BYTES = "another object's bytes"
    STALE = "an older version of the object"
    DELETED = "deleted"
    RENAMED = "renamed"
    FOLDER = "a folder in its place"
    LINK = "a link in its place"


@dataclass(frozen=True, slots=True)
class Whole:
    """What an object is when nothing has happened to it."""

    size_bytes: int
    sha256: str
    data: Path


class RawStore:
    """A directory store as the disk sees it. ``whole``: every object as it must be."""

    def __init__(self, name: str, root: Path, whole: Mapping[Key, Whole]) -> None:
        self.name = name
        self._root = root
        self._whole = whole

    def path(self, key: Key) -> Path:
        return self._root.joinpath(*key.segments)

    def is_whole(self, key: Key) -> bool:
        """Whether a plain file with exactly the right bytes stands there."""
        path, whole = self.path(key), self._whole[key]
        if path.is_symlink() or not path.is_file() or path.stat().st_size != whole.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == whole.sha256

    def damage(self, kind: Damage, key: Key, others: list[Key], chance: random.Random) -> list[Key]:
        """Does ``kind`` to the object; tells every key it was done to. ``others``: keys that may serve it."""
        path = self.path(key)
        data = bytearray(path.read_bytes())
        match kind:
            case Damage.BIT_FLIP:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case Damage.BYTES_CHANGED:
                at = chance.randrange(len(data) - 16)
                data[at : at + 16] = bytes(byte ^ 0xA5 for byte in data[at : at + 16])
            case Damage.TRUNCATED:
                del data[chance.randrange(1, len(data)) :]
            case Damage.EMPTIED:
                data.clear()
            case Damage.GROWN:
                data += bytes(chance.randrange(1, 2 * PAGE))
            case Damage.ZERO_PAGES:
                _zero_pages(data, chance)
            case Damage.PAGES_SWAPPED:
                _swap_pages(data, chance)
            case Damage.OBJECTS_SWAPPED:
                other = chance.choice(others)
                self._put(path, self.path(other).read_bytes())
                self._put(self.path(other), bytes(data))
                return [key, other]
            case Damage.OTHERS_BYTES:
                data = bytearray(self.path(chance.choice(others)).read_bytes())
            case Damage.STALE:
                data = bytearray(b"older " + bytes(data[:-6]))
            case Damage.DELETED:
                path.unlink()
                return [key]
            case Damage.RENAMED:
                path.rename(path.with_name(f"x{path.name}"))
                return [key]
            case Damage.FOLDER:
                path.unlink()
                path.mkdir()
                return [key]
            case Damage.LINK:
                path.unlink()
                path.symlink_to(self._whole[key].data)
                return [key]
        self._put(path, bytes(data))
        return [key]

    @property
    def kinds(self) -> tuple[Damage, ...]:
        """What can happen here."""
        return tuple(Damage)

    def mend(self, key: Key) -> None:
        """As if nothing had happened: between two rounds."""
        path = self.path(key)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.with_name(f"x{path.name}").unlink(missing_ok=True)
        self._put(path, self._whole[key].data.read_bytes())

    def _put(self, path: Path, data: bytes) -> None:
        """Under the same name, whatever stood there."""
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.chmod(path, 0o440)


class RawBucket(RawStore):
    """A bucket as the disk of its server sees it: each object is a file, what the server knows of it hangs on the file.

    ``put`` writes an object through the server.
    """

    def __init__(self, name: str, root: Path, whole: Mapping[Key, Whole], put: Callable[[Key, bytes], None]) -> None:
        super().__init__(name, root, whole)
        self._through_server = put

    @property
    def kinds(self) -> tuple[Damage, ...]:
        return tuple(kind for kind in Damage if kind not in (Damage.FOLDER, Damage.LINK))

    def mend(self, key: Key) -> None:
        self.path(key).with_name(f"x{self.path(key).name}").unlink(missing_ok=True)
        self._through_server(key, self._whole[key].data.read_bytes())

    def _put(self, path: Path, data: bytes) -> None:
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(data)


def _zero_pages(data: bytearray, chance: random.Random) -> None:
    """At least one page that was not all zeros."""
    pages = [at for at in range(0, len(data), PAGE) if any(data[at : at + PAGE])]
    for at in chance.sample(pages, min(len(pages), chance.randint(1, 4))):
        data[at : at + PAGE] = bytes(len(data[at : at + PAGE]))


def _swap_pages(data: bytearray, chance: random.Random) -> None:
    """Two whole pages that differ."""
    pages = range(0, len(data) - PAGE + 1, PAGE)
    one = chance.choice(pages)
    two = chance.choice([at for at in pages if data[at : at + PAGE] != data[one : one + PAGE]])
    data[one : one + PAGE], data[two : two + PAGE] = data[two : two + PAGE], data[one : one + PAGE]
