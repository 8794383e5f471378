"""Putting one object into one store: durable, read back, compared; and getting its bytes from wherever they are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.checkpoints.errors import CheckpointPartError
from archive.checkpoints.statement import Part
from archive.errors import LockedError, StoreError
from archive.fixity import verify_copy
from archive.storage.key import Key
from archive.storage.store import CHUNK_BYTES, Store


def place(store: Store, key: Key, pieces: Iterable[bytes], sha256: str, size_bytes: int) -> None:
    """The object lies in ``store``, read back byte for byte, when this returns; there already is fine.

    Raises StoreError, ObjectExistsError for other bytes under the key.
    """
    with store.create(key) as writer:
        for piece in pieces:
            writer.write(piece)
        writer.commit()
    _require_whole(store, key, sha256, size_bytes)


def place_anew(store: Store, key: Key, pieces: Iterable[bytes], sha256: str, size_bytes: int) -> None:
    """The same where other bytes may stand in its place, or none: at every instant there is the one object or the other.

    Whether it worked is what reading it back says: a lock may keep the damaged version beside it. Raises StoreError.
    """
    try:
        with store.replacing(key, keep=False) as writer:
            for piece in pieces:
                writer.write(piece)
            writer.commit()
    except LockedError:
        pass
    _require_whole(store, key, sha256, size_bytes)


def _require_whole(store: Store, key: Key, sha256: str, size_bytes: int) -> None:
    seen = verify_copy(store, key, sha256, size_bytes)
    if not seen.ok:
        raise StoreError(
            f"Đối tượng vừa ghi vào kho «{store.name}» không đọc lại được đúng.",
            remedy="Kiểm tra thiết bị của kho; hệ thống sẽ thử lại.",
            detail=f"{key}: {seen.state.value} {seen.detail}",
        )


def file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def proven_pieces(store: Store, part: Part) -> Iterator[bytes]:
    """The bytes of ``part`` in ``store``; the last piece comes only when the digest of all is right.

    Raises CheckpointPartError when it is not, StoreError when the store fails.
    """
    digest, size, held = hashlib.sha256(), 0, b""
    for piece in store.read(part.key):
        digest.update(piece)
        size += len(piece)
        if held:
            yield held
        held = piece
    if (digest.hexdigest(), size) != (part.sha256, part.size_bytes):
        raise part_damaged(part, store.name, f"found {size} bytes {digest.hexdigest()}")
    if held:
        yield held


def part_damaged(part: Part, store: str, detail: str) -> CheckpointPartError:
    return CheckpointPartError(
        f"Đối tượng {part.key} trong kho «{store}» không đúng như điểm niêm phong đã ký.",
        remedy="Lấy bản còn nguyên từ một kho khác.",
        detail=detail,
    )
