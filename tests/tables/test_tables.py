"""Tables of a search as a spreadsheet and other readers see them: typed, whole, and with nothing that runs."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.tables import (
    CELL_CHARACTERS,
    SEARCH_COLUMNS,
    CellKind,
    Column,
    csv_chunks,
    of_row,
    write_xlsx,
)

AT = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)
ATTACKS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", '=HYPERLINK("http://x")', "|cmd", "%0")
TEXT = (of_row("x", "X"),)

ROW: dict[str, Any] = {
    "kind": "Văn bản",
    "agency_name": "UBND thành phố Hà Nội",
    "file_code": "H26.2026.VP.01",
    "hoso_title": "Hồ sơ về quy chế",
    "ordinal": 3,
    "mode": "Công khai",
    "verdict": "passed",
    "path": "phụ lục/Quyết định.pdf",
    "size_bytes": 123_456,
    "sha256": "0" * 64,
    "aip_id": "0f8fad5b",
    "hoso": {"maintenance": "01"},
    "fields": {
        "typeName": "02",
        "codeNumber": "0057",
        "codeNotation": "QĐ-UBND",
        "issuedDate": "2026-03-05",
        "organName": "UBND",
        "subject": 'Trích yếu; có "nháy", dấu phẩy\nvà dòng mới',
    },
}


def csv_rows(rows: list[dict[str, Any]], columns: Any = SEARCH_COLUMNS) -> list[list[str]]:
    data = b"".join(csv_chunks(rows, columns))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def workbook(rows: Any, columns: Any = SEARCH_COLUMNS, **options: Any) -> openpyxl.Workbook:
    out = io.BytesIO()
    write_xlsx(rows, out, columns, made_at=AT, **options)
    return openpyxl.load_workbook(io.BytesIO(out.getvalue()))


def cells(rows: Any, columns: Any = SEARCH_COLUMNS) -> list[tuple[Any, ...]]:
    return list(workbook(rows, columns).worksheets[0].iter_rows(values_only=True))


def by_label(line: Any) -> dict[str, Any]:
    return dict(zip((column.label for column in SEARCH_COLUMNS), line, strict=True))


def test_the_head_is_vietnamese_and_the_same_in_both_forms() -> None:
    labels = [column.label for column in SEARCH_COLUMNS]
    assert csv_rows([]) == [labels]
    assert cells([]) == [tuple(labels)]
    assert "Trích yếu nội dung" in labels and "Mã hồ sơ" in labels


def test_a_workbook_has_real_dates_and_integers_and_written_out_codes() -> None:
    row = by_label(cells([ROW])[1])
    assert row["Ngày, tháng, năm văn bản"] == datetime(2026, 3, 5)
    assert row["Số thứ tự"] == 3 and row["Kích thước (byte)"] == 123_456
    assert row["Tên loại văn bản"] == "Quyết định" and row["Thời hạn lưu trữ"] == "Vĩnh viễn"
    assert row["Trích yếu nội dung"] == ROW["fields"]["subject"]


def test_a_number_of_a_document_keeps_its_leading_zeros() -> None:
    assert "0057" in cells([ROW])[1]
    assert "0057" in csv_rows([ROW])[1]


def test_csv_follows_rfc_4180_and_comes_back_as_it_went() -> None:
    row = by_label(csv_rows([ROW])[1])
    assert row["Trích yếu nội dung"] == ROW["fields"]["subject"]
    assert row["Ngày, tháng, năm văn bản"] == "2026-03-05"
    assert b"\r\n" in b"".join(csv_chunks([ROW]))


def test_what_a_row_does_not_have_is_an_empty_cell() -> None:
    assert set(csv_rows([{}])[1]) == {""}
    assert set(cells([{}, ROW])[1]) == {None}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_a_csv_begins_as_a_formula_would(attack: str) -> None:
    assert csv_rows([{"x": attack}], TEXT)[1] == [f"'{attack}"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_formula_or_address_in_a_workbook_is_the_text_it_is(attack: str) -> None:
    book = workbook([{"x": attack}, {"x": "http://x.test/"}], TEXT)
    cell = book.worksheets[0]["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert str(cell.value).replace("_x000D_", "\r").strip() == attack.strip()
    assert book.worksheets[0]["A3"].hyperlink is None


@pytest.mark.parametrize("kind", list(CellKind))
def test_the_column_of_a_number_or_date_neutralises_what_is_neither(kind: CellKind) -> None:
    columns = (of_row("x", "X", kind),)
    assert csv_rows([{"x": "=1+1"}], columns)[1] == ["'=1+1"]
    assert workbook([{"x": "=1+1"}], columns).worksheets[0]["A2"].data_type == "s"


@pytest.mark.parametrize(
    ("kind", "value", "cell", "text"),
    [
        (CellKind.DATE, "05/03/2026", datetime(2026, 3, 5), "2026-03-05"),
        (CellKind.DATE, "2026-03-05T10:00:00+07:00", datetime(2026, 3, 5), "2026-03-05"),
        (CellKind.DATE, date(2026, 3, 5), datetime(2026, 3, 5), "2026-03-05"),
        (CellKind.DATE, "03/2026", "03/2026", "03/2026"),
        (CellKind.DATE, "31/02/2026", "31/02/2026", "31/02/2026"),
        (CellKind.DATE, "1899-12-31", "1899-12-31", "1899-12-31"),
        (CellKind.INTEGER, "12", 12, "12"),
        (CellKind.INTEGER, 0, 0, "0"),
        (CellKind.INTEGER, "012", "012", "012"),
        (CellKind.INTEGER, "1234567890123456", "1234567890123456", "1234567890123456"),
        (CellKind.INTEGER, "１２", "１２", "１２"),
        (CellKind.TEXT, ["a", 1], "a, 1", "a, 1"),
        (CellKind.TEXT, 12, "12", "12"),
    ],
)
def test_a_value_is_what_its_column_says_or_the_text_it_is(
    kind: CellKind, value: object, cell: object, text: str
) -> None:
    columns = (of_row("x", "X", kind),)
    assert cells([{"x": value}], columns)[1] == (cell,)
    assert csv_rows([{"x": value}], columns)[1] == [text]


def test_characters_no_sheet_can_hold_are_dropped() -> None:
    value = "a\0b\x07c\x1b\x7f\ud800\ufffe\U0001f4dcd"
    assert cells([{"x": value}], TEXT)[1] == ("abc\U0001f4dcd",)
    assert csv_rows([{"x": value}], TEXT)[1] == ["abc\U0001f4dcd"]


@pytest.mark.parametrize("letter", ["a", "ă", "\U0001f4dc"])
def test_a_text_longer_than_a_cell_is_cut_and_says_so(letter: str) -> None:
    value = cells([{"x": letter * 40_000}], TEXT)[1][0]
    assert value.endswith(" […]") and value.startswith(letter * 1000)
    assert CELL_CHARACTERS - 1 <= len(value.encode("utf-16-le")) // 2 <= CELL_CHARACTERS
    exact = "a" * CELL_CHARACTERS
    assert cells([{"x": exact}], TEXT)[1] == (exact,)


def test_when_a_sheet_is_full_the_next_goes_on_with_the_same_head() -> None:
    book = workbook(({"x": number} for number in range(7)), (of_row("x", "X", CellKind.INTEGER),), sheet_rows=4)
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    assert found == [["X", 0, 1, 2], ["X", 3, 4, 5], ["X", 6]]
    assert book.sheetnames == ["Kết quả", "Kết quả (2)", "Kết quả (3)"]


def test_rows_that_fail_half_way_leave_no_workbook_behind() -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield ROW
        raise RuntimeError("index gone")

    out = io.BytesIO()
    with pytest.raises(RuntimeError, match="index gone"):
        write_xlsx(failing(), out, made_at=AT)
    assert out.getvalue() == b""
    chunks = csv_chunks(failing())
    with pytest.raises(RuntimeError, match="index gone"):
        list(chunks)


def test_rows_are_taken_one_after_another_as_they_are_written() -> None:
    taken = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield {"x": number}

    chunks = csv_chunks(rows(), TEXT)
    next(chunks)
    assert taken == 0
    next(chunks)
    assert 0 < taken < 1000


def test_the_same_rows_give_the_same_workbook() -> None:
    def made() -> bytes:
        out = io.BytesIO()
        write_xlsx([ROW], out, made_at=AT)
        return out.getvalue()

    with zipfile.ZipFile(io.BytesIO(made())) as one, zipfile.ZipFile(io.BytesIO(made())) as other:
        assert {name: one.read(name) for name in one.namelist()} == {name: other.read(name) for name in one.namelist()}


@settings(max_examples=60, deadline=None)
@given(value=st.text())
def test_any_text_makes_a_workbook_and_a_csv_that_can_be_read(value: str) -> None:
    columns = (Column("X", lambda row: row["x"]), Column("Y", lambda row: "y"))
    assert cells([{"x": value}], columns)[1][1] == "y"
    (_, line) = csv_rows([{"x": value}], columns)
    assert line[1] == "y"
    assert not line[0].lstrip(" \xa0\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
