"""From one store to another: bytes leave only as what they were recorded to be, or nothing of them stays.

``put_proven`` is the ground of every such copying, also of healing (``archive.repair.copying``), which reads and reports
in its own way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from archive.errors import CopyDamagedError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import Bytes, ObjectWriter, Store


class SourceFailedError(StoreError):
    """The copy that was to be copied could not be read; of the place it was to go to nothing is said."""

    code = "copy.source-failed"


def copy_proven(
    source: Store,
    target: Store,
    key: Key,
    sha256: str,
    size_bytes: int,
    *,
    replacing: bool = False,
    keep: bool = True,
) -> None:
    """The object under ``key`` stands in ``target`` with exactly the recorded bytes, as far as ``target`` says.

    Every byte is checked on its way, in this one reading, and nothing is committed unless all were right: then
    CopyDamagedError is raised; SourceFailedError when it could not be read. ObjectExistsError when ``target`` holds other
    bytes under the key, unless ``replacing`` (``keep``: those are put aside first). Only reading it back shows that the
    copy is right.
    """
    writer = target.replacing(key, keep=keep) if replacing else target.create(key)
    found = put_proven(read_source(source, key), writer, sha256, size_bytes)
    if found != (size_bytes, sha256):
        raise CopyDamagedError(
            f"Bản lưu trong kho «{source.name}» không còn đúng như đã ghi nhận; không sao từ đó.",
            remedy="Chạy «luutru verify» cho gói này.",
            detail=f"{source.name} {key}: {found[0]} {found[1]}",
        )


def put_proven(pieces: Iterable[Bytes], into: ObjectWriter, sha256: str, size_bytes: int) -> tuple[int, str]:
    """Number and SHA-256 of ``pieces``, each hashed before it is written; ``into`` has committed only when they are these.

    Pieces that are more than that are read no further. Raises what ``pieces`` and ``into`` raise: nothing is committed.
    """
    digest, size = hashlib.sha256(), 0
    with into as writer:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if size > size_bytes:
                break
            writer.write(piece)
        found = size, digest.hexdigest()
        if found == (size_bytes, sha256):
            writer.commit()
    return found


def read_source(source: Store, key: Key) -> Iterator[bytes]:
    """The bytes under ``key``. Raises SourceFailedError; CopyDamagedError when there is no such object."""
    try:
        yield from source.read(key)
    except ObjectMissingError as error:
        raise CopyDamagedError(error.message, remedy=error.remedy, detail=error.detail) from error
    except StoreError as error:
        raise SourceFailedError(error.message, remedy=error.remedy, detail=error.detail) from error
