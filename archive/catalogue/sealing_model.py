"""Sealed packages as the catalogue knows them: the key's id, never the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.storage.key import Key


@dataclass(frozen=True, slots=True)
class Sealing:
    """What is known of what lies inside a sealed object. ``key_id``: which key of the key store opens it."""

    key_id: str
    plain_sha256: str
    plain_size_bytes: int

    def as_json(self) -> dict[str, Any]:
        """As the ledger has it, under ``sealed`` of the record that states the object."""
        return {
            "key_id": self.key_id,
            "plain_sha256": self.plain_sha256,
            "plain_size_bytes": self.plain_size_bytes,
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Sealing:
        return cls(str(value["key_id"]), str(value["plain_sha256"]), int(value["plain_size_bytes"]))


@dataclass(frozen=True, slots=True)
class ReplacedObject:
    """An object its package has left; ``store`` may still hold it, since the moment the new one was proven."""

    object_key: Key
    store: str
    aip_id: str
    since: datetime
