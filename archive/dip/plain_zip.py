"""The chosen documents as anyone expects them: their exact names in their folders, a list, and digests to check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from archive.aip.ead import text_form
from archive.aip.entries import EntryPart
from archive.aip.model import SupportsWrite
from archive.dip.csvtext import BOM, csv_line
from archive.dip.export import Export, Files, refuse_contradictions
from archive.dip.model import DipRefusedError, DipWritten, GivenDocument, GivenFrom
from archive.dip.places import Places
from archive.dip.proving import ProvenCopies
from archive.dip.zipstream import ZipStream
from schemas.fields import fields_by_name

LIST_NAME = "danh-muc.csv"
SUMS_NAME = "SHA256SUMS"
_FIELDS = ("codeNumber", "codeNotation", "issuedDate", "subject")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def plain_zip(
    source: GivenFrom, documents: Sequence[GivenDocument], *, made_at: datetime, scratch: Path | None = None
) -> Export:
    """Exactly these ``documents`` in a zip with ``danh-muc.csv`` and ``SHA256SUMS``, to be sent once.

    ``sha256sum -c SHA256SUMS`` checks all of it. Raises ``DipRefusedError`` when there is nothing to give.
    """
    refuse_contradictions(documents)
    if made_at.tzinfo is None:
        raise DipRefusedError("Thời điểm tạo gói tin không có múi giờ.", detail="made_at is naive")
    copies = ProvenCopies(source.key, source.stores)

    def parts(files: Files) -> Iterator[bytes]:
        places = Places(taken=(LIST_NAME, SUMS_NAME))
        for document in documents:
            yield from files.document(places.of(document), document)
        given = files.entries.part(0)
        yield from files.generated(LIST_NAME, lambda file: _write_list(file, documents, given))
        summed = files.entries.part(0)
        yield from files.generated(SUMS_NAME, lambda file: _write_sums(file, summed))

    name = f"{_NOT_IN_A_NAME.sub('-', source.file_code).strip('-.')[:100] or source.aip_id}.zip"
    return Export(copies, documents, ZipStream(made_at), parts, file_name=name, scratch=scratch)


def write_zip(
    source: GivenFrom,
    documents: Sequence[GivenDocument],
    out: SupportsWrite,
    *,
    made_at: datetime,
    scratch: Path | None = None,
) -> DipWritten:
    """Write the plain zip to ``out``; on an error what was written is no zip and must be thrown away."""
    return plain_zip(source, documents, made_at=made_at, scratch=scratch).write(out)


def _write_list(file: IO[bytes], documents: Sequence[GivenDocument], given: EntryPart) -> None:
    named = fields_by_name("document")
    labels = [named[name].label for name in _FIELDS]
    file.write(BOM + csv_line(["STT", *labels, "Tên tệp", "Vị trí trong gói", "Kích thước (byte)", "SHA-256"]))
    for document, entry in zip(documents, given, strict=True):
        texts = [text_form(named[name].type, document.fields.get(name) or "") for name in _FIELDS]
        file.write(
            csv_line([document.ordinal, *texts, document.path, entry.path, document.size_bytes, document.sha256])
        )


def _write_sums(file: IO[bytes], entries: EntryPart) -> None:
    # No place has a line end or a backslash, which sha256sum would want escaped.
    for entry in entries:
        file.write(f"{entry.sha256}  {entry.path}\n".encode())
