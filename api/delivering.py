"""Giving a copy out: from the first store whose bytes prove right, whole or not at all, and recorded."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from api.bootstrap import Installation, now
from api.views import AmbiguousIdError, find_aips
from archive.catalogue import Aip, Document
from archive.errors import LuutruError, StoreError
from archive.events import Event


class DocumentMissingError(LuutruError):
    """The package has no such document."""

    code = "document.missing"


class CopyDamagedError(LuutruError):
    """No store could give bytes that match the recorded digest; nothing was delivered."""

    code = "copy.damaged"


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
        offset, size_bytes, sha256, name = 0, aip.size_bytes, aip.sha256, f"{aip.id}.tar"
        event = Event.AIP_COPY_DELIVERED
        data: dict[str, object] = {"aip_id": aip.id}
    else:
        found = _document(installation, aip, document)
        offset, size_bytes, sha256 = found.tar_offset, found.size_bytes, found.sha256
        name = found.path.rsplit("/", 1)[-1]
        event = Event.DOCUMENT_COPY_DELIVERED
        data = {"aip_id": aip.id, "ordinal": found.ordinal, "sha256": sha256}
    if target == Path("-"):
        store, output = _to_stream(installation, aip, offset, size_bytes, sha256), "-"
    else:
        path = (target or Path(name)).absolute()
        if path.is_dir():
            path = path / name
        store, output = _to_file(installation, aip, offset, size_bytes, sha256, path), str(path)
    with installation.catalogue.transaction() as tx:
        tx.append(event, aip.id, actor=actor, at=now(), data={**data, "store": store})
    return {"aip_id": aip.id, "output": output, "size_bytes": size_bytes, "sha256": sha256, "store": store}


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


def _to_file(installation: Installation, aip: Aip, offset: int, size_bytes: int, sha256: str, path: Path) -> str:
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        for store in installation.stores:
            try:
                with part.open("wb") as file:
                    right = _copied(store.read(aip.object_key, offset, size_bytes), file) == sha256
                    file.flush()
                    os.fsync(file.fileno())
            except StoreError:
                continue
            if right:
                part.replace(path)
                return store.name
    finally:
        part.unlink(missing_ok=True)
    raise _damaged()


def _to_stream(installation: Installation, aip: Aip, offset: int, size_bytes: int, sha256: str) -> str:
    """A stream cannot be taken back: the bytes are proven by a first reading, then given by a second."""
    for store in installation.stores:
        try:
            digest = hashlib.sha256()
            for chunk in store.read(aip.object_key, offset, size_bytes):
                digest.update(chunk)
        except StoreError:
            continue
        if digest.hexdigest() == sha256:
            _copied(store.read(aip.object_key, offset, size_bytes), sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return store.name
    raise _damaged()


def _copied(chunks: Iterable[bytes], file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()


def _damaged() -> CopyDamagedError:
    return CopyDamagedError(
        "Không bản lưu nào còn đọc được đúng mã băm; không giao gì.",
        remedy="Chạy «luutru verify» và báo người quản trị.",
    )
