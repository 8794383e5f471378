"""A list of documents with Vietnamese heads becomes the record of a hồ sơ; what is unclear is said, bombs are refused."""

import io
import json
import unicodedata
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checks.metadata import check
from ingest.metadata import as_submission, parse_metadata, read_list
from ingest.subject import Form, Subject

FILE_ROWS = [
    ("Mã cơ quan", "H24.14"),
    ("Tên cơ quan", "UBND thành phố Hải Phòng"),
    ("Mã hồ sơ", "H24.14.2013.05"),
    ("Tiêu đề hồ sơ", "Hồ sơ về thư điện tử"),
    ("Thời hạn bảo quản", "Vĩnh viễn"),
    ("Chế độ sử dụng", "Công khai"),
    ("Ngôn ngữ", "Tiếng Việt"),
    ("Thời gian bắt đầu", datetime(2013, 7, 1)),
    ("Thời gian kết thúc", date(2013, 12, 31)),
    ("Tổng số văn bản trong hồ sơ", 1),
    ("Số lượng trang", 12),
    ("Chế độ dự phòng", "Không"),
]
HEADS = [
    "STT",
    "Tên tệp",
    "Loại danh mục",
    "Số, ký hiệu",
    "Ngày ban hành",
    "Tên loại và trích yếu nội dung",
    "Cơ quan ban hành",
]
HEADS += [
    "Chức vụ người ký",
    "Họ tên người ký",
    "Nơi nhận",
    "Ngôn ngữ",
    "Chế độ sử dụng",
    "Mức độ tin cậy",
    "Quy trình xử lý",
]
ROW = [
    1,
    "QĐ 1386.pdf",
    "Văn bản đi",
    "1386/QĐ-UBND",
    datetime(2013, 7, 25),
    "Quyết định về việc gửi, nhận văn bản",
    "UBND",
]
ROW += ["Chủ tịch", "Nguyễn Văn A", "Sở A; Sở B", "Tiếng Việt", "Công khai", "Gốc điện tử", "Có"]


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv_text(rows: list[list[object]], delimiter: str = ",") -> str:
    def cell(value: object) -> str:
        text = f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
        return f'"{text}"' if any(char in text for char in ',;\t"') else text

    return "\r\n".join(delimiter.join(cell(value) for value in row) for row in rows)


FILE_SHEET = ("Hồ sơ", [list(row) for row in FILE_ROWS])


def codes(data: bytes, name: str = "danh-muc.xlsx") -> list[str]:
    return [item.code for item in read_list(data, name)[1]]


def test_a_workbook_with_two_sheets_becomes_a_record_that_passes_every_rule() -> None:
    record, found = read_list(workbook(FILE_SHEET, ("Danh mục", [HEADS, ROW])), "danh mục.XLSX")
    assert found == ()
    assert record is not None
    assert record.file["startDate"] == "01/07/2013"
    assert record.file["riskRecovery"] == "0"
    (entry,) = record.documents
    assert (entry.path, entry.kind) == ("QĐ 1386.pdf", "outgoing")
    assert entry.fields["codeNumber"] == "1386"
    assert entry.fields["codeNotation"] == "QĐ-UBND"
    assert entry.fields["typeName"] == "Quyết định"
    assert entry.fields["subject"] == "về việc gửi, nhận văn bản"
    assert entry.fields["issuedDate"] == "25/07/2013"
    assert entry.fields["signerInfo"] == {"position": "Chủ tịch", "fullName": "Nguyễn Văn A"}
    assert entry.fields["to"] == [{"organName": "Sở A"}, {"organName": "Sở B"}]
    assert check(Subject(Form.FOLDER, {}, {}, record)).findings == ()
    packed, again = parse_metadata(json.dumps(as_submission(record)).encode())
    assert (packed, again) == (record, ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_gives_the_same_record_as_the_workbook(delimiter: str, encoding: str) -> None:
    rows: list[list[object]] = [list(row) for row in FILE_ROWS]
    data = csv_text([*rows, [], HEADS, ROW], delimiter).encode(encoding)
    expected, _ = read_list(workbook(FILE_SHEET, ("Danh mục", [HEADS, ROW])), "a.xlsx")
    assert read_list(data, "a.csv") == (expected, ())


def test_heads_are_known_in_any_case_spacing_and_unicode_form() -> None:
    changed = [unicodedata.normalize("NFD", f"  {head.upper().replace(' ', '  ')} :") for head in HEADS]
    record, found = read_list(workbook(FILE_SHEET, ("a", [changed, ROW])), "a.xlsx")
    assert found == ()
    assert record is not None
    assert record.documents[0].fields["codeNotation"] == "QĐ-UBND"


def test_the_fields_of_the_file_may_stand_side_by_side() -> None:
    heads, values = [list(column) for column in zip(*FILE_ROWS, strict=True)]
    record, found = read_list(workbook(("hồ sơ", [heads, values]), ("a", [HEADS, ROW])), "a.xlsx")
    assert found == ()
    assert record is not None
    assert record.file["title"] == "Hồ sơ về thư điện tử"


def test_sheets_of_outgoing_and_incoming_documents_tell_the_kind() -> None:
    heads: list[object] = ["Tên tệp", "Trích yếu", "Ngày văn bản"]
    sheets = [(kind, [heads, [f"{kind}.pdf", "x", "2013"]]) for kind in ("Văn bản đi", "Văn bản đến")]
    record, found = read_list(workbook(FILE_SHEET, *sheets, ("Ghi chú riêng", [["lời"]])), "a.xlsx")
    assert found == ()
    assert record is not None
    assert [entry.kind for entry in record.documents] == ["outgoing", "incoming"]


def test_a_total_row_is_no_document_but_a_document_without_a_file_is_a_fault() -> None:
    total: list[object] = ["Tổng cộng: 1"]
    assert codes(workbook(FILE_SHEET, ("a", [HEADS, ROW, total, []]))) == []
    assert codes(workbook(FILE_SHEET, ("a", [HEADS, ROW, [2, "", *ROW[2:]]]))) == ["metadata.list.no-path"]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.xlsx", "metadata.list.unreadable"),
        (b"PK\x03\x04", "a.xlsx", "metadata.list.unreadable"),
        (b"x", "a.doc", "metadata.list.unreadable"),
        (b'a,"b\x00', "a.csv", "metadata.list.unreadable"),
        ("Quyết định".encode("utf-16-le")[1:], "a.csv", "metadata.file.not-unicode"),
        (b"T\xean t\xd6p,S\xe8", "a.csv", "metadata.file.not-unicode"),
        (workbook(FILE_SHEET), "a.xlsx", "metadata.list.no-heads"),
        (workbook(("a", [HEADS, ROW])), "a.xlsx", "metadata.list.no-file-fields"),
        (workbook(FILE_SHEET, ("a", [[*HEADS, "Cột lạ"], ROW])), "a.xlsx", "metadata.list.unknown-head"),
        (workbook(FILE_SHEET, ("a", [[*HEADS, "Tác giả"], [*ROW, "x"]])), "a.xlsx", "metadata.list.repeated-head"),
        (workbook(FILE_SHEET, ("a", [HEADS, [*ROW[:2], "", *ROW[3:]]])), "a.xlsx", "metadata.list.unclear-kind"),
        (
            workbook(("Hồ sơ", [*FILE_SHEET[1], ["Bộ quy tắc", "TT99"]]), ("a", [HEADS, ROW])),
            "a.xlsx",
            "metadata.profile.unknown",
        ),
    ],
)
def test_each_fault_of_a_list_has_its_finding(data: bytes, name: str, code: str) -> None:
    record, found = read_list(data, name)
    assert [item.code for item in found] == [code]
    assert "?" not in found[0].message
    assert (record is None) == (found[0].severity == "error")


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (16 << 20))
    assert codes(stream.getvalue()) == ["metadata.list.too-large"]


def test_a_document_type_in_a_workbook_is_refused() -> None:
    whole = workbook(FILE_SHEET, ("a", [HEADS, ROW]))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(stream, "w") as packed:
        for name in source.namelist():
            data = source.read(name)
            declared = b"<!DOCTYPE x [<!ENTITY e 'x'>]>" if name.endswith("sheet1.xml") else b""
            packed.writestr(name, declared + data)
    assert codes(stream.getvalue()) == ["metadata.list.unreadable"]


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "a"
    for at, head in enumerate(HEADS, 1):
        book.active.cell(1, at, head)
        book.active.cell(2, at, ROW[at - 1])
    book.active.cell(3, 16_384, "xa")
    book.create_sheet("Hồ sơ")
    for row in FILE_ROWS:
        book["Hồ sơ"].append(row)
    book.save(tmp_path / "a.xlsx")
    record, found = read_list((tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    assert found == ()
    assert record is not None
    assert len(record.documents) == 1


@given(st.text(max_size=300))
def test_any_table_gets_an_answer(text: str) -> None:
    read_list(text.encode("utf-8", errors="surrogatepass"), "a.csv")


@given(st.lists(st.lists(st.sampled_from([*HEADS, *(str(cell) for cell in ROW), ""]), max_size=16), max_size=6))
def test_any_order_of_heads_and_cells_gets_an_answer(rows: list[list[object]]) -> None:
    read_list(csv_text([*(list(row) for row in FILE_ROWS), *rows]).encode(), "a.csv")
