"""The head of a generation: whose it is, by which key-encryption key, and what its sorted part adds up to.

4,096 bytes: canonical JSON and a line end, zeros, and the SHA-256 of all that in the last 32. Written last of its file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from archive.canonical import canonical_json
from archive.keystore.kek import LockedKek

FORMAT = "luutru-keys/1"
HEAD_BYTES = 4096
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class Head:
    """``base_records``: so many records, sorted by id, one for each, stand first and are never added to."""

    generation: int
    locked: LockedKek
    base_records: int
    base_keys: int
    base_sha256: str

    @cached_property
    def binding(self) -> bytes:
        """What every record's checksum is bound to, so that none can be moved to another store or generation."""
        return (
            bytes.fromhex(self.locked.store_id) + bytes.fromhex(self.locked.kek_id) + self.generation.to_bytes(8, "big")
        )


def written(head: Head) -> bytes:
    text = canonical_json(
        {
            "format": FORMAT,
            "store": head.locked.store_id,
            "generation": head.generation,
            "kek": {"holder": head.locked.holder, "id": head.locked.kek_id, "slot": dict(head.locked.slot)},
            "base": {"records": head.base_records, "keys": head.base_keys, "sha256": head.base_sha256},
        }
    )
    body = (text + b"\n").ljust(HEAD_BYTES - _DIGEST_BYTES, b"\0")
    if len(body) != HEAD_BYTES - _DIGEST_BYTES:
        raise ValueError("what the holder keeps is too long")
    return body + hashlib.sha256(body).digest()


def read(data: bytes) -> Head | None:
    """None for what is no whole head."""
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if len(data) != HEAD_BYTES or hashlib.sha256(body).digest() != digest:
        return None
    try:
        value = json.loads(body.rstrip(b"\0"))
        if value["format"] != FORMAT:
            return None
        kek, base = value["kek"], value["base"]
        locked = LockedKek(value["store"], kek["holder"], kek["id"], kek["slot"])
        return Head(value["generation"], locked, base["records"], base["keys"], base["sha256"])
    except (ValueError, KeyError, TypeError):
        return None
