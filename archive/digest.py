"""Digests of bytes, taken in one pass with flat memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """Size in bytes and lower-case hexadecimal SHA-256 and SHA-512 of one byte string."""

    size_bytes: int
    sha256: str
    sha512: str


class Digester:
    """Takes bytes as they pass; ``digests()`` tells what passed so far."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._size_bytes = 0

    def update(self, data: bytes | memoryview) -> None:
        self._sha256.update(data)
        self._sha512.update(data)
        self._size_bytes += len(data)

    def digests(self) -> Digests:
        return Digests(self._size_bytes, self._sha256.hexdigest(), self._sha512.hexdigest())


def digests_of(chunks: Iterable[bytes]) -> Digests:
    digester = Digester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.digests()


def file_digests(path: Path) -> Digests:
    """Digests of the whole file, each byte read once."""
    digester = Digester()
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digester.update(view[:count])
    return digester.digests()
