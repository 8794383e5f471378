"""One record of the key store: 128 bytes, never across a sector, each with a checksum that fixes its place.

  0  kind: K a key, D the key of this id is destroyed for ever, S shares were printed
  1  length of the id
  2  id, 62 bytes, filled with zeros
 64  the wrapped key, 40 bytes (zeros for D)
104  the first 24 bytes of SHA-256(store, key-encryption key, generation, number of the record, bytes 0 to 103)
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import Enum

from archive.keystore.kek import WRAPPED_BYTES

RECORD_BYTES = 128
LONGEST_ID = 62
_CHECKED_BYTES = 104
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,61}")


class Kind(bytes, Enum):
    """What a record says."""

    KEY = b"K"
    DESTROYED = b"D"
    SHARES = b"S"


_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Record:
    kind: Kind
    key_id: str
    wrapped: bytes = field(default=bytes(WRAPPED_BYTES), repr=False)


def require_key_id(key_id: str) -> None:
    if not _ID.fullmatch(key_id):
        raise ValueError(f"no id of a key: {key_id!r}")


def written(record: Record, binding: bytes, number: int) -> bytes:
    """``binding``: what the record belongs to (``Head.binding``); ``number``: its place, counted from 0."""
    raw_id = record.key_id.encode("ascii")
    body = record.kind.value + bytes([len(raw_id)]) + raw_id.ljust(LONGEST_ID, b"\0") + record.wrapped
    return body + _checksum(binding, number, body)


def read(data: bytes, binding: bytes, number: int) -> Record | None:
    """None for what is not whole, or not of this place."""
    body = data[:_CHECKED_BYTES]
    if len(data) != RECORD_BYTES or not hmac.compare_digest(data[_CHECKED_BYTES:], _checksum(binding, number, body)):
        return None
    kind = _KINDS.get(body[:1])
    return None if kind is None else Record(kind, body[2 : 2 + body[1]].decode("ascii"), body[64:_CHECKED_BYTES])


def _checksum(binding: bytes, number: int, body: bytes) -> bytes:
    return hashlib.sha256(binding + number.to_bytes(8, "big") + body).digest()[: RECORD_BYTES - _CHECKED_BYTES]
