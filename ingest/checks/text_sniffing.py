"""What kind of document a file is, by its content alone, as far as its text goes."""

from __future__ import annotations

import zipfile
from pathlib import Path

_HEAD_BYTES = 4096
_LIMIT_NAMES = 50_000


def kind_of(path: Path) -> str:
    """pdf, docx, odt, fodt, xlsx, or other; the file's name means nothing."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if b"<office:document" in head or (b"<?xml" in head and b"opendocument" in head):
        return "fodt"
    return "other"


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            if len(packed.infolist()) > _LIMIT_NAMES:
                return "other"
            names = set(packed.namelist())
            if "word/document.xml" in names:
                return "docx"
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "mimetype" in names and "content.xml" in names:
                with packed.open("mimetype") as declared:
                    return "odt" if declared.read(100).startswith(b"application/vnd.oasis.opendocument.") else "other"
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return "other"
    return "other"
