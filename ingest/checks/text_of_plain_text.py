"""Text of plain files (text, CSV, HTML and other mark-up): whatever decodes as Unicode; tags are no words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.checks.text_page import Page, TextRefusedError

SNIFFED_BYTES = 64 << 10
_PIECE_BYTES = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TAG = re.compile(r"<[^<>]{0,2000}>")
_DOCTYPE = re.compile(r"<!DOCTYPE\s+(?!html)", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:!doctype|html|\?xml|body|head)\b", re.IGNORECASE)


def plain_encoding(head: bytes) -> str | None:
    """The encoding in which ``head``, the beginning of a file, is text; None when it is none we can read."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if not head or b"\0" in head:
        return None
    try:
        # A character may be cut at the end of what was sniffed.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    return "utf-8" if controls * 100 <= len(head) else None


def plain_pages(path: Path) -> Iterator[Page]:
    """One page for each mebibyte. A file that stops being text further on is said to be malformed."""
    with path.open("rb") as file:
        encoding = plain_encoding(file.read(SNIFFED_BYTES)) or "utf-8"
    marked = False
    with path.open("r", encoding=encoding, errors="strict", newline=None) as file:
        try:
            first = True
            while piece := file.read(_PIECE_BYTES):
                marked = marked or (first and _MARKUP.search(piece[:4096]) is not None)
                if first and piece.lstrip().startswith("<?xml") and _DOCTYPE.search(piece):
                    raise TextRefusedError("doctype")
                first = False
                yield Page(_TAG.sub("\n", piece) if marked else piece)
        except UnicodeDecodeError as error:
            raise TextRefusedError("malformed") from error
