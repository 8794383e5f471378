"""The header of an age v1 file: who can open it, and the MAC that binds every line of it.

    age-encryption.org/v1
    -> luutru.key 7d0c…                       ours: which key of the key store; others pass over it
                                              (an empty line: a stanza without a body)
    -> X25519 <share>                         the file key, wrapped for one recipient
    <32 bytes>
    --- <MAC>

The stanza with the key's id makes an object tell which key it needs without any catalogue. It is no secret and opens
nothing; as all of the header it stands under the MAC.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from archive.sealing.errors import damaged, key_wrong
from archive.sealing.identity import Identity, Recipient

VERSION_LINE = b"age-encryption.org/v1\n"
KEY_ID_KIND = "luutru.key"
_X25519_KIND = "X25519"
_X25519_INFO = b"age-encryption.org/v1/X25519"
_FILE_KEY_BYTES = 16
_BODY_LINE = 64
_LONGEST = 16 << 10
"""Ours are of about 230 bytes; a file of other tools for a few dozen recipients still opens."""

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it was read: nothing of it is proven before ``file_key`` has opened it."""

    key_id: str
    size_bytes: int
    _shares: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    _covered: bytes = field(repr=False)
    _mac: bytes = field(repr=False)

    def file_key(self, identity: Identity) -> bytes:
        """The key of the file. Raises SealedKeyWrongError, SealedDamagedError (the header was changed)."""
        for share, body in self._shares:
            try:
                agreed = identity.agreed_with(share)
                key = ChaCha20Poly1305(_wrapping_key(agreed, share, identity.recipient)).decrypt(bytes(12), body, None)
            except (InvalidTag, ValueError):
                continue
            if len(key) != _FILE_KEY_BYTES or not hmac.compare_digest(self._mac, _mac_of(key, self._covered)):
                raise damaged("header MAC")
            return key
        raise key_wrong(f"key {self.key_id!r}")


def new_header(recipient: Recipient, key_id: str, random: RandomBytes = os.urandom) -> tuple[bytes, bytes]:
    """A header and the new file key it wraps: both random each time."""
    key = random(_FILE_KEY_BYTES)
    ephemeral = X25519PrivateKey.from_private_bytes(random(32))
    share = ephemeral.public_key().public_bytes_raw()
    body = ChaCha20Poly1305(_wrapping_key(recipient.agreed_with(ephemeral), share, recipient)).encrypt(
        bytes(12), key, None
    )
    lines = [VERSION_LINE]
    if key_id:
        lines.append(f"-> {KEY_ID_KIND} {key_id}\n\n".encode("ascii"))
    lines += [b"-> X25519 " + _b64(share) + b"\n", _b64(body) + b"\n", b"---"]
    covered = b"".join(lines)
    return covered + b" " + _b64(_mac_of(key, covered)) + b"\n", key


def read_header(file: BinaryIO) -> Header:
    """The header at the place where ``file`` stands, which then stands behind it. Raises SealedDamagedError."""
    lines = _Lines(file)
    if lines.next() != VERSION_LINE:
        raise damaged("no age file")
    key_id = ""
    shares: list[tuple[bytes, bytes]] = []
    while True:
        line = lines.next()
        if line.startswith(b"--- "):
            covered = lines.read[: -len(line)] + b"---"
            return Header(key_id, len(lines.read), tuple(shares), covered, _unb64(line[4:-1]))
        kind, *arguments = _arguments(line)
        body = _body(lines)
        if kind == KEY_ID_KIND:
            if len(arguments) != 1 or body or key_id:
                raise damaged("key id stanza")
            key_id = arguments[0]
        elif kind == _X25519_KIND:
            if len(arguments) != 1 or len(body) != _FILE_KEY_BYTES + 16:
                raise damaged("X25519 stanza")
            share = _unb64(arguments[0].encode("ascii"))
            if len(share) != 32:
                raise damaged("X25519 share")
            shares.append((share, body))


def key_id_of(file: BinaryIO) -> str:
    """Which key the object says it needs; "" for an age file of other hands. Raises SealedDamagedError."""
    return read_header(file).key_id


def derived_key(key: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256, 32 bytes."""
    return HKDF(SHA256(), 32, salt, info).derive(key)


class _Lines:
    """Lines of a header, and all that was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = b""

    def next(self) -> bytes:
        line = self._file.readline(_LONGEST)
        self.read += line
        if not line.endswith(b"\n") or len(self.read) > _LONGEST:
            raise damaged("header cut short or of extraordinary length")
        return line


def _arguments(line: bytes) -> list[str]:
    try:
        arrow, *arguments = line[:-1].decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise damaged("header line") from error
    if (
        arrow != "->"
        or not arguments
        or not all(arguments)
        or not all(sign.isprintable() for sign in "".join(arguments))
    ):
        raise damaged("header line")
    return arguments


def _body(lines: _Lines) -> bytes:
    text = b""
    while True:
        line = lines.next()[:-1]
        text += line
        if len(line) > _BODY_LINE:
            raise damaged("stanza body")
        if len(line) < _BODY_LINE:
            return _unb64(text)


def _wrapping_key(agreed: bytes, share: bytes, recipient: Recipient) -> bytes:
    return derived_key(agreed, share + recipient.raw, _X25519_INFO)


def _mac_of(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(derived_key(file_key, b"", b"header"), covered, "sha256")


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unb64(text: bytes) -> bytes:
    """Only the one canonical form is taken: no padding, no bits beyond the last byte."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise damaged("base64") from error
    if _b64(data) != text:
        raise damaged("base64")
    return data
