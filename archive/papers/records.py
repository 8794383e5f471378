"""The papers of NĐ 30/2020/NĐ-CP Phụ lục V as data: file plan, inventories, delivery minutes; and the report to come in June
and December."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from archive.papers.execution import HandingParty
from archive.papers.paper import Letterhead, ListReference, PaperKind


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of a Danh mục hồ sơ: a group heading (``file_code`` empty) or one hồ sơ to be opened."""

    file_code: str
    title: str
    period: str = ""
    responsible: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """Danh mục hồ sơ of an agency for a year."""

    profile: str
    head: Letterhead
    year: int
    version: int
    lines: tuple[PlanLine, ...]
    kind: PaperKind = PaperKind.FILE_PLAN
    bound_to: ListReference | None = None


@dataclass(frozen=True, slots=True)
class InventoryLine:
    """A line of a Mục lục hồ sơ nộp lưu; ``extent`` counts sheets or, of electronic hồ sơ, documents and pages as printed."""

    ordinal: int
    file_code: str
    title: str
    time_span: str
    period: str
    extent: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TransferInventory:
    """Mục lục hồ sơ nộp lưu: to the agency's archive, or from it to the historical archive."""

    profile: str
    head: Letterhead
    fonds: str
    years: str
    lines: tuple[InventoryLine, ...]
    kind: PaperKind = PaperKind.TRANSFER_INVENTORY
    bound_to: ListReference | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    ordinal: int
    notation: str
    issued: str
    subject: str
    author: str
    pages: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocumentInventory:
    """Mục lục văn bản of one hồ sơ."""

    profile: str
    head: Letterhead
    file_code: str
    title: str
    period: str
    lines: tuple[DocumentLine, ...]
    kind: PaperKind = PaperKind.DOCUMENT_INVENTORY
    bound_to: ListReference | None = None


@dataclass(frozen=True, slots=True)
class DeliveryMinutes:
    """Biên bản giao nhận hồ sơ, tài liệu: into the agency's archive, or with ``package`` (name and SHA-256 of a TT 05
    package) into the historical archive. Two copies, one for each side."""

    profile: str
    head: Letterhead
    giver: HandingParty
    receiver: HandingParty
    block: str
    time_span: str
    files: int
    documents: int
    size_bytes: int
    condition: str
    inventory_sha256: str
    packages: tuple[tuple[str, str], ...] = ()
    paper_files: int = 0
    paper_metres: str = ""
    kind: PaperKind = PaperKind.DELIVERY_MINUTES
    bound_to: ListReference | None = None


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """The figures of one agency over the reported time; every one of them was counted, none is an estimate."""

    agency_code: str
    agency_name: str
    received: int
    returned: int
    stored: int
    files_held: int
    due: int
    on_hold: int
    in_round: int
    transferred: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What checks and backups of the reported time came to."""

    copies_read: int
    copies_bad: int
    copies_repaired: int
    backups: int
    drills: int


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """Báo cáo công tác lưu trữ of a half-year or a year. ``until`` is the last day counted."""

    profile: str
    head: Letterhead
    period: Literal["first-half", "second-half", "year"]
    since: date
    until: date
    addressed_to: str
    agencies: tuple[AgencyFigures, ...]
    checks: CheckFigures
    returned_for: tuple[tuple[str, int], ...] = ()
    remarks: tuple[str, ...] = ()
    due: date | None = None
    """The last day in time, where an archive has another than ``report_due`` says."""
    kind: PaperKind = PaperKind.ACTIVITY_REPORT
    bound_to: ListReference | None = None


def report_due(period: Literal["first-half", "second-half", "year"], year: int) -> date:
    """The last day on which the report of ``year`` is in time: before 05/6 for the first half, before 05/12 for the
    second and for the year (QĐ 04/2011/QĐ-UBND Biên Hòa Điều 10 khoản 2)."""
    return date(year, 6, 4) if period == "first-half" else date(year, 12, 4)
