"""Giving bytes out: from the first store that proves to hold exactly the recorded ones, or not at all."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from api.bootstrap import Installation, now
from api.views import AmbiguousIdError, find_aips
from archive.catalogue import Aip, Document
from archive.catalogue.sealing_model import Sealing
from archive.catalogue.sealing_reading import sealing_of
from archive.errors import CopyDamagedError, LuutruError, StoreError
from archive.events import Event
from archive.fixity import verify_copy
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.storage.key import Key
from archive.storage.store import Store

HELD_BYTES = 4 << 20
"""Up to this size the proven bytes are kept until they are sent; larger ones are proven by a reading of their own."""
PROOF_SECONDS = 600.0
KEPT_PROOFS = 1024


class DocumentMissingError(LuutruError):
    """The package has no such document."""

    code = "document.missing"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a stored package whose digest is recorded: one document, or (``layout_sha256`` given or not) all of it."""

    key: Key
    offset: int
    size_bytes: int
    sha256: str
    whole: bool = False
    layout_sha256: str | None = None

    @classmethod
    def of_document(cls, aip: Aip, document: Document) -> Part:
        return cls(aip.object_key, document.tar_offset, document.size_bytes, document.sha256)

    @classmethod
    def of_package(cls, aip: Aip, sealing: Sealing | None = None) -> Part:
        """The tar itself, also of a package that lies sealed."""
        if sealing is not None:
            return cls(aip.object_key, 0, sealing.plain_size_bytes, sealing.plain_sha256, True)
        return cls(aip.object_key, 0, aip.size_bytes, aip.sha256, True, aip.layout_sha256)


@dataclass(frozen=True, slots=True)
class Proven:
    """``store`` gave exactly the recorded bytes; ``held`` are they, when few enough to keep."""

    part: Part
    store: Store
    held: bytes | None = None

    def chunks(self, first: int = 0, length: int | None = None) -> Iterator[bytes]:
        """``length`` bytes from ``first`` on, or all of them in flat memory.

        All of them are compared once more as they pass: should the copy have rotted since it was proven,
        CopyDamagedError breaks off before the last piece, so that nothing that looks complete is ever sent.
        """
        wanted = self.part.size_bytes - first if length is None else length
        if self.held is not None:
            yield self.held[first : first + wanted]
        elif wanted < self.part.size_bytes:
            yield from self.store.read(self.part.key, self.part.offset + first, wanted)
        else:
            yield from self._compared()

    def _compared(self) -> Iterator[bytes]:
        digest, left = hashlib.sha256(), self.part.size_bytes
        for chunk in self.store.read(self.part.key, self.part.offset, self.part.size_bytes):
            digest.update(chunk)
            left -= len(chunk)
            if not left and digest.hexdigest() != self.part.sha256:
                raise damaged()
            yield chunk


@dataclass
class Proofs:
    """What was proven a short while ago, so that the ranges of one large file do not each read all of it.

    A proof holds for ``seconds``; two who ask for the same large part wait for one proof. For all threads.
    """

    seconds: float = PROOF_SECONDS
    clock: Callable[[], float] = time.monotonic
    held_bytes: int = HELD_BYTES
    _kept: OrderedDict[tuple[Key, int], tuple[float, Proven]] = field(default_factory=OrderedDict)
    _busy: dict[tuple[Key, int], tuple[Lock, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def proven(self, stores: Sequence[Store], part: Part) -> Proven:
        """The first of ``stores`` with exactly the recorded bytes. Raises CopyDamagedError when none has them."""
        if part.size_bytes <= self.held_bytes:
            return prove(stores, part, held_bytes=self.held_bytes)
        name = (part.key, -1 if part.whole else part.offset)
        with self._turn(name):
            if (found := self._fresh(name)) is not None and any(found.store is store for store in stores):
                return found
            found = prove(stores, part, held_bytes=self.held_bytes)
            with self._lock:
                self._kept[name] = (self.clock() + self.seconds, found)
                while len(self._kept) > KEPT_PROOFS:
                    self._kept.popitem(last=False)
            return found

    def doubt(self, part: Part) -> None:
        """Forgets the proof: a reading has failed since."""
        with self._lock:
            self._kept.pop((part.key, -1 if part.whole else part.offset), None)

    def _fresh(self, name: tuple[Key, int]) -> Proven | None:
        with self._lock:
            until, found = self._kept.get(name, (0.0, None))
            if found is not None and until <= self.clock():
                del self._kept[name]
                return None
            return found

    def _turn(self, name: tuple[Key, int]) -> _Turn:
        return _Turn(self._busy, self._lock, name)


class _Turn:
    """A lock for each name that somebody waits for, and none for the others."""

    def __init__(self, busy: dict[tuple[Key, int], tuple[Lock, int]], lock: Lock, name: tuple[Key, int]) -> None:
        self._busy, self._lock, self._name = busy, lock, name

    def __enter__(self) -> None:
        with self._lock:
            own, waiting = self._busy.get(self._name, (Lock(), 0))
            self._busy[self._name] = (own, waiting + 1)
        own.acquire()

    def __exit__(self, *_ended: object) -> None:
        with self._lock:
            own, waiting = self._busy.pop(self._name)
            if waiting > 1:
                self._busy[self._name] = (own, waiting - 1)
        own.release()


def prove(stores: Sequence[Store], part: Part, *, held_bytes: int = HELD_BYTES) -> Proven:
    """The first of ``stores`` whose bytes were all read and found right. Raises CopyDamagedError when none has them.

    Raises SealedKeyMissingError when the key of a sealed package is not to be had: that says nothing of its copies.
    """
    for store in stores:
        if part.whole and part.layout_sha256 is not None and part.size_bytes > held_bytes:
            if verify_copy(
                store, part.key, part.sha256, part.size_bytes, layout_sha256=part.layout_sha256, cold=False
            ).ok:
                return Proven(part, store)
            continue
        digest, held = hashlib.sha256(), bytearray()
        keep = part.size_bytes <= held_bytes
        try:
            for chunk in store.read(part.key, part.offset, part.size_bytes):
                digest.update(chunk)
                if keep:
                    held += chunk
        except (SealedKeyMissingError, SealedKeyDestroyedError):
            raise
        except StoreError:
            continue
        if digest.hexdigest() == part.sha256:
            return Proven(part, store, bytes(held) if keep else None)
    raise damaged()


def damaged() -> CopyDamagedError:
    return CopyDamagedError(
        "Không bản lưu nào còn đọc được đúng mã băm; không giao gì.",
        remedy="Chạy «luutru verify» và báo người quản trị.",
    )


def deliver(
    installation: Installation, id: str, document: str | None, target: Path | None, *, actor: str
) -> dict[str, Any]:
    """One document, or the whole AIP, byte for byte: its SHA-256 is compared before the file appears under its name."""
    aips = find_aips(installation, id)
    if len(aips) > 1:
        raise AmbiguousIdError(
            f"Hồ sơ «{id}» có {len(aips)} gói: {', '.join(aip.id for aip in aips)}.", remedy="Nêu mã gói (AIP)."
        )
    aip = aips[0]
    if document is None:
        with installation.catalogue.read() as reading:
            part, name = Part.of_package(aip, sealing_of(reading, aip.id)), f"{aip.id}.tar"
        event = Event.AIP_COPY_DELIVERED
        data: dict[str, object] = {"aip_id": aip.id}
    else:
        found = _document(installation, aip, document)
        part, name = Part.of_document(aip, found), found.path.rsplit("/", 1)[-1]
        event = Event.DOCUMENT_COPY_DELIVERED
        data = {"aip_id": aip.id, "ordinal": found.ordinal, "sha256": found.sha256}
    if target == Path("-"):
        # A stream cannot be taken back: the bytes are proven by a first reading, then given by a second.
        proven = prove(installation.reading_stores, part)
        for chunk in proven.chunks():
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        store, output = proven.store.name, "-"
    else:
        path = (target or Path(name)).absolute()
        if path.is_dir():
            path = path / name
        store, output = to_file(installation, part, path), str(path)
    with installation.catalogue.transaction() as tx:
        tx.append(event, aip.id, actor=actor, at=now(), data={**data, "store": store})
    return {
        "aip_id": aip.id, "output": output, "size_bytes": part.size_bytes, "sha256": part.sha256, "store": store,
    }  # fmt: skip


def _document(installation: Installation, aip: Aip, wanted: str) -> Document:
    """By ordinal, exact path as received, or file name when only one document has it."""
    with installation.catalogue.read() as reading:
        found = reading.document(aip.id, int(wanted)) if wanted.isascii() and wanted.isdigit() else None
        found = found or reading.document_named(aip.id, wanted)
        if found is None:
            named = [item for item in reading.documents(aip.id) if item.path.rsplit("/", 1)[-1] == wanted]
            found = named[0] if len(named) == 1 else None
    if found is None:
        raise DocumentMissingError(
            f"Gói không có văn bản «{wanted}».", remedy=f"Xem danh sách bằng «luutru show {aip.id}»."
        )
    return found


def to_file(installation: Installation, part: Part, path: Path) -> str:
    """The store that gave exactly the recorded bytes, which are all of ``path``. Read once: compared while written under
    another name. Raises CopyDamagedError when no store has them, SealedKeyMissingError without their key.
    """
    unfinished = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        for store in installation.reading_stores:
            try:
                with unfinished.open("wb") as file:
                    right = copied(store.read(part.key, part.offset, part.size_bytes), file) == part.sha256
                    file.flush()
                    os.fsync(file.fileno())
            except (SealedKeyMissingError, SealedKeyDestroyedError):
                raise
            except StoreError:
                continue
            if right:
                unfinished.replace(path)
                return store.name
    finally:
        unfinished.unlink(missing_ok=True)
    raise damaged()


def copied(chunks: Iterable[bytes], file: BinaryIO) -> str:
    """The SHA-256 of what was written to ``file``."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()
