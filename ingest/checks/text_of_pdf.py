"""The text layer of a PDF, page by page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.checks.text_page import Page, TextRefusedError

_MOST_PAGES = 20_000
_MOST_CHARACTERS_A_PAGE = 1_000_000
_MOST_ANNOTATIONS = 200
_NOTE_CHARACTERS = 200
_HEAD_SHARE = 1 / 3


def pdf_pages(path: Path) -> Iterator[Page]:
    """Every page in order, at once forgotten again; the first with its head: the top third, and notes stamped on it.

    A page that cannot be read is an empty page: one bad page does not cost the others.
    """
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise TextRefusedError("encrypted" if "assword" in str(error) else "malformed") from error
    try:
        count = len(document)
        if count > _MOST_PAGES:
            raise TextRefusedError("too-many-pages")
        for number in range(count):
            yield _page(document, number)
    finally:
        document.close()


def _page(document: Any, number: int) -> Page:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return Page("")
    try:
        layer = page.get_textpage()
        try:
            text = layer.get_text_range(0, min(layer.count_chars(), _MOST_CHARACTERS_A_PAGE), errors="ignore")
            head = _head(page, layer) if number == 0 else ""
            return Page(_lines(text), head)
        finally:
            layer.close()
    except pypdfium2.PdfiumError:
        return Page("")
    finally:
        page.close()


def _head(page: Any, layer: Any) -> str:
    """The text of the top third as the reader sees the page, whatever order and rotation the file has it in."""
    left, bottom, right, top = page.get_bbox()
    third_y, third_x = (top - bottom) * _HEAD_SHARE, (right - left) * _HEAD_SHARE
    # Where the visible top lies in the page's own coordinates, by its rotation.
    left, bottom, right, top = {
        90: (left, bottom, left + third_x, top),
        180: (left, bottom, right, bottom + third_y),
        270: (right - third_x, bottom, right, top),
    }.get(page.get_rotation(), (left, top - third_y, right, top))
    text = layer.get_text_bounded(left=left, bottom=bottom, right=right, top=top, errors="ignore")
    return "\n".join(part for part in (_lines(text), *_notes(page)) if part.strip())


def _notes(page: Any) -> Iterator[str]:
    """What annotations say: a stamp may be laid over the page without being part of its text."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            yield _contents(annotation)[:_NOTE_CHARACTERS]
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _contents(annotation: Any) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", None, 0)
    if size <= 2 or size > 1 << 20:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", errors="ignore").rstrip("\0")


def _lines(text: str) -> str:
    """One kind of line end, and no marker of a hyphen at the end of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "")
