"""The rows of a sheet → the lines of a danh mục hồ sơ; every fault named by its row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archive.file_plan.plan import PlanLine
from archive.retention.listed_table import Line, refuse_faults, table_lines
from archive.retention.period import PeriodKind
from archive.retention.stated_period import listed_period

LONGEST_NOTATION = 64
LONGEST_TITLE = 1000
MOST_LINES = 20_000
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "notation": (
        "Số và ký hiệu hồ sơ",
        "Số và ký hiệu HS",
        "Số, ký hiệu hồ sơ",
        "Số và ký hiệu",
        "Số ký hiệu hồ sơ",
        "Số KH",
    ),
    "title": ("Tên đề mục và tiêu đề hồ sơ", "Tên đề mục, tiêu đề hồ sơ", "Đề mục, tiêu đề hồ sơ", "Tiêu đề hồ sơ"),
    "period": ("Thời hạn bảo quản", "THBQ", "Thời hạn lưu trữ", "Thời hạn"),
    "maker": ("Người lập hồ sơ", "Đơn vị/người lập hồ sơ", "Đơn vị, người lập hồ sơ", "Đơn vị/ Người lập", "Người lập"),
    "note": ("Ghi chú",),
}
_WORDS_OF_A_REMARK = 4
_NUMERAL = re.compile(r"[IVXLC]+\.?|[A-H]\.?", re.ASCII)


def plan_lines(rows: Sequence[Sequence[str]]) -> tuple[PlanLine, ...]:
    """The lines in order. Raises ListRefusedError with every fault.

    A row with a title alone is a đề mục; one with several words in one other cell is a remark (the closing sentence of
    the form, a signature) and says nothing about a hồ sơ.
    """
    faults: list[str] = []
    found: dict[str, PlanLine] = {}
    heading = ""
    for line in table_lines(rows, _COLUMNS, required=("notation", "title", "period")):
        if line["title"] and not line["period"] and line.filled <= {"title", "notation"} and not _is_code(line):
            heading = line["title"]
            continue
        if _is_remark(line):
            continue
        fault = _fault(line, found)
        if fault:
            faults.append(f"dòng {line.number}: {fault}")
            continue
        found[line["notation"]] = PlanLine(
            ordinal=len(found) + 1,
            heading=heading,
            notation=line["notation"],
            title=line["title"],
            period=listed_period(line["period"]),
            maker=line["maker"],
            note=line["note"],
        )
    if not found and not faults:
        faults.append("không có hồ sơ nào")
    if len(found) > MOST_LINES:
        faults.append(f"nhiều hơn {MOST_LINES} hồ sơ")
    refuse_faults(faults, "Danh mục hồ sơ")
    return tuple(found.values())


def _is_code(line: Line) -> bool:
    """Whether its first cell is a notation (03.TH, 07) rather than the number of a heading (I, A): none is ever lost."""
    return bool(line["notation"]) and not _NUMERAL.fullmatch(line["notation"])


def _is_remark(line: Line) -> bool:
    (only,) = line.filled if len(line.filled) == 1 else ("",)
    return bool(only) and only != "title" and len(line[only].split()) >= _WORDS_OF_A_REMARK


def _fault(line: Line, found: Mapping[str, PlanLine]) -> str:
    notation = line["notation"]
    if not notation:
        return "thiếu số và ký hiệu hồ sơ"
    if len(notation) > LONGEST_NOTATION:
        return f"số và ký hiệu dài hơn {LONGEST_NOTATION} ký tự"
    if notation in found:
        return f"số và ký hiệu «{notation}» đã có"
    if not line["title"] or len(line["title"]) > LONGEST_TITLE:
        return "thiếu tiêu đề hồ sơ, hoặc tiêu đề quá dài"
    if any("\0" in cell for cell in line.cells.values()):
        return "có ký tự không hợp lệ"
    if listed_period(line["period"]).kind is PeriodKind.UNDETERMINED:
        return f"không hiểu thời hạn «{line['period'][:40]}»" if line["period"] else "thiếu thời hạn bảo quản"
    return ""
