"""The figures of retention as tables for a spreadsheet: which columns each report has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from api.tables import CellKind, Column, of_row


class Figures(StrEnum):
    """The reports that are tables of figures."""

    DUE = "due"
    HELD = "held"
    IN_ROUND = "in-round"
    DESTROYED = "destroyed"
    ACTIVITY = "activity"


def _number(name: str, label: str) -> Column:
    return of_row(name, label, CellKind.INTEGER, 14)


_AGENCY = of_row("agency_code", "Mã cơ quan", width=18)
_YEAR = _number("year", "Năm")
_FILES = _number("files", "Số hồ sơ")

COLUMNS: Mapping[Figures, Sequence[Column]] = {
    Figures.DUE: (_AGENCY, _YEAR, _FILES),
    Figures.HELD: (_AGENCY, _YEAR, _FILES),
    Figures.IN_ROUND: (
        _AGENCY,
        _YEAR,
        of_row("round_id", "Mã đợt hủy", width=38),
        of_row("round_code", "Đợt hủy", width=18),
        _FILES,
        _number("begun", "Đã bắt đầu hủy"),
    ),
    Figures.DESTROYED: (
        _AGENCY,
        _YEAR,
        _FILES,
        _number("packages", "Gói tin"),
        _number("documents", "Tài liệu"),
        _number("size_bytes", "Dung lượng (byte)"),
    ),
    Figures.ACTIVITY: (
        _AGENCY,
        of_row("agency_name", "Tên cơ quan", width=40),
        _number("received", "Nhận nộp lưu"),
        _number("returned", "Trả lại"),
        _number("stored", "Vào kho"),
        _number("files_held", "Hồ sơ đang giữ"),
        _number("due", "Đến hạn xem xét"),
        _number("on_hold", "Đang đóng băng"),
        _number("in_round", "Trong đợt hủy"),
        _number("transferred", "Giao nộp"),
        _number("destroyed", "Đã hủy"),
    ),
}
