"""Retention schedules: which are adopted, what they say, and adopting one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.file_targets import own_codes
from api.http.file_views import AgencyCode, ScheduleRowView, ScheduleView
from api.http.gate import Asked, gate
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, Line, Strict
from api.http.routes.file_plans import Rows
from api.http.written_days import Day
from api.listed_rows import trimmed
from archive.access import Author, Operation, Role
from archive.catalogue import Reading
from archive.catalogue.schedule_reading import AdoptedSchedule, adopted_schedule, adopted_schedules
from archive.catalogue.schedule_writing import adopt_schedule
from archive.retention.schedule import ScheduleKind
from archive.retention.schedule_list import ScheduleHeading, listed_schedule

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])
_NAME = r"^[0-9A-Za-z._\-]{1,64}$"
_ROWS = [["STT", "Tên nhóm hồ sơ, tài liệu", "Thời hạn bảo quản"], ["1", "Hồ sơ đê điều", "10 năm"]]


class ScheduleList(BaseModel):
    items: list[ScheduleView] = Field(description="Mọi phiên bản đã áp dụng. / Every adopted version.")


class ScheduleDetail(BaseModel):
    schedule: ScheduleView = Field(description="Bảng thời hạn. / The schedule.")
    rows: list[ScheduleRowView] = Field(description="Các dòng. / Its rows.")


class ScheduleImport(Strict):
    """A schedule of a sector or an agency, as its table says it."""

    id: Annotated[str, Field(pattern=_NAME)] = Field(description="Tên bảng. / Its id.", examples=["nganh-y-te"])
    version: Annotated[str, Field(pattern=_NAME)] = Field(description="Phiên bản. / Version.", examples=["2026"])
    kind: ScheduleKind = Field(description="Ngành hoặc riêng của cơ quan. / Sector or agency.", examples=["sector"])
    title: Line = Field(description="Tên. / Title.", examples=["Thời hạn bảo quản hồ sơ ngành y tế"])
    basis: Line = Field(description="Căn cứ pháp lý. / Legal basis.", examples=["Thông tư 53/2017/TT-BYT"])
    effective_from: Day = Field(description="Có hiệu lực từ. / From.", examples=["2026-01-01"])
    effective_to: Day | None = Field(default=None, description="Đến hết. / Until.", examples=["2030-12-31"])
    agency_code: AgencyCode | None = Field(default=None, description="Của cơ quan nào. / Whose own.")
    rows: Rows = Field(
        description="Các ô của bảng, cả dòng tiêu đề. / Cells of the table, heads included.", examples=[_ROWS]
    )


@router.get(
    "/schedules",
    operation_id="list_schedules",
    **told(
        "Các bảng thời hạn bảo quản đang và đã áp dụng",
        "Retention schedules that are or were adopted",
        description=(
            "Cơ quan thấy bảng chung, bảng ngành và bảng của mình.",
            "An agency sees the common ones, those of sectors, and its own.",
        ),
    ),
)
def list_schedules(asked: Annotated[Asked, gate(Operation.SCHEDULE_READ)]) -> ScheduleList:
    with asked.service.installation.catalogue.read() as reading:
        found = [item for item in adopted_schedules(reading) if _told(reading, asked, item)]
    return ScheduleList(items=[ScheduleView.of(item) for item in found])


@router.get(
    "/schedules/{schedule_id}",
    operation_id="read_schedule",
    **told("Một bảng thời hạn và các dòng", "One schedule and its rows", problems=(404,)),
)
def read_one(
    schedule_id: Annotated[str, Path(pattern=_NAME, description="Tên bảng. / Its id.", examples=["tt10-2022"])],
    asked: Annotated[Asked, gate(Operation.SCHEDULE_READ)],
    version: Annotated[
        str | None, Query(pattern=_NAME, description="Phiên bản; trống: đang áp dụng. / Version.", examples=["1"])
    ] = None,
) -> ScheduleDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = adopted_schedule(reading, schedule_id, version)
        if found is None or not _told(reading, asked, found):
            raise ProblemError(
                404, "retention.schedule-missing", "Không có bảng thời hạn này.", remedy="GET /api/v1/schedules."
            )
    return ScheduleDetail(
        schedule=ScheduleView.of(found), rows=[ScheduleRowView.of(row) for row in found.schedule.rows]
    )


@router.post(
    "/schedules",
    operation_id="adopt_schedule",
    status_code=201,
    **told(
        "Áp dụng một bảng thời hạn bảo quản",
        "Adopt a retention schedule",
        description=(
            "Không hồ sơ nào bị sửa: mỗi hồ sơ của dòng đã đổi được mở một việc xem xét. Bảng của cơ quan chỉ được dài hơn.",
            "Rewrites no hồ sơ: those of changed rows get a review task. An agency's own may only be longer.",
        ),
        problems=(409,),
    ),
)
def adopt_one(said: ScheduleImport, asked: Annotated[Asked, gate(Operation.SCHEDULE_ADOPT)]) -> ScheduleView:
    heading = ScheduleHeading(
        id=said.id,
        version=said.version,
        kind=said.kind,
        title=said.title,
        basis=said.basis,
        effective_from=said.effective_from,
        effective_to=said.effective_to,
        agency_code=said.agency_code or "",
    )
    schedule = listed_schedule(heading, trimmed(said.rows))
    with asked.service.installation.catalogue.transaction() as tx:
        return ScheduleView.of(adopt_schedule(tx, schedule, by=Author.of(asked.who), at=asked.at))


def _told(reading: Reading, asked: Asked, item: AdoptedSchedule) -> bool:
    code = item.schedule.agency_code
    return asked.who.role is not Role.AGENCY or not code or code in own_codes(reading, asked)
