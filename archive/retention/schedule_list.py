"""A list of an agency or a sector (rows of a sheet) → a retention schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archive.agency_code import agency_code_syntax
from archive.retention.listed_table import Line, refuse_faults, table_lines
from archive.retention.period import PeriodKind
from archive.retention.schedule import Schedule, ScheduleKind, ScheduleRow
from archive.retention.stated_period import listed_period

LONGEST_CODE = 64
MOST_ROWS = 20_000
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("STT", "Số TT", "TT", "Mã", "Mã dòng", "Số thứ tự"),
    "title": (
        "Tên nhóm hồ sơ, tài liệu",
        "Tên nhóm tài liệu",
        "Nhóm hồ sơ, tài liệu",
        "Tên hồ sơ, tài liệu",
        "Tên loại hồ sơ, tài liệu",
        "Hồ sơ, tài liệu",
    ),
    "period": ("THBQ", "Thời hạn bảo quản", "Thời hạn lưu trữ", "Thời hạn"),
    "based_on": ("Dòng của bảng chung", "Căn cứ dòng chung", "Dòng chung", "Tương ứng"),
}


@dataclass(frozen=True, slots=True)
class ScheduleHeading:
    """What the sheet does not say: which schedule and version this is, by what it is founded, from when it applies."""

    id: str
    version: str
    kind: ScheduleKind
    title: str
    basis: str
    effective_from: date
    effective_to: date | None = None
    agency_code: str = ""


def listed_schedule(heading: ScheduleHeading, rows: Sequence[Sequence[str]]) -> Schedule:
    """The schedule in ``rows``: a row without a period is the name of a group. Raises ListRefusedError with every fault."""
    faults = list(_heading_faults(heading))
    found: dict[str, ScheduleRow] = {}
    group = ""
    for line in table_lines(rows, _COLUMNS, required=("code", "title", "period")):
        if not line["period"]:
            group = line["title"] or group
            continue
        fault = _fault(line, found)
        if fault:
            faults.append(f"dòng {line.number}: {fault}")
            continue
        found[line["code"]] = ScheduleRow(
            code=line["code"],
            title=line["title"],
            period=listed_period(line["period"]),
            group=group,
            based_on=line["based_on"],
        )
    if not found and not faults:
        faults.append("không có dòng nào có thời hạn")
    if len(found) > MOST_ROWS:
        faults.append(f"nhiều hơn {MOST_ROWS} dòng")
    refuse_faults(faults, "Bảng thời hạn bảo quản")
    return Schedule(
        id=heading.id,
        version=heading.version,
        kind=heading.kind,
        title=heading.title,
        basis=heading.basis,
        effective_from=heading.effective_from,
        effective_to=heading.effective_to,
        agency_code=heading.agency_code,
        rows=tuple(found.values()),
    )


def _fault(line: Line, found: Mapping[str, ScheduleRow]) -> str:
    if not line["code"] or not line["title"]:
        return "thiếu mã dòng hoặc tên nhóm hồ sơ"
    if len(line["code"]) > LONGEST_CODE:
        return f"mã dòng dài hơn {LONGEST_CODE} ký tự"
    if line["code"] in found:
        return f"mã dòng «{line['code']}» đã có"
    if "\0" in line["title"]:
        return "tên nhóm hồ sơ có ký tự không hợp lệ"
    if listed_period(line["period"]).kind is PeriodKind.UNDETERMINED:
        return f"không hiểu thời hạn «{line['period'][:40]}»"
    return ""


def _heading_faults(heading: ScheduleHeading) -> list[str]:
    faults = []
    if not 0 < len(heading.id) <= LONGEST_CODE or not 0 < len(heading.version) <= LONGEST_CODE:
        faults.append("tên hoặc phiên bản của bảng để trống hoặc quá dài")
    if not heading.basis.strip() or not heading.title.strip():
        faults.append("thiếu tên bảng hoặc căn cứ pháp lý")
    if heading.effective_to is not None and heading.effective_to < heading.effective_from:
        faults.append("ngày hết hiệu lực trước ngày có hiệu lực")
    if heading.kind is ScheduleKind.COMMON:
        faults.append("bảng thời hạn chung đi kèm phần mềm, không nhập từ danh sách")
    if (heading.kind is ScheduleKind.AGENCY) != bool(heading.agency_code):
        faults.append("mã cơ quan chỉ dành cho bảng riêng của một cơ quan, và bắt buộc ở đó")
    if heading.agency_code and agency_code_syntax(heading.agency_code) is None:
        faults.append("mã cơ quan không đúng cú pháp")
    return faults
