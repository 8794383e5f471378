"""Lists of documents as agencies write them: .xlsx and .csv with Vietnamese column heads (NĐ 30/2020 Phụ lục V, VI)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import openpyxl

from samples.hoso import Hoso
from samples.originals import workbook_bytes

_FILE_HEADS = {
    "fileCode": "Mã hồ sơ",
    "title": "Tiêu đề hồ sơ",
    "maintenance": "Thời hạn lưu trữ",
    "mode": "Chế độ sử dụng",
    "language": "Ngôn ngữ",
    "startDate": "Thời gian bắt đầu",
    "endDate": "Thời gian kết thúc",
    "totalDoc": "Tổng số tài liệu",
    "numberOfPaper": "Số lượng tờ",
    "numberOfPage": "Số lượng trang",
    "confidenceLevel": "Mức độ tin cậy",
    "riskRecovery": "Chế độ dự phòng",
}
_DOCUMENT_HEADS = {
    "docOrdinal": "STT",
    "path": "Tên tệp",
    "kind": "Loại danh mục",
    "typeName": "Tên loại văn bản",
    "codeNumber": "Số của văn bản",
    "codeNotation": "Ký hiệu của văn bản",
    "issuedDate": "Ngày, tháng, năm văn bản",
    "organName": "Tên cơ quan ban hành",
    "subject": "Trích yếu nội dung",
    "language": "Ngôn ngữ",
    "numberOfPage": "Số trang",
    "mode": "Chế độ sử dụng",
    "confidenceLevel": "Mức độ tin cậy",
    "process": "Quy trình xử lý",
    "position": "Chức vụ",
    "fullName": "Họ và tên người ký",
    "docId": "Mã định danh văn bản",
}
_WORDS = {"outgoing": "Văn bản đi", "incoming": "Văn bản đến"}


def xlsx_list(hoso: Hoso) -> bytes:
    """A workbook of two sheets: ``Hồ sơ`` (names and values) and ``Văn bản`` (one row a document)."""
    book = openpyxl.Workbook()
    about = book.active
    assert about is not None
    about.title = "Hồ sơ"
    for head, value in _about(hoso):
        about.append([head, value])
    sheet = book.create_sheet("Văn bản")
    sheet.append(list(_DOCUMENT_HEADS.values()))
    for row in _rows(hoso):
        sheet.append(row)
    return workbook_bytes(book)


def csv_list(hoso: Hoso) -> bytes:
    """One UTF-8 table with semicolons, as Vietnamese Excel writes it: the hồ sơ above, the documents below."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for head, value in _about(hoso):
        writer.writerow([head, value])
    writer.writerow([])
    writer.writerow(list(_DOCUMENT_HEADS.values()))
    writer.writerows(_rows(hoso))
    return out.getvalue().encode("utf-8-sig")


def _about(hoso: Hoso) -> list[tuple[str, str]]:
    metadata = hoso.metadata()
    agency = [("Mã cơ quan nộp lưu", hoso.agency["code"]), ("Tên cơ quan nộp lưu", hoso.agency["name"])]
    file = [(head, str(metadata["file"][name])) for name, head in _FILE_HEADS.items() if name in metadata["file"]]
    return [*agency, *file]


def _rows(hoso: Hoso) -> list[list[str]]:
    return [[_cell(document, name) for name in _DOCUMENT_HEADS] for document in hoso.metadata()["documents"]]


def _cell(document: Mapping[str, Any], name: str) -> str:
    if name in ("position", "fullName"):
        return str(document.get("signerInfo", {}).get(name, ""))
    if name == "kind":
        return _WORDS[document["kind"]]
    return str(document.get(name, ""))
