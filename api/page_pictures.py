"""Pictures of a stored document's pages: its bytes, proven, in a file of their own for the time of drawing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from api.bootstrap import Installation
from api.delivering import Part, Proofs
from api.scratch import scratch_of
from archive.catalogue import Aip, Document
from archive.errors import LuutruError
from ingest.pictures import Picture, Pictures

LARGEST_DRAWN_BYTES = 512 << 20


class TooLargeToDrawError(LuutruError):
    """The document is larger than what is drawn on demand."""

    code = "picture.document-too-large"
    http_status = 404


_pictures: dict[Path, tuple[Installation, Pictures]] = {}
_lock = Lock()


def pictures_of(installation: Installation) -> Pictures:
    """The pictures of this installation, kept under its home."""
    folder = installation.settings.home / "pictures"
    with _lock:
        known, pictures = _pictures.get(folder, (None, None))
        if known is not installation or pictures is None:
            pictures = Pictures(installation.tools.inspectors, folder)
            _pictures[folder] = (installation, pictures)
        return pictures


def page_picture(
    installation: Installation, proofs: Proofs, aip: Aip, document: Document, page: int, width: int
) -> Picture:
    """The picture of ``page`` (from 1), ``width`` pixels wide; drawn from a proven copy when it is not kept yet."""
    pictures = pictures_of(installation)
    kept = pictures.kept(document.sha256, page, width)
    if kept is not None:
        return kept
    if document.size_bytes > LARGEST_DRAWN_BYTES:
        raise TooLargeToDrawError("Tài liệu quá lớn để vẽ trang theo yêu cầu.", remedy="Tải tài liệu gốc về để xem.")
    proven = proofs.proven(installation.reading_stores, Part.of_document(aip, document))
    with _as_file(scratch_of(installation.settings.home), proven.chunks) as blob:
        return pictures.page(blob, document.sha256, page, width)


@contextmanager
def _as_file(folder: Path, chunks: Callable[[], Iterator[bytes]]) -> Iterator[Path]:
    """The bytes in a file nobody else may read, gone when the block ends however it ends."""
    descriptor, name = tempfile.mkstemp(prefix="page-", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks():
                file.write(chunk)
        yield path
    finally:
        path.unlink(missing_ok=True)
