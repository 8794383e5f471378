"""Sealing while writing: what a builder writes goes on as an age file, chunk by chunk, with flat memory."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from archive.sealing.header import RandomBytes, derived_key, new_header
from archive.sealing.identity import Recipient
from archive.sealing.stream import CHUNK_BYTES, PAYLOAD_INFO, SALT_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, nonce

Bytes = bytes | bytearray | memoryview
_GATHERED_CHUNKS = 8


class Out(Protocol):
    """Where the sealed bytes go; they may be thrown away as soon as ``write`` returns."""

    def write(self, data: Bytes, /) -> int: ...


@dataclass(frozen=True, slots=True)
class SealedObject:
    """The bytes as they lie in a store: these are what fixity is about."""

    sha256: str
    size_bytes: int
    plain_bytes: int


class SealingOut:
    """An ``Out`` before another: the same plain bytes give other sealed ones each time. ``finish`` once, at the end."""

    def __init__(self, out: Out, recipient: Recipient, key_id: str, random: RandomBytes = os.urandom) -> None:
        header, file_key = new_header(recipient, key_id, random)
        salt = random(SALT_BYTES)
        self._cipher = ChaCha20Poly1305(derived_key(file_key, salt, PAYLOAD_INFO))
        self._out = out
        self._sha256 = hashlib.sha256()
        self._size_bytes = 0
        self._number = 0
        self._chunk = memoryview(bytearray(CHUNK_BYTES))
        self._fill = 0
        self._sealed = memoryview(bytearray(_GATHERED_CHUNKS * SEALED_CHUNK_BYTES))
        self._gathered = 0
        self._pass_on(header + salt)

    def write(self, data: Bytes, /) -> int:
        """Takes all of ``data``; a chunk goes on once it is known not to be the last."""
        view = memoryview(data).cast("B")
        left = view
        while left:
            if self._fill == CHUNK_BYTES:
                self._seal(self._chunk, last=False)
                self._fill = 0
            if not self._fill and len(left) > CHUNK_BYTES:
                self._seal(left[:CHUNK_BYTES], last=False)  # a whole chunk with more behind it need not be copied
                left = left[CHUNK_BYTES:]
                continue
            count = min(len(left), CHUNK_BYTES - self._fill)
            self._chunk[self._fill : self._fill + count] = left[:count]
            self._fill += count
            left = left[count:]
        return len(view)

    def finish(self) -> SealedObject:
        """The last chunk is out. What was not finished never opens as a whole."""
        plain_bytes = self._number * CHUNK_BYTES + self._fill
        self._seal(self._chunk[: self._fill], last=True)
        self._hand_on()
        return SealedObject(self._sha256.hexdigest(), self._size_bytes, plain_bytes)

    def _seal(self, plain: memoryview, *, last: bool) -> None:
        if self._gathered + SEALED_CHUNK_BYTES > len(self._sealed):
            self._hand_on()
        room = self._sealed[self._gathered : self._gathered + len(plain) + TAG_BYTES]
        self._cipher.encrypt_into(nonce(self._number, last=last), plain, None, room)
        self._gathered += len(room)
        self._number += 1

    def _hand_on(self) -> None:
        self._pass_on(self._sealed[: self._gathered])
        self._gathered = 0

    def _pass_on(self, data: Bytes) -> None:
        self._sha256.update(data)
        self._size_bytes += len(data)
        self._out.write(data)
