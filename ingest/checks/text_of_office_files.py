"""The text of office files: WordprocessingML, OpenDocument (zipped and flat) and SpreadsheetML, read as hostile XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import openpyxl
from lxml import etree

from ingest.checks.text_page import Page, TextRefusedError

LIMIT_PART_BYTES = 128 << 20
LIMIT_UNPACKED_BYTES = 512 << 20
LIMIT_RATIO = 300
LIMIT_ENTRIES = 20_000
_SMALL_PART_BYTES = 1 << 20
_HEAD_LINES = 40
_MOST_CELLS = 2_000_000
_MOST_COLUMNS = 1_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_NOT_TEXT = frozenset({f"{_TEXT}tracked-changes", "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}binary-data"})
"""Deletions kept for review, and pictures written out in base64."""


def docx_pages(path: Path) -> Iterator[Page]:
    """One page: pages are the printer's affair. The head begins with the page headers, where stamps are put."""
    with _opened(path) as packed:
        names = packed.namelist()
        headers = sorted(name for name in names if name.startswith("word/header") and name.endswith(".xml"))
        notes = [name for name in ("word/footnotes.xml", "word/endnotes.xml") if name in names]
        top = "\n".join(_word_text(_part(packed, name)) for name in headers)
        body = _word_text(_part(packed, "word/document.xml"))
        rest = "\n".join(_word_text(_part(packed, name)) for name in notes)
    whole = "\n".join(piece for piece in (top, body, rest) if piece.strip())
    yield Page(whole, _first_lines(top, body))


def odt_pages(path: Path) -> Iterator[Page]:
    """One page; the head begins with the headers of the page styles."""
    with _opened(path) as packed:
        top = _open_text(_part(packed, "styles.xml")) if "styles.xml" in packed.namelist() else ""
        body = _open_text(_part(packed, "content.xml"))
    yield Page("\n".join(piece for piece in (top, body) if piece.strip()), _first_lines(top, body))


def flat_odt_pages(path: Path) -> Iterator[Page]:
    """One page of a flat OpenDocument file; any DOCTYPE is refused."""
    if path.stat().st_size > LIMIT_PART_BYTES:
        raise TextRefusedError("bomb")
    with path.open("rb") as file:
        # Pictures stand in the file itself, as text of many megabytes.
        body = _open_text(_tree(file, huge=True))
    yield Page(body, _first_lines("", body))


def xlsx_pages(path: Path) -> Iterator[Page]:
    """One page for each sheet, cells of a row divided by tabs."""
    with _opened(path) as packed:
        for part in packed.infolist():
            if part.filename.endswith((".xml", ".rels")):
                with packed.open(part) as stream:
                    _no_doctype(stream.read(4096))
    with path.open("rb") as file:
        yield from _sheets(file)


def _sheets(file: IO[bytes]) -> Iterator[Page]:
    try:
        # A stream, not the path: openpyxl judges a path by its extension.
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises nearly anything on malformed parts
        raise TextRefusedError("malformed") from error
    cells = 0
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            lines: list[str] = []
            for row in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True):
                cells += len(row) + 1
                if cells > _MOST_CELLS:
                    break
                filled = [str(cell) for cell in row if cell is not None]
                if filled:
                    lines.append("\t".join(filled))
            yield Page("\n".join([sheet.title, *lines]), _first_lines("", "\n".join(lines)))
    except Exception as error:  # as above, while rows are read
        raise TextRefusedError("malformed") from error
    finally:
        book.close()


def _first_lines(top: str, body: str) -> str:
    lines = [line for line in (*top.splitlines(), *body.splitlines()) if line.strip()]
    return "\n".join(lines[:_HEAD_LINES])


def _opened(path: Path) -> zipfile.ZipFile:
    """The container, refused when it unpacks to more than a document can be."""
    try:
        packed = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TextRefusedError("malformed") from error
    parts = packed.infolist()
    bombs = (
        part
        for part in parts
        if part.file_size > _SMALL_PART_BYTES and part.file_size > LIMIT_RATIO * max(part.compress_size, 1)
    )
    if (
        len(parts) > LIMIT_ENTRIES
        or sum(part.file_size for part in parts) > LIMIT_UNPACKED_BYTES
        or next(bombs, None) is not None
    ):
        packed.close()
        raise TextRefusedError("bomb")
    if any(part.flag_bits & 0x1 for part in parts):
        packed.close()
        raise TextRefusedError("encrypted")
    return packed


def _part(packed: zipfile.ZipFile, name: str) -> Any:
    try:
        part = packed.getinfo(name)
        if part.file_size > LIMIT_PART_BYTES:
            raise TextRefusedError("bomb")
        # Python reads no more of a part than its directory entry declares, whatever the stream holds.
        return _tree(io.BytesIO(packed.read(part)))
    except (KeyError, zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise TextRefusedError("malformed") from error


def _tree(stream: IO[bytes], *, huge: bool = False) -> Any:
    data = stream.read(LIMIT_PART_BYTES + 1)
    if len(data) > LIMIT_PART_BYTES:
        raise TextRefusedError("bomb")
    _no_doctype(data[:4096])
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge, recover=False)
    try:
        tree: Any = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise TextRefusedError("malformed") from error
    described = tree.getroottree().docinfo
    if described.doctype or described.internalDTD is not None:
        raise TextRefusedError("doctype")
    return tree


def _no_doctype(head: bytes) -> None:
    if b"<!DOCTYPE" in head or "<!DOCTYPE".encode("utf-16-le") in head or "<!DOCTYPE".encode("utf-16-be") in head:
        raise TextRefusedError("doctype")


def _word_text(root: Any) -> str:
    """Runs joined to paragraphs; deleted text and the fallback copy of a text box are left out."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag == _MC_FALLBACK:
                walk.skip_subtree()
            elif tag == f"{_W}t":
                pieces.append(element.text or "")
            elif tag == f"{_W}tab":
                pieces.append("\t")
            elif tag in (f"{_W}br", f"{_W}cr"):
                pieces.append("\n")
        elif tag == f"{_W}p":
            pieces.append("\n")
        elif tag == f"{_W}tc":
            pieces.append("\t")
    return "".join(pieces)


def _open_text(root: Any) -> str:
    """Paragraphs and headings with their spans, spaces, tabs and line breaks."""
    pieces: list[str] = []
    depth = 0
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag
        paragraph = tag in (f"{_TEXT}p", f"{_TEXT}h")
        if event == "start":
            if tag in _NOT_TEXT:
                walk.skip_subtree()
                continue
            if paragraph:
                if depth:
                    pieces.append("\n")
                depth += 1
            if depth:
                pieces.append(_opening(element))
            continue
        if paragraph:
            depth -= 1
            pieces.append("\n")
        elif tag == f"{_TABLE}table-cell":
            pieces.append("\t")
        if depth and element.tail:
            pieces.append(element.tail)
    return "".join(pieces)


def _opening(element: Any) -> str:
    if element.tag == f"{_TEXT}s":
        count = element.get(f"{_TEXT}c", "1")
        return " " * min(int(count) if count.isascii() and count.isdigit() and len(count) < 5 else 1, 100)
    if element.tag == f"{_TEXT}tab":
        return "\t"
    if element.tag == f"{_TEXT}line-break":
        return "\n"
    return element.text or ""
