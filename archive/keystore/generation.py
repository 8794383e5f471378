"""One generation in one place: a file of a head, a sorted part made at the rotation, and what came since.

head | records sorted by id (found by bisection) | records in the order they came (the last word on their ids)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from archive.durable import sync_folder
from archive.keystore import head as heads
from archive.keystore import record as records
from archive.keystore.head import HEAD_BYTES, Head
from archive.keystore.kek import LockedKek
from archive.keystore.record import RECORD_BYTES, Kind, Record
from archive.keystore.wiping import wiped

PART = ".part"
_PIECE_RECORDS = 8192


def file_name(generation: int) -> str:
    return f"generation-{generation:08d}.keys"


class GenerationFile:
    """An open generation for reading, closed at the latest when forgotten. Raises OSError as the file system does."""

    def __init__(self, path: Path, descriptor: int, head: Head) -> None:
        self.path = path
        self.head = head
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> GenerationFile | None:
        """None when there is no file with a whole head."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            head = heads.read(os.pread(descriptor, HEAD_BYTES, 0))
        except BaseException:
            os.close(descriptor)
            raise
        if head is None:
            os.close(descriptor)
            return None
        return cls(path, descriptor, head)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    @property
    def current(self) -> bool:
        """Whether the file still stands where it was opened."""
        try:
            found, ours = os.stat(self.path, follow_symlinks=False), os.fstat(self._descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)

    @property
    def count(self) -> int:
        """Places for records, the last perhaps not whole."""
        return max(0, -(-(os.fstat(self._descriptor).st_size - HEAD_BYTES) // RECORD_BYTES))

    def raw(self, number: int, count: int = 1) -> bytes:
        """The bytes of ``count`` records from ``number`` on, fewer at the end."""
        return os.pread(self._descriptor, count * RECORD_BYTES, HEAD_BYTES + number * RECORD_BYTES)

    def record(self, number: int) -> Record | None:
        return records.read(self.raw(number), self.head.binding, number)

    def records(self, begin: int, end: int) -> Iterator[Record | None]:
        """One for each number in ``[begin, end)``: None where it is not whole. Read in large pieces."""
        while begin < end:
            count = min(_PIECE_RECORDS, end - begin)
            data = self.raw(begin, count)
            for place in range(count):
                piece = data[place * RECORD_BYTES : (place + 1) * RECORD_BYTES]
                yield records.read(piece, self.head.binding, begin + place)
            begin += count

    def in_base(self, key_id: str) -> int | None:
        """The number of the record of ``key_id`` in the sorted part, found in a few reads."""
        wanted = key_id.encode("ascii")
        low, high = 0, self.head.base_records
        while low < high:
            middle = (low + high) // 2
            raw = self.raw(middle)
            found = raw[2 : 2 + raw[1]] if len(raw) == RECORD_BYTES else b""
            if found == wanted:
                return middle
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return None

    @property
    def base_whole(self) -> bool:
        """Whether every byte of the sorted part is as it was written."""
        digest = hashlib.sha256()
        place, end = 0, self.head.base_records
        while place < end:
            data = self.raw(place, min(_PIECE_RECORDS, end - place))
            if not data:
                return False
            digest.update(data)
            place += -(-len(data) // RECORD_BYTES)
        return digest.hexdigest() == self.head.base_sha256


def write_generation(folder: Path, generation: int, locked: LockedKek, base: Iterable[Record]) -> tuple[Path, Head]:
    """A new generation under its part name, durable; ``base`` is sorted by id. What was left under that name is wiped."""
    part = folder / (file_name(generation) + PART)
    wiped(part)
    provisional = Head(generation, locked, 0, 0, "")
    digest = hashlib.sha256()
    count = keys = 0
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=_PIECE_RECORDS * RECORD_BYTES) as file:
        file.write(bytes(HEAD_BYTES))
        for record in base:
            data = records.written(record, provisional.binding, count)
            digest.update(data)
            file.write(data)
            count += 1
            keys += record.kind is Kind.KEY
        head = Head(generation, locked, count, keys, digest.hexdigest())
        file.flush()
        os.fsync(descriptor)
        os.pwrite(descriptor, heads.written(head), 0)
        os.fsync(descriptor)
    sync_folder(folder)
    return part, head


def copy_generation(source: Path, folder: Path, name: str) -> Path:
    """The same bytes under the part name in ``folder``, durable."""
    part = folder / (name + PART)
    wiped(part)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with source.open("rb", buffering=0) as origin, os.fdopen(descriptor, "wb", buffering=0) as file:
        while data := origin.read(_PIECE_RECORDS * RECORD_BYTES):
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
        os.fsync(descriptor)
    sync_folder(folder)
    return part


def put_records(path: Path, number: int, data: bytes, *, end: bool) -> None:
    """``data`` stands from record ``number`` on, durably; ``end``: nothing stands behind it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        place = HEAD_BYTES + number * RECORD_BYTES
        view = memoryview(data)
        done = 0
        while done < len(view):
            done += os.pwrite(descriptor, view[done:], place + done)
        if end:
            os.ftruncate(descriptor, place + len(data))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
