"""The plain bytes of a sealed object, anywhere within: just the chunks asked for are read, and each is authenticated."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from archive.sealing.errors import damaged
from archive.sealing.header import Header, derived_key, read_header
from archive.sealing.identity import Identity
from archive.sealing.stream import (
    CHUNK_BYTES,
    PAYLOAD_INFO,
    SALT_BYTES,
    SEALED_CHUNK_BYTES,
    TAG_BYTES,
    Payload,
    nonce,
    payload_of,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_AT_ONCE_CHUNKS = 16
BUFFER_BYTES = 64 << 10


class SealedFile(io.RawIOBase):
    """Seekable, read-only, for one thread; closes ``file``. Its length is authenticated when it is made.

    Gives out no byte of a chunk that does not open. Raises SealedDamagedError, SealedKeyWrongError, and what ``file``
    raises.
    """

    def __init__(self, file: BinaryIO, identity: Identity, header: Header | None = None) -> None:
        super().__init__()
        self._file = file
        self._position = 0
        self._held = memoryview(bytearray(CHUNK_BYTES))
        self._held_number = -1
        self._held_bytes = 0
        self._sealed = memoryview(bytearray(SEALED_CHUNK_BYTES))
        if header is None:
            header = read_header(file)
        file_key = header.file_key(identity)
        salt = _exactly(file, header.size_bytes, SALT_BYTES)
        self._cipher = ChaCha20Poly1305(derived_key(file_key, salt, PAYLOAD_INFO))
        self._payload = payload_of(header.size_bytes + SALT_BYTES, file.seek(0, io.SEEK_END))
        self._hold(self._payload.chunks - 1)  # the one marked as last: nothing was cut off

    @property
    def size_bytes(self) -> int:
        return self._payload.plain_bytes

    @property
    def payload(self) -> Payload:
        return self._payload

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        offset += {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        if offset < 0:
            raise ValueError("a negative position")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self.size_bytes - self._position)]
        done = 0
        while done < len(view):
            number, within = divmod(self._position + done, CHUNK_BYTES)
            whole = 0 if within else min((len(view) - done) // CHUNK_BYTES, _AT_ONCE_CHUNKS)
            if whole:
                self._open_many(number, view[done : done + whole * CHUNK_BYTES])
                done += whole * CHUNK_BYTES
            else:
                if number != self._held_number:
                    self._hold(number)
                part = self._held[within : self._held_bytes][: len(view) - done]
                view[done : done + len(part)] = part
                done += len(part)
        self._position += done
        return done

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._file.close()

    def _hold(self, number: int) -> None:
        offset, size = self._payload.place(number)
        sealed = self._sealed[:size]
        self._read(offset, sealed)
        self._held_number = -1
        self._held_bytes = size - TAG_BYTES
        self._open(number, sealed, self._held[: self._held_bytes])
        self._held_number = number

    def _open_many(self, first: int, room: memoryview) -> None:
        count = len(room) // CHUNK_BYTES
        sealed = memoryview(bytearray(count * SEALED_CHUNK_BYTES))
        self._read(self._payload.place(first)[0], sealed)
        for place in range(count):
            chunk = sealed[place * SEALED_CHUNK_BYTES : (place + 1) * SEALED_CHUNK_BYTES]
            self._open(first + place, chunk, room[place * CHUNK_BYTES : (place + 1) * CHUNK_BYTES])

    def _open(self, number: int, sealed: memoryview, room: memoryview) -> None:
        try:
            self._cipher.decrypt_into(nonce(number, last=number == self._payload.chunks - 1), sealed, None, room)
        except InvalidTag as error:
            room[:] = bytes(len(room))  # what was decrypted before the tag failed is nobody's to see
            raise damaged(f"chunk {number} of {self._payload.chunks}") from error

    def _read(self, offset: int, room: memoryview) -> None:
        self._file.seek(offset)
        done = 0
        while done < len(room):
            count = self._file.readinto(room[done:])  # type: ignore[attr-defined]  # every binary file of a store has it
            if not count:
                raise damaged(f"cut short at {offset + done}")
            done += count


def opened(file: BinaryIO, identity: Identity, header: Header | None = None) -> io.BufferedReader:
    """``SealedFile`` with a buffer before it. ``header``: when it was read already. Closes ``file`` also when it raises."""
    try:
        return io.BufferedReader(SealedFile(file, identity, header), BUFFER_BYTES)
    except BaseException:
        file.close()
        raise


def _exactly(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    data = file.read(count)
    if len(data) != count:
        raise damaged("cut short behind the header")
    return data
