"""Putting back what a store had of checkpoints, ledger and rows, and has no longer whole: byte for byte what was signed.

What is to be there is said by statements whose signatures are proven anew; where it comes from does not matter then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import timestamps_after
from archive.checkpoints.errors import CheckpointError
from archive.checkpoints.gathering import whole_part
from archive.checkpoints.placing import file_pieces, place_anew
from archive.checkpoints.reading import proven_way
from archive.checkpoints.statement import Checkpoint, Part, checkpoint_key, needed, timestamp_key
from archive.digest import digests_of
from archive.errors import LuutruError, StoreError
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.fsck.differences import Difference
from archive.storage.key import Key
from archive.storage.store import Store

_OBJECT = frozenset({"checkpoint.object.missing", "checkpoint.object.damaged"})
_PART = frozenset({"checkpoint.part.missing", "checkpoint.part.damaged"})
_STAMP = "checkpoint.timestamp.missing"
HEALED = _OBJECT | _PART | {_STAMP}
"""The differences that are mended by a whole object. All others are for a person: they contradict what was signed."""


@dataclass(frozen=True)
class Healing:
    """Objects of the archive itself are put right in ``stores``, as the catalogue's proven checkpoints want them."""

    catalogue: Catalogue
    stores: Sequence[Store]
    public_keys: Sequence[Ed25519PublicKey]
    actor: str

    def heal(self, found: Difference, at: datetime) -> LuutruError | None:
        """The object ``found`` speaks of is whole in its store, and the ledger says so; else what kept it from that.

        Harmless for an object that has become whole meanwhile. Raises ValueError for a difference not of ``HEALED``.
        """
        store = next(store for store in self.stores if store.name == found.details["store"])
        try:
            if found.code in _PART:
                self._part(store, self._parts[Key(found.subject)], at)
            elif found.code in _OBJECT:
                checkpoint = self._way[int(found.subject)]
                self._bytes(store, checkpoint_key(checkpoint.number), checkpoint.document, at)
            elif found.code == _STAMP:
                self._bytes(store, timestamp_key(int(found.subject)), self._token(int(found.subject)), at)
            else:
                raise ValueError(found.code)
        except KeyError:
            return CheckpointError(
                f"Danh mục không có điểm niêm phong nào chứng minh được {found.subject}.",
                remedy="Chạy «luutru ledger verify --full» và báo người quản trị.",
            )
        except (CheckpointError, StoreError) as error:
            return error
        return None

    @cached_property
    def _way(self) -> dict[int, Checkpoint]:
        """The way back from the newest checkpoint, each proven and named by the next. Raises CheckpointError."""
        with self.catalogue.read() as view:
            return {item.number: item for item in proven_way(view, self.public_keys)}

    @cached_property
    def _parts(self) -> dict[Key, Part]:
        return {part.key: part for _, parts in needed(self._way.values()) for part in parts}

    def _token(self, number: int) -> bytes:
        with self.catalogue.read() as view:
            for timestamp in timestamps_after(view, number - 1):
                if timestamp.number == number:
                    return timestamp.token
                break
        raise KeyError(number)

    def _part(self, store: Store, part: Part, at: datetime) -> None:
        seen = verify_copy(store, part.key, part.sha256, part.size_bytes)
        if seen.state in (CopyState.MISSING, CopyState.MISMATCH):
            with whole_part(self.catalogue, self.stores, part) as path:
                place_anew(store, part.key, file_pieces(path), part.sha256, part.size_bytes)
            self._told(store, part.key, part.sha256, seen.sha256, at)
        elif not seen.ok:
            raise _unreadable(store, part.key)

    def _bytes(self, store: Store, key: Key, data: bytes, at: datetime) -> None:
        digests = digests_of([data])
        seen = verify_copy(store, key, digests.sha256, len(data))
        if seen.state in (CopyState.MISSING, CopyState.MISMATCH):
            place_anew(store, key, [data], digests.sha256, len(data))
            self._told(store, key, digests.sha256, seen.sha256, at)
        elif not seen.ok:
            raise _unreadable(store, key)

    def _told(self, store: Store, key: Key, sha256: str, found_sha256: str | None, at: datetime) -> None:
        """Behind the deed: killed between, the object is whole and only this record is missing."""
        data = {"store": store.name, "key": str(key), "sha256": sha256, "found_sha256": found_sha256}
        with self.catalogue.transaction() as tx:
            tx.append(Event.LEDGER_COPY_REPAIRED, "ledger", actor=self.actor, at=at, data=data)


def _unreadable(store: Store, key: Key) -> StoreError:
    return StoreError(
        f"Không đọc được {key} trong kho «{store.name}».", remedy="Kiểm tra thiết bị của kho, rồi chạy lại."
    )
