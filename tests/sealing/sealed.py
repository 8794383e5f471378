"""Sealed bytes for tests."""

from __future__ import annotations

import hashlib
import io
import itertools
from typing import BinaryIO

from archive.sealing.identity import Identity
from archive.sealing.writing import SealedObject, SealingOut

KEY_ID = "0b6c2d1e-7a51-4c7e-9a53-9d1f5a3c2b10"


def identity(number: int = 1) -> Identity:
    return Identity(hashlib.sha256(b"identity %d" % number).digest())


def plain(size: int) -> bytes:
    """The same pseudo-random bytes for one size."""
    blocks = (hashlib.sha512(b"%d" % number).digest() for number in itertools.count())
    data = bytearray()
    while len(data) < size:
        data += next(blocks)
    return bytes(data[:size])


def sealed(data: bytes, whose: Identity, *, key_id: str = KEY_ID, piece: int = 40_000) -> tuple[bytes, SealedObject]:
    """``data`` sealed as it would be written, ``piece`` bytes at a time."""
    out = io.BytesIO()
    sealing = SealingOut(out, whose.recipient, key_id)
    for at in range(0, len(data), piece):
        sealing.write(data[at : at + piece])
    told = sealing.finish()
    return out.getvalue(), told


def pyrage_identity(whose: Identity) -> object:
    import pyrage

    return pyrage.x25519.Identity.from_str(whose.exported())


class Counted(io.BytesIO):
    """A file that counts the bytes read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.count = 0

    def readinto(self, buffer: object) -> int:
        count = super().readinto(buffer)  # type: ignore[arg-type]
        self.count += count
        return count

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        data = super().readline(size)
        self.count += len(data)
        return data


def file_of(data: bytes) -> BinaryIO:
    return io.BytesIO(data)
