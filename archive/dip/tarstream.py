"""A tar as a stream, of the same form as that of an AIP (docs/format.md, 2)."""

from __future__ import annotations

from datetime import datetime

from archive.aip.tarstream import BLOCK_BYTES, RECORD_BYTES, header


class TarBlocks:
    """Hands out the structures between the files; whoever writes puts ``size_bytes`` bytes after each ``header``."""

    media_type = "application/x-tar"

    def __init__(self, at: datetime) -> None:
        self._mtime = int(at.timestamp())
        self._position = 0

    def header(self, name: str, size_bytes: int, crc32: int) -> bytes:
        block = header(name, size_bytes, self._mtime)
        self._position += len(block) + size_bytes
        return block

    def padding(self, size_bytes: int) -> bytes:
        """What fills the last block of a file."""
        filling = bytes(-size_bytes % BLOCK_BYTES)
        self._position += len(filling)
        return filling

    def end(self) -> bytes:
        marks = 2 * BLOCK_BYTES
        return bytes(marks + -(self._position + marks) % RECORD_BYTES)
