"""The bytes of a document from whichever store proves right, compared before the first of them is handed on."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.dip.model import Damage, DocumentDamagedError, GivenDocument
from archive.errors import StoreError
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.storage.key import Key
from archive.storage.store import Store

HELD_BYTES = 4 << 20
"""Documents up to this size are read once and kept until sent; larger ones are read twice: to prove, then to send."""


@dataclass(frozen=True, slots=True)
class Proof:
    """``store`` gave the recorded bytes a moment ago; ``held`` are they, when few enough to keep."""

    store: Store
    crc32: int
    held: bytes | None


class ProvenCopies:
    """One package in several stores. Remembers which gave bytes and which did not prove right."""

    def __init__(self, key: Key, stores: Sequence[Store]) -> None:
        self._key = key
        self._stores = list(stores)
        self._gave: dict[str, None] = {}
        self._damaged: dict[Damage, None] = {}
        self._proven: dict[int, Proof] = {}

    @property
    def gave(self) -> tuple[str, ...]:
        return tuple(self._gave)

    @property
    def damaged(self) -> tuple[Damage, ...]:
        return tuple(self._damaged)

    def prove(self, document: GivenDocument) -> None:
        """As ``proof``, ahead of sending: of a large document the answer is kept, so that it is not read a third time."""
        proof = self.proof(document)
        if proof.held is None:
            self._proven[document.ordinal] = proof

    def save(self, document: GivenDocument, path: Path) -> None:
        """The bytes as a file; there is none when ``DocumentDamagedError`` is raised."""
        try:
            with path.open("wb") as file:
                for chunk in self.chunks(document, self.proof(document)):
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def proof(self, document: GivenDocument) -> Proof:
        """A store that gives exactly the recorded bytes. Raises ``DocumentDamagedError`` when none does."""
        if document.ordinal in self._proven:
            return self._proven.pop(document.ordinal)
        for store in self._stores:
            sha256, crc32, held = hashlib.sha256(), 0, bytearray()
            keep = document.size_bytes <= HELD_BYTES
            try:
                for chunk in store.read(self._key, document.offset, document.size_bytes):
                    sha256.update(chunk)
                    crc32 = zlib.crc32(chunk, crc32)
                    if keep:
                        held += chunk
            except (SealedKeyMissingError, SealedKeyDestroyedError):
                raise
            except StoreError:
                self._note(store, document, unreadable=True)
                continue
            if sha256.hexdigest() == document.sha256:
                return Proof(store, crc32, bytes(held) if keep else None)
            self._note(store, document, unreadable=False)
        raise DocumentDamagedError(document)

    def chunks(self, document: GivenDocument, proof: Proof) -> Iterator[bytes]:
        """The bytes, compared once more as they pass. ``DocumentDamagedError`` breaks them off when they changed meanwhile.

        A store that fails half-way is followed by the next, at the same place: what counts is the digest of all.
        """
        self._gave[proof.store.name] = None
        if proof.held is not None:
            yield proof.held
            return
        sha256, done = hashlib.sha256(), 0
        for store in (proof.store, *(other for other in self._stores if other is not proof.store)):
            try:
                for chunk in store.read(self._key, document.offset + done, document.size_bytes - done):
                    sha256.update(chunk)
                    done += len(chunk)
                    if done == document.size_bytes and sha256.hexdigest() != document.sha256:
                        # The last bytes are kept back: nothing that looks complete is ever sent.
                        self._note(store, document, unreadable=False)
                        raise DocumentDamagedError(document)
                    yield chunk
            except StoreError:
                self._note(store, document, unreadable=True)
                continue
            self._gave[store.name] = None
            return
        raise DocumentDamagedError(document)

    def _note(self, store: Store, document: GivenDocument, *, unreadable: bool) -> None:
        self._damaged[Damage(store.name, document.ordinal, unreadable)] = None
