"""Tables of a search for a spreadsheet: rows in, .xlsx or .csv out, streamed; nothing in them is ever run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import xlsxwriter

from archive.aip.xmltext import VIETNAM
from archive.dip.csvtext import BOM, csv_line, writable
from archive.temporary import temporary_folder
from schemas.fields import code_list, fields_by_name

XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_MEDIA_TYPE = "text/csv; charset=utf-8"
SHEET_ROWS = 1_048_576
"""Rows of one sheet, its head included; Excel opens no more."""

CELL_CHARACTERS = 32_767
"""Excel counts UTF-16 units: a letter beyond the basic plane is two."""

_CUT = " […]"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LINES_A_CHUNK = 200
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_VIETNAMESE_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_FIRST_DATE = date(1900, 3, 1)
"""Before this day, Excel and the calendar disagree: such dates stand as text."""

Row = Mapping[str, Any]


class CellKind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``value`` finds it in a row. ``width`` in characters."""

    label: str
    value: Callable[[Row], Any]
    kind: CellKind = CellKind.TEXT
    width: int = 20


def of_row(name: str, label: str, kind: CellKind = CellKind.TEXT, width: int = 20) -> Column:
    """A column of what the row itself says under ``name``."""
    return Column(label, lambda row: row.get(name), kind, width)


def of_field(table: str, name: str, width: int = 20) -> Column:
    """A column of a field of ``hoso`` or ``document``, headed by its Vietnamese name; codes are written out.

    Its value is looked up in the row's ``hoso`` or ``fields`` mapping (canonical names).
    """
    item = fields_by_name(table)[name]
    mapping = "hoso" if table == "hoso" else "fields"
    kind = {"date": CellKind.DATE, "number": CellKind.INTEGER}.get(item.type, CellKind.TEXT)

    def value(row: Row) -> Any:
        found = (row.get(mapping) or {}).get(name)
        if item.codes is None or found in (None, ""):
            return found
        names = code_list(item.codes).names
        values = found if isinstance(found, list | tuple) else [found]
        return ", ".join(names.get(str(one), str(one)) for one in values)

    return Column(item.label, value, kind, width)


SEARCH_COLUMNS: Sequence[Column] = (
    of_row("kind", "Loại bản ghi", width=12),
    of_row("agency_name", "Cơ quan nộp lưu", width=30),
    of_row("file_code", "Mã hồ sơ", width=24),
    of_row("hoso_title", "Tiêu đề hồ sơ", width=40),
    of_row("ordinal", "Số thứ tự", CellKind.INTEGER, 10),
    of_field("document", "typeName", 16),
    of_field("document", "codeNumber", 10),
    of_field("document", "codeNotation", 16),
    of_field("document", "issuedDate", 14),
    of_field("document", "organName", 30),
    of_field("document", "subject", 60),
    of_field("hoso", "maintenance", 16),
    of_row("mode", "Chế độ sử dụng", width=18),
    of_row("verdict", "Kết quả xác minh chữ ký số", width=24),
    of_row("path", "Tên tệp", width=40),
    of_row("size_bytes", "Kích thước (byte)", CellKind.INTEGER, 14),
    of_row("sha256", "SHA-256", width=66),
    of_row("aip_id", "Mã gói tin (AIP)", width=38),
)
"""A search as a table. A row is a mapping; what it does not have is an empty cell:

``kind``, ``agency_name``, ``file_code``, ``hoso_title``, ``ordinal``, ``mode``, ``verdict``, ``path``, ``size_bytes``,
``sha256``, ``aip_id`` as they should be read; ``fields`` (of the document) and ``hoso`` by canonical name.
"""


def csv_chunks(rows: Iterable[Row], columns: Sequence[Column] = SEARCH_COLUMNS) -> Iterator[bytes]:
    """The table as CSV (RFC 4180, UTF-8 with mark), some hundred rows at a time. What begins like a formula is quoted off.

    Dates are written yyyy-mm-dd, which every spreadsheet reads as a date and no two read differently.
    """
    yield BOM + csv_line([column.label for column in columns])
    lines = (csv_line([_csv_cell(column, row) for column in columns]) for row in rows)
    while chunk := b"".join(islice(lines, _LINES_A_CHUNK)):
        yield chunk


def write_xlsx(
    rows: Iterable[Row],
    out: BinaryIO,
    columns: Sequence[Column] = SEARCH_COLUMNS,
    *,
    made_at: datetime,
    sheet_name: str = "Kết quả",
    sheet_rows: int = SHEET_ROWS,
) -> int:
    """The table as a workbook in ``out``; tells how many rows. Memory stays flat: they pass through temporary files.

    Nothing is written to ``out`` before the last row came, so what ``rows`` raises never leaves half a table behind.

    Real dates and integers; every text is a text, whatever it begins with; longer ones are cut at 32,767 characters and
    say so; after 1,048,576 rows a further sheet goes on, with the same head.
    """
    with TemporaryFile() as whole, temporary_folder("table") as folder:
        with xlsxwriter.Workbook(whole, {**_OPTIONS, "tmpdir": str(folder)}) as book:
            book.set_properties({"created": made_at.astimezone(VIETNAM).replace(tzinfo=None)})
            count = _write_rows(book, rows, columns, sheet_name, sheet_rows)
        whole.seek(0)
        copyfileobj(whole, out)
    return count


def _write_rows(
    book: xlsxwriter.Workbook, rows: Iterable[Row], columns: Sequence[Column], sheet_name: str, sheet_rows: int
) -> int:
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    day = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
    sheet, number, count = _sheet(book, sheet_name, columns, head), 1, 0
    for row in rows:
        if number == sheet_rows:
            sheet, number = _sheet(book, sheet_name, columns, head), 1
        for position, column in enumerate(columns):
            _write_cell(sheet, number, position, column.kind, column.value(row), day)
        count, number = count + 1, number + 1
    return count


def _sheet(book: xlsxwriter.Workbook, name: str, columns: Sequence[Column], head: Any) -> Any:
    count = len(book.worksheets()) + 1
    sheet = book.add_worksheet(name if count == 1 else f"{name} ({count})")
    sheet.freeze_panes(1, 0)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, column.width)
    for position, column in enumerate(columns):
        sheet.write_string(0, position, column.label, head)
    return sheet


def _write_cell(sheet: Any, row: int, position: int, kind: CellKind, value: Any, day: Any) -> None:
    cell = _cell(kind, value)
    if isinstance(cell, date):
        sheet.write_datetime(row, position, datetime(cell.year, cell.month, cell.day), day)
    elif isinstance(cell, int):
        sheet.write_number(row, position, cell)
    elif cell:
        sheet.write_string(row, position, _cut(cell))


def _csv_cell(column: Column, row: Row) -> str | int | None:
    cell = _cell(column.kind, column.value(row))
    return cell.isoformat() if isinstance(cell, date) else cell


def _cell(kind: CellKind, value: Any) -> str | int | date | None:
    """The value as its column wants it; one that is not of that kind stands as the text it is."""
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = writable(str(value))
    if kind is CellKind.INTEGER:
        number = _integer(text)
        return text if number is None else number
    if kind is CellKind.DATE:
        return _day(text) or text
    return text


def _integer(text: str) -> int | None:
    """Only what a spreadsheet shows with all its digits again: no leading zeros, fifteen digits at most."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,14}", text):
        return None
    return int(text)


def _day(text: str) -> date | None:
    iso, local = _ISO_DATE.fullmatch(text), _VIETNAMESE_DATE.fullmatch(text)
    try:
        if iso:
            found = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif local:
            found = date(int(local[3]), int(local[2]), int(local[1]))
        else:
            return None
    except ValueError:
        return None
    return found if found >= _FIRST_DATE else None


def _cut(text: str) -> str:
    """``text``, or as much of it as a cell holds with a sign that there was more."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * CELL_CHARACTERS:
        return text
    return units[: 2 * (CELL_CHARACTERS - len(_CUT))].decode("utf-16-le", errors="ignore") + _CUT
