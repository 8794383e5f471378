"""STREAM over ChaCha20-Poly1305 as age has it: chunks of 64 KiB, numbered, the last one marked.

    nonce of a chunk = its number (11 bytes, big end first) + 1 for the last one, else 0

So a chunk that was moved, left out, or made the last one by cutting does not open.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.sealing.errors import damaged

CHUNK_BYTES = 64 << 10
TAG_BYTES = 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
SALT_BYTES = 16
PAYLOAD_INFO = b"payload"


def nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


@dataclass(frozen=True, slots=True)
class Payload:
    """Where the chunks of an object lie, by its length alone; that length is proven once the last chunk has opened."""

    begin: int
    size_bytes: int

    @property
    def chunks(self) -> int:
        return -(-self.size_bytes // SEALED_CHUNK_BYTES)

    @property
    def plain_bytes(self) -> int:
        return self.size_bytes - self.chunks * TAG_BYTES

    def place(self, number: int) -> tuple[int, int]:
        """Offset in the object and length of a chunk with its tag."""
        offset = number * SEALED_CHUNK_BYTES
        return self.begin + offset, min(SEALED_CHUNK_BYTES, self.size_bytes - offset)


def payload_of(begin: int, object_bytes: int) -> Payload:
    """Raises SealedDamagedError for a length no writer leaves."""
    size = object_bytes - begin
    rest = size % SEALED_CHUNK_BYTES
    # An empty last chunk belongs to an empty file only.
    if size < TAG_BYTES or (rest and rest < TAG_BYTES) or (rest == TAG_BYTES and size != TAG_BYTES):
        raise damaged(f"{object_bytes} bytes, {size} of them behind the header")
    return Payload(begin, size)


def sealed_bytes(header_bytes: int, plain_bytes: int) -> int:
    """How long the object of a plain text of this length is."""
    chunks = max(1, -(-plain_bytes // CHUNK_BYTES))
    return header_bytes + SALT_BYTES + plain_bytes + chunks * TAG_BYTES
