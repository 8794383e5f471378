"""Rows of a list of documents: .xlsx and .csv from outside, under limits, every cell as plain text."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import openpyxl

LIMIT_BYTES = 64 << 20
LIMIT_UNPACKED_BYTES = 512 << 20
LIMIT_RATIO = 300
LIMIT_ENTRIES = 2_000
LIMIT_ROWS = 110_000
LIMIT_COLUMNS = 120
_SMALL_PART_BYTES = 1 << 20
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of trimmed texts; rows keep their place, so that a finding can name a row as the sender sees it."""

    name: str
    rows: tuple[tuple[str, ...], ...]


class SheetRefusedError(ValueError):
    """A list that cannot be read (``unreadable``), is too large (``too-large``) or not Unicode (``not-unicode``)."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


def sheets_of(data: bytes, name: str) -> tuple[Sheet, ...]:
    """The sheets of a workbook in order, or the one table of a .csv; ``name`` decides which, by its extension."""
    if len(data) > LIMIT_BYTES:
        raise SheetRefusedError("too-large", f"tệp lớn hơn {LIMIT_BYTES >> 20} MiB")
    if name.casefold().endswith(".xlsx"):
        return _workbook(data)
    if name.casefold().endswith((".csv", ".tsv", ".txt")):
        return (Sheet("", _table(data)),)
    raise SheetRefusedError("unreadable", "chỉ nhận .xlsx hoặc .csv")


def _workbook(data: bytes) -> tuple[Sheet, ...]:
    _harmless(data)
    try:
        # Styles and formulas are not needed: cached results are what the sender saw.
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return tuple(Sheet(sheet.title, tuple(_rows(sheet))) for sheet in book.worksheets)
        finally:
            book.close()
    except SheetRefusedError:
        raise
    except Exception as error:  # openpyxl raises nearly anything on malformed parts
        raise SheetRefusedError("unreadable", "tệp .xlsx hỏng hoặc không đúng chuẩn") from error


def _rows(sheet: Any) -> Iterator[tuple[str, ...]]:
    # The declared size of a sheet may lie; rows then come as they are written.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=LIMIT_ROWS + 1, max_col=LIMIT_COLUMNS, values_only=True)
    for number, row in enumerate(rows, 1):
        if number > LIMIT_ROWS:
            raise SheetRefusedError("too-large", f"nhiều hơn {LIMIT_ROWS} dòng")
        yield tuple(_text(cell) for cell in row)


def _harmless(data: bytes) -> None:
    """Refuses bombs, macros' worth of parts, and any document type declaration, before the workbook is opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > LIMIT_ENTRIES or sum(part.file_size for part in parts) > LIMIT_UNPACKED_BYTES:
                raise SheetRefusedError("too-large", "nội dung giải nén vượt giới hạn")
            for part in parts:
                if part.file_size > _SMALL_PART_BYTES and part.file_size > LIMIT_RATIO * max(part.compress_size, 1):
                    raise SheetRefusedError("too-large", "tỷ lệ nén bất thường")
                with packed.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(4096):
                        raise SheetRefusedError("unreadable", "tệp .xlsx chứa khai báo DOCTYPE")
    except SheetRefusedError:
        raise
    except Exception as error:  # zipfile raises several kinds on malformed or encrypted archives
        raise SheetRefusedError("unreadable", "tệp .xlsx hỏng hoặc có mật khẩu") from error


def _table(data: bytes) -> tuple[tuple[str, ...], ...]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SheetRefusedError("not-unicode", str(error.start)) from error
    delimiter = max(_DELIMITERS, key=lambda char: _columns(text, char))
    try:
        rows: list[tuple[str, ...]] = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(rows) == LIMIT_ROWS:
                raise SheetRefusedError("too-large", f"nhiều hơn {LIMIT_ROWS} dòng")
            rows.append(tuple(cell.strip() for cell in row[:LIMIT_COLUMNS]))
        return tuple(rows)
    except csv.Error as error:
        raise SheetRefusedError("unreadable", "tệp .csv sai cú pháp") from error


def _columns(text: str, delimiter: str) -> int:
    """The widest of the first rows: the right delimiter splits the row of heads into the most cells."""
    head = csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=delimiter)
    widest = 0
    try:
        for _, row in zip(range(60), head, strict=False):
            widest = max(widest, len(row))
    except csv.Error:
        return 0
    return widest


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, (datetime, date)):
        return f"{cell:%d/%m/}{cell.year:04}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
