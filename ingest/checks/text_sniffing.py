"""What kind of document a file is, by its content alone, as far as its text goes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.checks.text_of_plain_text import SNIFFED_BYTES, plain_encoding

_PICTURES = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"BM",
    b"\0\0\0\x0cjP  ",
)
_LIMIT_NAMES = 50_000


def kind_of(path: Path) -> str:
    """pdf, docx, odt, fodt, xlsx, plain, picture, empty, or other; the file's name means nothing."""
    with path.open("rb") as file:
        head = file.read(SNIFFED_BYTES)
    if not head:
        return "empty"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if b"<office:document" in head or (head.lstrip()[:5] == b"<?xml" and b"opendocument" in head):
        return "fodt"
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "picture"
    # Rich Text Format spells Vietnamese letters as escapes: plain to look at, and no mark would be seen.
    return "plain" if plain_encoding(head) and not head.startswith(b"{\\rtf") else "other"


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
