"""Originals other than PDF, from the same pages: DOCX, ODT, FODT, XLSX, and scans as TIFF, JPEG and PNG."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import docx
import openpyxl
import pypdfium2
from lxml import etree
from odf.opendocument import OpenDocumentText
from odf.style import ParagraphProperties, Style, TextProperties
from odf.text import P
from PIL import Image

from samples.documents import Document
from samples.layout import Page, long_date

_FIXED = datetime(2025, 1, 1, 8, 0)
SCAN_DPI = 200
"""Of a digitised page in colour (TT 05/2025 Điều 8)."""


def docx_of(document: Document) -> bytes:
    made = docx.Document()
    for text, bold in _lines(document):
        made.add_paragraph().add_run(text).bold = bold
    properties = made.core_properties
    properties.title, properties.author = document.page.subject, document.page.agency
    properties.created = properties.modified = _FIXED
    out = io.BytesIO()
    made.save(out)
    return _undated(out.getvalue())


def odt_of(document: Document) -> bytes:
    out = io.BytesIO()
    _open_document(document).write(out)
    return _undated(out.getvalue())


def fodt_of(document: Document) -> bytes:
    """Flat OpenDocument: one XML file."""
    flat = _open_document(document).xml()
    return _canonical(flat if isinstance(flat, bytes) else str(flat).encode("utf-8"))


def xlsx_of(document: Document) -> bytes:
    """The table of a document as a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Số liệu"
    sheet.append([f"{document.page.subject} (Số {document.number}/{document.page.notation})"])
    for row in document.page.table or (("TT", "Nội dung"), ("1", document.page.subject)):
        sheet.append(list(row))
    return workbook_bytes(book)


def workbook_bytes(book: Any) -> bytes:
    """The file of an openpyxl workbook without the time it was written."""
    out = io.BytesIO()
    book.save(out)
    return _undated(out.getvalue())


def tiff_of(document: Document) -> bytes:
    """All pages in one file, LZW."""
    pages = scanned_pages(document)
    out = io.BytesIO()
    dpi = (SCAN_DPI, SCAN_DPI)
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=dpi)
    return out.getvalue()


def jpeg_of(document: Document) -> bytes:
    out = io.BytesIO()
    scanned_pages(document)[0].save(out, "JPEG", quality=85, dpi=(SCAN_DPI, SCAN_DPI))
    return out.getvalue()


def png_of(document: Document) -> bytes:
    out = io.BytesIO()
    scanned_pages(document)[0].save(out, "PNG", dpi=(SCAN_DPI, SCAN_DPI), compress_level=3)
    return out.getvalue()


ORIGINALS: Mapping[str, Callable[[Document], bytes]] = {
    "docx": docx_of,
    "odt": odt_of,
    "fodt": fodt_of,
    "xlsx": xlsx_of,
    "tiff": tiff_of,
    "jpg": jpeg_of,
    "png": png_of,
}


def scanned_pages(document: Document) -> list[Image.Image]:
    """Every page in 24-bit colour at ``SCAN_DPI``."""
    with pypdfium2.PdfDocument(document.printed().pdf) as pdf:
        return [pdf[number].render(scale=SCAN_DPI / 72).to_pil().convert("RGB") for number in range(len(pdf))]


def _lines(document: Document) -> list[tuple[str, bool]]:
    page: Page = document.page
    head = [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", True),
        ("Độc lập - Tự do - Hạnh phúc", True),
        (page.agency.upper(), True),
        (f"Số: {document.number}/{page.notation}", False),
        (f"{page.place}, {long_date(document.issued)}", False),
        (f"{page.kind}\n{page.subject}".strip(), True),
    ]
    body = [(item.text, item.kind in ("article", "chapter", "decides")) for item in page.body]
    table = [(" | ".join(row), False) for row in page.table]
    foot = [("Nơi nhận:", True), *((line, False) for line in page.recipients), (page.signature.name, True)]
    return [line for line in (*head, *body, *table, *foot) if line[0]]


def _open_document(document: Document) -> OpenDocumentText:
    made = OpenDocumentText()
    plain = Style(name="Thuong", family="paragraph")
    plain.addElement(TextProperties(fontfamily="Noto Serif", fontsize="13pt"))
    plain.addElement(ParagraphProperties(textalign="justify", marginbottom="0.2cm"))
    bold = Style(name="Dam", family="paragraph")
    bold.addElement(TextProperties(fontfamily="Noto Serif", fontsize="13pt", fontweight="bold"))
    for style in (plain, bold):
        made.styles.addElement(style)
    for text, is_bold in _lines(document):
        made.text.addElement(P(stylename=bold if is_bold else plain, text=text))
    return made


def _canonical(xml: bytes) -> bytes:
    """Without the namespaces nobody uses: odfpy declares whatever the process has met so far."""
    canonical = etree.tostring(etree.fromstring(xml), method="c14n", exclusive=True)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + canonical


def _undated(archive: bytes) -> bytes:
    """The same ZIP container with one fixed date on every entry, and in the properties of a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(
                    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _FIXED.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), content
                )
            if entry.filename in ("content.xml", "styles.xml", "meta.xml"):
                content = _canonical(content)
            fixed = zipfile.ZipInfo(entry.filename, _FIXED.timetuple()[:6])
            fixed.compress_type = entry.compress_type
            fixed.external_attr = 0o644 << 16
            target.writestr(fixed, content)
    return out.getvalue()
