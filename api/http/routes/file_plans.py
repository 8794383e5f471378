"""Danh mục hồ sơ: an agency (or an archivist) lays it before the head, who approves exactly what was laid before."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.file_targets import agency_asked, own_codes
from api.http.file_views import AgencyAsked, AgencyCode, FileView, PlanLineView, PlanView, ScheduleName, Year
from api.http.gate import Asked, gate
from api.http.listing import PageSize
from api.http.problems import unknown
from api.http.rights_views import NEVER_STORED, Id, Number, Strict
from api.listed_rows import trimmed
from archive.access import Author, Operation, Role, Target
from archive.access.modes import Mode
from archive.catalogue import Reading
from archive.catalogue.file_plan_reading import plan, plan_lines_after, plans_listed
from archive.catalogue.file_plan_writing import approve_plan, import_plan, open_planned
from archive.catalogue.file_reading import require_file
from archive.events import Event
from archive.file_plan.plan import FilePlan
from archive.file_plan.plan_list import plan_lines
from archive.local_time import VIETNAM
from archive.retention.errors import PlanMissingError
from schemas.rule_profiles import profile_on

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])
Cell = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Cells = Annotated[list[Cell], Field(max_length=60)]
Rows = Annotated[list[Cells], Field(min_length=1, max_length=5_000)]
"""Longer lists are imported at the command line: no body here is larger than a mebibyte."""
_ROWS = [
    ["Số và ký hiệu hồ sơ", "Tên đề mục và tiêu đề hồ sơ", "Thời hạn bảo quản", "Người lập hồ sơ", "Ghi chú"],
    ["03.TH", "Hồ sơ đê điều", "10 năm", "Phòng Tổng hợp", ""],
]


class PlanList(BaseModel):
    items: list[PlanView] = Field(description="Các phiên bản. / The versions.")


class PlanDetail(BaseModel):
    plan: PlanView = Field(description="Danh mục. / The danh mục.")
    lines: list[PlanLineView] = Field(description="Các dòng. / Its lines.")
    after: int | None = Field(description="Gửi lại ở «after» để xem tiếp. / For «after».", examples=[100])


class PlanImport(Strict):
    """A danh mục as its table says it."""

    agency_code: AgencyCode = Field(description="Mã cơ quan. / Agency.")
    year: Year = Field(description="Năm. / Year.", examples=[2026])
    basis: Number = Field(default="", description="Quyết định ban hành. / Decision.", examples=["12/QĐ-UBND"])
    reason: Number = Field(default="", description="Lý do sửa đổi. / Why amended.", examples=["Bổ sung phòng mới"])
    rows: Rows = Field(
        description="Các ô của bảng theo mẫu Phụ lục V NĐ 30/2020, cả dòng tiêu đề. / Cells of the table, heads included.",
        examples=[_ROWS],
    )


class PlanApproval(Strict):
    basis: Number = Field(default="", description="Quyết định ban hành. / Decision.", examples=["12/QĐ-UBND"])


class PlannedOpening(Strict):
    file_code: Number = Field(
        default="",
        description="Mã hồ sơ; trống: theo NĐ 30/2020. / Its code; empty: as the decree composes it.",
        examples=["H49.64.33.2026.03.TH"],
    )
    fonds_code: ScheduleName = Field(default="", description="Mã phông. / Fonds.", examples=["P01"])


@router.get(
    "/file-plans",
    operation_id="list_file_plans",
    **told(
        "Các danh mục hồ sơ",
        "Danh mục hồ sơ",
        description=(
            "Theo cơ quan, năm, phiên bản; cơ quan chỉ thấy của mình.",
            "By agency, year and version; an agency sees its own.",
        ),
        problems=(404,),
    ),
)
def list_file_plans(
    asked: Annotated[Asked, gate(Operation.PLAN_READ)],
    agency_code: AgencyAsked = "",
    year: Annotated[int | None, Query(ge=1900, le=2199, description="Năm. / Year.", examples=[2026])] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Nhiều nhất. / At most.")] = 200,
) -> PlanList:
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        found = plans_listed(reading, code, year, limit)
    return PlanList(items=[PlanView.of(item) for item in found])


@router.post(
    "/file-plans",
    operation_id="import_file_plan",
    status_code=201,
    **told(
        "Nhập một danh mục hồ sơ",
        "Import a danh mục hồ sơ",
        description=(
            "Thành bản dự thảo, thay bản dự thảo đang có. Mọi lỗi được nêu theo số dòng và không ghi gì (409).",
            "A draft, in place of the draft there was. Every fault is told by its row, and nothing is written (409).",
        ),
        problems=(404, 409),
    ),
)
def import_one(said: PlanImport, asked: Annotated[Asked, gate(Operation.PLAN_IMPORT)]) -> PlanView:
    with asked.service.installation.catalogue.read() as reading:
        agency_asked(reading, asked, said.agency_code)
    lines = plan_lines(trimmed(said.rows))
    with asked.service.installation.catalogue.transaction() as tx:
        made = import_plan(
            tx,
            str(uuid.uuid4()),
            agency_code=said.agency_code,
            year=said.year,
            lines=lines,
            basis=said.basis,
            reason=said.reason,
            by=Author.of(asked.who),
            at=asked.at,
        )
        return PlanView.of(made)


@router.get(
    "/file-plans/{plan_id}",
    operation_id="read_file_plan",
    **told("Một danh mục hồ sơ và các dòng", "One danh mục and its lines", problems=(404,)),
)
def read_file_plan(
    plan_id: Id,
    asked: Annotated[Asked, gate(Operation.PLAN_READ)],
    size: PageSize = 100,
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="Từ sau dòng. / From behind this line.", examples=[100])
    ] = 0,
) -> PlanDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = _found(reading, asked, plan_id)
        lines = list(islice(plan_lines_after(reading, plan_id, after), size + 1))
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, "file-plans", {"plan_id": plan_id})
    return PlanDetail(
        plan=PlanView.of(found),
        lines=[PlanLineView.of(line) for line in lines[:size]],
        after=lines[size - 1].ordinal if len(lines) > size else None,
    )


@router.post(
    "/file-plans/{plan_id}/approval",
    operation_id="approve_file_plan",
    **told(
        "Phê duyệt danh mục hồ sơ",
        "Approve a danh mục",
        description=(
            "Đúng nội dung đã nhập (SHA-256); phiên bản trước được thay.",
            "Exactly what was imported; the version before is superseded.",
        ),
        problems=(404, 409),
    ),
)
def approve_one(plan_id: Id, said: PlanApproval, asked: Annotated[Asked, gate(Operation.PLAN_APPROVE)]) -> PlanView:
    with asked.service.installation.catalogue.read() as reading:
        _found(reading, asked, plan_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return PlanView.of(approve_plan(tx, plan_id, basis=said.basis, by=Author.of(asked.who), at=asked.at))


@router.post(
    "/file-plans/{plan_id}/lines/{ordinal}/file",
    operation_id="open_planned_file",
    **told(
        "Mở hồ sơ theo một dòng danh mục",
        "Open the hồ sơ of a line",
        description=("Đã mở thì trả về hồ sơ ấy.", "The one that stands under its code, when there is one."),
        problems=(404, 409),
    ),
)
def open_planned_one(
    plan_id: Id,
    ordinal: Annotated[int, Path(ge=1, le=2**31 - 1, description="Số thứ tự dòng. / Line.", examples=[1])],
    said: PlannedOpening,
    asked: Annotated[Asked, gate(Operation.FILE_KEEP)],
) -> FileView:
    with asked.service.installation.catalogue.transaction() as tx:
        opened = open_planned(
            tx,
            plan_id,
            ordinal,
            file_id=str(uuid.uuid4()),
            profile=profile_on(asked.at.astimezone(VIETNAM).date()).name,
            file_code=said.file_code.strip(),
            fonds_code=said.fonds_code,
            by=Author.of(asked.who),
            at=asked.at,
        )
        return FileView.of(require_file(tx, opened.id))


def _found(reading: Reading, asked: Asked, plan_id: str) -> FilePlan:
    """Another agency's is answered as one that is not there."""
    try:
        found = plan(reading, plan_id)
    except PlanMissingError:
        raise unknown() from None
    own = asked.who.role is Role.AGENCY and found.agency_code in own_codes(reading, asked)
    asked.require(Target(asked.who.agency_code if own else found.agency_code, Mode.OPEN), plan_id)
    return found
