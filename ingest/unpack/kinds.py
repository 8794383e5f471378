"""What a source is, told by its content; the name only says what a damaged file was meant to be."""

from __future__ import annotations

import gzip
import zlib
from enum import StrEnum
from typing import BinaryIO

from ingest.unpack.entries import refused
from ingest.unpack.tar_source import BLOCK, valid_header


class SourceKind(StrEnum):
    FOLDER = "folder"
    ZIP = "zip"
    TAR = "tar"
    TAR_GZ = "tar.gz"
    FILE = "file"


# The first entry of a document that is a ZIP inside: OOXML, OpenDocument, EPUB and ASiC containers are no packages.
_DOCUMENT_ENTRIES = (b"mimetype", b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/")
_ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")


def source_kind(file: BinaryIO, name: str) -> SourceKind:
    """The kind of an open file, left at its start. A name that promises an archive the content is not is refused."""
    file.seek(0)
    head = file.read(BLOCK)
    kind = _kind(file, head)
    file.seek(0)
    lower = name.lower()
    if kind is SourceKind.FILE and lower.endswith(_ARCHIVE_SUFFIXES):
        if lower.endswith(".tar") and head and not any(head):
            return SourceKind.TAR  # an empty tar is nothing but its end mark
        raise refused("unpack.archive.unreadable", name, reason="nội dung không phải tệp nén như tên gọi")
    return kind


def _kind(file: BinaryIO, head: bytes) -> SourceKind:
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return SourceKind.FILE if _is_document(file, head) else SourceKind.ZIP
    if valid_header(head):
        return SourceKind.TAR
    if head.startswith(b"\x1f\x8b"):
        file.seek(0)
        try:
            inside = gzip.GzipFile(fileobj=file, mode="rb").read(BLOCK)
        except (OSError, EOFError, zlib.error):
            return SourceKind.FILE
        empty = len(inside) == BLOCK and not any(inside)
        return SourceKind.TAR_GZ if valid_header(inside) or empty else SourceKind.FILE
    return SourceKind.FILE


def _is_document(file: BinaryIO, head: bytes) -> bool:
    if not head.startswith(b"PK\3\4") or len(head) < 30:
        return False
    length = int.from_bytes(head[26:28], "little")
    file.seek(30)
    name = file.read(min(length, 64))
    return name.startswith(_DOCUMENT_ENTRIES) and (name == b"mimetype" or _has_content_types(file))


def _has_content_types(file: BinaryIO) -> bool:
    """OOXML lists ``[Content_Types].xml`` in its central directory, near the end of the file."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 20)))
    return b"[Content_Types].xml" in file.read(1 << 20)
