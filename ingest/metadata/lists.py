"""A list of documents (.xlsx, .csv) with Vietnamese column heads → the record of one hồ sơ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.finding import Finding, Severity, finding
from ingest.metadata.heads import Column, cell_values, column_of, is_head_row, plain_value
from ingest.metadata.sheets import Sheet, SheetRefusedError, sheets_of
from ingest.subject import DocumentEntry, Record
from schemas.fields import PROFILES, code_list, fields_by_label, folded

_ABOUT: Mapping[str, tuple[str, str]] = {
    folded(head): target
    for target, heads in {
        ("agency", "code"): (
            "Mã cơ quan",
            "Mã định danh cơ quan",
            "Mã cơ quan nộp lưu",
            "Mã định danh cơ quan nộp lưu",
        ),
        ("agency", "name"): ("Tên cơ quan", "Cơ quan nộp lưu", "Tên cơ quan nộp lưu", "Cơ quan, tổ chức nộp lưu"),
        ("profile", ""): ("Bộ quy tắc", "Quy tắc áp dụng", "profile"),
    }.items()
    for head in heads
}
_FILE_SHEETS = frozenset({folded("Hồ sơ"), folded("Thông tin hồ sơ")})
_LEADING_ROWS = 60


@dataclass
class _Reading:
    about: dict[str, Any] = field(default_factory=lambda: {"profile": PROFILES[0], "agency": {}})
    file: dict[str, Any] = field(default_factory=dict)
    documents: list[DocumentEntry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    heads_seen: bool = False
    unclear_row: int | None = None


def read_list(data: bytes, name: str) -> tuple[Record | None, tuple[Finding, ...]]:
    """The record that a list describes and what reading it found; None when something in it cannot be understood.

    Documents stand under a row of heads, on one sheet or several (``Văn bản đi``, ``Văn bản đến``); the hồ sơ stands on
    a sheet ``Hồ sơ`` or in rows of name and value above the heads. Cells stay as written, except that a combined
    column (số, ký hiệu; tên loại và trích yếu) is divided.
    """
    reading = _Reading()
    try:
        sheets = sheets_of(data, name)
    except SheetRefusedError as refused:
        return None, (_refusal(refused),)
    for sheet in sheets:
        if folded(sheet.name) in _FILE_SHEETS:
            _read_file_rows(reading, sheet.rows)
        else:
            _read_documents(reading, sheet)
    if not reading.heads_seen:
        reading.findings.append(finding("metadata.list.no-heads"))
    if not reading.file:
        reading.findings.append(finding("metadata.list.no-file-fields"))
    if reading.about["profile"] not in PROFILES:
        asked = str(reading.about["profile"])[:40]
        reading.findings.append(finding("metadata.profile.unknown", profile=asked, expected=", ".join(PROFILES)))
    if reading.unclear_row is not None:
        reading.findings.append(finding("metadata.list.unclear-kind", row=reading.unclear_row))
    if any(item.severity is Severity.ERROR for item in reading.findings):
        return None, tuple(reading.findings)
    record = Record(
        profile=reading.about["profile"],
        agency=reading.about["agency"],
        file=reading.file,
        documents=tuple(reading.documents),
    )
    return record, tuple(reading.findings)


def _refusal(refused: SheetRefusedError) -> Finding:
    if refused.rule == "not-unicode":
        return finding("metadata.file.not-unicode", offset=int(refused.reason))
    return finding(f"metadata.list.{refused.rule}", reason=refused.reason)


def _read_documents(reading: _Reading, sheet: Sheet) -> None:
    head_at = next((at for at, row in enumerate(sheet.rows[:_LEADING_ROWS]) if is_head_row(row)), None)
    if head_at is None:
        return
    reading.heads_seen = True
    _read_file_rows(reading, sheet.rows[:head_at])
    columns = _columns(reading, sheet.rows[head_at])
    for number, row in enumerate(sheet.rows[head_at + 1 :], head_at + 2):
        _read_document(reading, sheet, number, columns, row)


def _columns(reading: _Reading, heads: Sequence[str]) -> dict[int, Column]:
    columns: dict[int, Column] = {}
    targets: set[str] = set()
    for at, head in enumerate(heads):
        if not head:
            continue
        column = column_of(head)
        if column is None:
            reading.findings.append(finding("metadata.list.unknown-head", head=head[:80]))
        elif column.target in targets:
            reading.findings.append(finding("metadata.list.repeated-head", label=head[:80]))
        else:
            columns[at] = column
            targets.add(column.target)
    return columns


def _read_document(
    reading: _Reading, sheet: Sheet, number: int, columns: Mapping[int, Column], row: Sequence[str]
) -> None:
    path, kind, fields = "", "", dict[str, Any]()
    for at, cell in enumerate(row):
        column = columns.get(at)
        if column is None or not cell:
            continue
        if column.role == "path":
            path = cell
        elif column.role == "kind":
            kind = code_list("kind").code_of(cell) or ""
        else:
            for name, value in cell_values(column, cell).items():
                fields[name] = _joined(fields.get(name), value)
    if not path:
        # A row of one cell is a heading between groups or a total, not a document without a file.
        if sum(1 for cell in row if cell) > 1 and set(fields) - {"docOrdinal", "numberOfPage"}:
            reading.findings.append(finding("metadata.list.no-path", row=number))
        return
    kind = kind or _kind_of(sheet, fields)
    if not kind:
        reading.unclear_row = reading.unclear_row or number
    reading.documents.append(DocumentEntry(path, kind or "other", fields))


def _kind_of(sheet: Sheet, fields: Mapping[str, Any]) -> str:
    """The kind that the sheet's name or a field only one kind has gives away."""
    if "arrivalDate" in fields or "arrivalNumber" in fields:
        return "incoming"
    if "issuedAmount" in fields:
        return "outgoing"
    return code_list("kind").code_of(sheet.name) or "" if sheet.name else ""


def _joined(before: Any, value: Any) -> Any:
    """Two columns of one composite become one value."""
    if isinstance(before, dict) and isinstance(value, dict):
        return {**before, **value}
    if isinstance(before, list) and isinstance(value, list) and len(before) == len(value) == 1:
        return [{**before[0], **value[0]}]
    return value


def _read_file_rows(reading: _Reading, rows: Iterable[Sequence[str]]) -> None:
    kept = [[cell for cell in row] for row in rows if any(row)]
    if len(kept) >= 2 and sum(1 for cell in kept[0] if cell and _file_target(cell)) >= 3:
        pairs = list(zip(kept[0], kept[1], strict=False))
    else:
        pairs = [_pair(row) for row in kept]
    for head, value in pairs:
        target = _file_target(head)
        if target is None or not value:
            continue
        where, name = target
        if where == "profile":
            reading.about["profile"] = value
        elif where == "agency":
            reading.about["agency"][name] = value
        else:
            reading.file[name] = plain_value(fields_by_label("hoso")[folded(head)][0], value)


def _pair(row: Sequence[str]) -> tuple[str, str]:
    """Name and value of a row: its first two filled cells, or one cell written "name: value"."""
    filled = [cell for cell in row if cell]
    # A leading ordinal ("1", "Tiêu đề hồ sơ", …) is usual and means nothing.
    if len(filled) > 2 and filled[0].isdigit():
        filled = filled[1:]
    if len(filled) == 1:
        head, _, value = filled[0].partition(":")
        return head.strip(), value.strip()
    return filled[0], filled[1]


def _file_target(head: str) -> tuple[str, str] | None:
    key = folded(head)
    if key in _ABOUT:
        return _ABOUT[key]
    found = fields_by_label("hoso").get(key)
    return ("file", found[0].name) if found else None
