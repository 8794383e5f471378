"""Hồ sơ of the registry, their periods, danh mục, schedules, review tasks and holds as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from api.http.json_values import ONLY_AN_INTEGER
from api.http.rights_views import NO_NULL, Names
from archive.catalogue.schedule_reading import AdoptedSchedule
from archive.disposal.model import Hold
from archive.disposal.words import HoldKind
from archive.file_plan.plan import FilePlan, PlanLine, PlanState
from archive.local_time import VIETNAM
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import PeriodKind
from archive.retention.review import Review, ReviewDecision, ReviewReason
from archive.retention.schedule import ScheduleKind, ScheduleRow
from archive.retention.stated_period import period_text

FILE_ID = "0b9c2f5e-7a54-5a5e-9d4e-4b7f0f3c9a11"
AGENCY = "H49.64.33"
_INSTANT = "2026-11-20T09:15:02.123456+07:00"

Year = Annotated[int, Field(ge=1900, le=2199), ONLY_AN_INTEGER]
AgencyCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z.\-]{1,64}$", examples=[AGENCY])]
FileCode = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\s][^\x00-\x1f\x7f]{0,254}$")]
PlainId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,36}$", examples=[FILE_ID])]
PeriodText = Annotated[str, Field(max_length=500, pattern=NO_NULL, examples=["10 năm"])]
ScheduleName = Annotated[str, Field(max_length=64, pattern=r"^[0-9A-Za-z._\-]*$", examples=["tt10-2022"])]
RowName = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["dt-trung"])]
AgencyAsked = Annotated[
    str,
    Query(
        pattern=r"^[0-9A-Za-z.\-]{0,64}$",
        description="Mã cơ quan, một trong hai mã; trống: mọi cơ quan. / Agency, by either code; empty: all.",
        examples=[AGENCY],
    ),
]
PageAfter = Annotated[
    str | None,
    Query(
        max_length=128,
        pattern=NO_NULL,
        description="«after» của trang trước. / «after» of the page before.",
        examples=["2026-11-20T02:15:02.000000Z~5f70bf18a086007016e948b04aed3b82"],
    ),
]


class FileView(BaseModel):
    """One hồ sơ of the registry."""

    id: str = Field(description="Mã trong sổ đăng ký. / Its id.", examples=[FILE_ID])
    agency_code: str = Field(description="Mã cơ quan. / Agency.", examples=[AGENCY])
    file_code: str = Field(description="Mã hồ sơ. / Its code.", examples=["H49.64.33.2015.03.TH"])
    fonds_code: str = Field(description="Mã phông. / Fonds.", examples=["P01"])
    title: str = Field(description="Tiêu đề; trống khi không được giữ lại. / Title.", examples=["Hồ sơ đê điều"])
    state: FileState = Field(description="Trạng thái. / State.")
    opened_on: date | None = Field(description="Ngày mở. / Opened on.")
    received_on: date | None = Field(description="Ngày nhận gói đầu. / First package received on.")
    ended_year: int | None = Field(description="Năm công việc kết thúc. / Year the work ended.", examples=[2015])
    period: str = Field(description="Thời hạn bảo quản. / Period.", examples=["10 năm"])
    period_kind: PeriodKind = Field(description="Loại thời hạn. / Kind of period.")
    period_basis: str = Field(description="Căn cứ của thời hạn. / Why this period.", examples=["TT 10/2022"])
    event_year: int | None = Field(description="Năm xảy ra sự kiện. / Year of its event.", examples=[2020])
    schedule_id: str | None = Field(description="Bảng thời hạn. / Schedule.", examples=["tt10-2022"])
    schedule_version: str | None = Field(description="Phiên bản bảng. / Its version.", examples=["1"])
    schedule_row: str | None = Field(description="Dòng của bảng. / Its row.", examples=["dt-trung"])
    profile: str = Field(description="Bộ quy tắc. / Rule profile.", examples=["LLT2024-TT05"])
    profile_version: str = Field(description="Phiên bản bộ quy tắc. / Its version.", examples=["1"])
    review_on: date | None = Field(description="Ngày đến hạn xem xét. / Due for review on.")
    transfer_due_on: date | None = Field(description="Hạn giao nộp. / To be handed over by.")
    transferred_at: datetime | None = Field(description="Đã giao nộp lúc. / Handed over at.", examples=[_INSTANT])
    paper_code: str = Field(description="Hồ sơ giấy cùng nội dung. / Its paper twin.", examples=["HS-12"])
    paper_permanent: bool = Field(description="Bản giấy vĩnh viễn. / Whether the paper is kept for ever.")
    round_id: str | None = Field(description="Đợt hủy. / Destruction round.", examples=[FILE_ID])
    destroyed_at: datetime | None = Field(description="Đã hủy lúc. / Destroyed at.", examples=[_INSTANT])

    @classmethod
    def of(cls, held: File) -> FileView:
        return cls(
            id=held.id,
            agency_code=held.agency_code,
            file_code=held.file_code,
            fonds_code=held.fonds_code,
            title=held.title,
            state=held.state,
            opened_on=held.opened_on,
            received_on=held.received_on,
            ended_year=held.ended_year,
            period=period_text(held.period),
            period_kind=held.period.kind,
            period_basis=held.period_basis,
            event_year=held.event_year,
            schedule_id=held.schedule_id,
            schedule_version=held.schedule_version,
            schedule_row=held.schedule_row,
            profile=held.profile,
            profile_version=held.profile_version,
            review_on=held.review_on,
            transfer_due_on=held.transfer_due_on,
            transferred_at=_here(held.transferred_at),
            paper_code=held.paper_code,
            paper_permanent=held.paper_permanent,
            round_id=held.round_id,
            destroyed_at=_here(held.destroyed_at),
        )


class FilePage(BaseModel):
    items: list[FileView] = Field(description="Các hồ sơ. / The hồ sơ.")
    after: str | None = Field(description="Gửi lại ở «after» để xem tiếp. / For «after».", examples=[FILE_ID])


class PeriodReviewView(BaseModel):
    """One review task."""

    id: str = Field(description="Mã việc. / Its id.", examples=[FILE_ID])
    file_id: str = Field(description="Hồ sơ. / The hồ sơ.", examples=[FILE_ID])
    reason: ReviewReason = Field(description="Vì sao. / Why.")
    about: str = Field(description="Bảng, phiên bản, dòng đã đổi. / What changed.", examples=["tt10-2022/2:dt-trung"])
    opened_at: datetime = Field(description="Mở lúc. / Opened at.", examples=[_INSTANT])
    decided_at: datetime | None = Field(description="Quyết định lúc. / Decided at.", examples=[_INSTANT])
    decision: ReviewDecision | None = Field(description="Quyết định. / Decision.")
    note: str = Field(description="Lý do. / Why so.", examples=["Giữ nguyên theo thời hạn đã xác định."])

    @classmethod
    def of(cls, item: Review) -> PeriodReviewView:
        return cls(
            id=item.id,
            file_id=item.file_id,
            reason=item.reason,
            about=item.about,
            opened_at=item.opened_at.astimezone(VIETNAM),
            decided_at=_here(item.decided_at),
            decision=item.decision,
            note=item.note,
        )


class PlanView(BaseModel):
    """One version of a danh mục hồ sơ."""

    id: str = Field(description="Mã. / Its id.", examples=[FILE_ID])
    agency_code: str = Field(description="Cơ quan. / Agency.", examples=[AGENCY])
    year: int = Field(description="Năm. / Year.", examples=[2026])
    version: int = Field(description="Phiên bản. / Version.", examples=[1])
    state: PlanState = Field(description="Tình trạng. / State.")
    basis: str = Field(description="Quyết định ban hành. / Decision.", examples=["12/QĐ-UBND"])
    reason: str = Field(description="Lý do sửa đổi. / Why it was amended.", examples=["Bổ sung phòng mới"])
    sha256: str = Field(description="Mã băm các dòng. / Digest of its lines.", examples=["0" * 64])
    imported_at: datetime = Field(description="Nhập lúc. / Imported at.", examples=[_INSTANT])
    approved_at: datetime | None = Field(description="Phê duyệt lúc. / Approved at.", examples=[_INSTANT])

    @classmethod
    def of(cls, plan: FilePlan) -> PlanView:
        return cls(
            id=plan.id,
            agency_code=plan.agency_code,
            year=plan.year,
            version=plan.version,
            state=plan.state,
            basis=plan.basis,
            reason=plan.reason,
            sha256=plan.sha256,
            imported_at=plan.imported_at.astimezone(VIETNAM),
            approved_at=_here(plan.approved_at),
        )


class PlanLineView(BaseModel):
    ordinal: int = Field(description="Số thứ tự. / Its place.", examples=[1])
    heading: str = Field(description="Đề mục. / Heading.", examples=["Tổng hợp"])
    notation: str = Field(description="Số và ký hiệu hồ sơ. / Notation.", examples=["03.TH"])
    title: str = Field(description="Tiêu đề. / Title.", examples=["Hồ sơ đê điều"])
    period: str = Field(description="Thời hạn bảo quản. / Period.", examples=["10 năm"])
    maker: str = Field(description="Người lập. / Who makes it.", examples=["Phòng Tổng hợp"])
    note: str = Field(description="Ghi chú. / Note.", examples=["Nộp điện tử"])

    @classmethod
    def of(cls, line: PlanLine) -> PlanLineView:
        return cls(
            ordinal=line.ordinal,
            heading=line.heading,
            notation=line.notation,
            title=line.title,
            period=period_text(line.period),
            maker=line.maker,
            note=line.note,
        )


class ScheduleView(BaseModel):
    """One adopted version of a retention schedule."""

    id: str = Field(description="Tên bảng. / Its id.", examples=["tt10-2022"])
    version: str = Field(description="Phiên bản. / Version.", examples=["1"])
    kind: ScheduleKind = Field(description="Chung, ngành, riêng. / Kind.")
    title: str = Field(description="Tên. / Title.", examples=["Thời hạn bảo quản hồ sơ, tài liệu"])
    basis: str = Field(description="Căn cứ pháp lý. / Legal basis.", examples=["Thông tư 10/2022/TT-BNV"])
    agency_code: str = Field(description="Của cơ quan. / Whose own.", examples=[AGENCY])
    effective_from: date = Field(description="Có hiệu lực từ. / From.")
    effective_to: date | None = Field(description="Đến. / Until.")
    sha256: str = Field(description="Mã băm. / Digest.", examples=["0" * 64])
    rows: int = Field(description="Số dòng. / How many rows.", examples=[42])
    unverified: int = Field(description="Số dòng chưa đối chiếu. / Rows nobody compared.", examples=[0])
    adopted_at: datetime = Field(description="Áp dụng lúc. / Adopted at.", examples=[_INSTANT])
    reviews_pending: bool = Field(description="Còn hồ sơ chờ mở việc xem xét. / Review tasks still being opened.")

    @classmethod
    def of(cls, adopted: AdoptedSchedule) -> ScheduleView:
        schedule = adopted.schedule
        return cls(
            id=schedule.id,
            version=schedule.version,
            kind=schedule.kind,
            title=schedule.title,
            basis=schedule.basis,
            agency_code=schedule.agency_code,
            effective_from=schedule.effective_from,
            effective_to=schedule.effective_to,
            sha256=adopted.sha256,
            rows=len(schedule.rows),
            unverified=sum(not row.verified for row in schedule.rows),
            adopted_at=adopted.adopted_at.astimezone(VIETNAM),
            reviews_pending=adopted.reviews_pending,
        )


class ScheduleRowView(BaseModel):
    code: str = Field(description="Mã dòng. / Its code.", examples=["dt-trung"])
    group: str = Field(description="Nhóm. / Group.", examples=["Tài liệu tổng hợp"])
    title: str = Field(description="Nhóm hồ sơ, tài liệu. / What it is of.", examples=["Hồ sơ đê điều"])
    period: str = Field(description="Thời hạn. / Period.", examples=["10 năm"])
    verified: bool = Field(description="Đã đối chiếu với văn bản. / Compared with the published text.")
    based_on: str = Field(description="Dòng của bảng chung. / Row of the common one.", examples=["tt10-2022:dt-trung"])

    @classmethod
    def of(cls, row: ScheduleRow) -> ScheduleRowView:
        return cls(
            code=row.code,
            group=row.group,
            title=row.title,
            period=period_text(row.period),
            verified=row.verified,
            based_on=row.based_on,
        )


class HoldView(BaseModel):
    """One hold."""

    id: str = Field(description="Mã lệnh. / Its id.", examples=[FILE_ID])
    kind: HoldKind = Field(description="Theo vụ việc, truy vấn, hồ sơ. / Kind.")
    case_code: str = Field(description="Vụ việc. / Case.", examples=["12/2026/HC-ST"])
    query: dict[str, Any] | None = Field(description="Truy vấn đã chốt. / The query.", examples=[{"fonds_code": "P01"}])
    reason: str = Field(description="Lý do. / Why.", examples=["Tòa án yêu cầu cung cấp tài liệu"])
    basis: str = Field(description="Căn cứ. / Basis.", examples=["Quyết định 12/2026/QĐ-TA"])
    until: date | None = Field(description="Dự kiến đến hết ngày. / Meant to last until.")
    files: int = Field(description="Số hồ sơ. / How many hồ sơ.", examples=[3])
    list_sha256: str = Field(description="Mã băm danh sách. / Digest of the list.", examples=["0" * 64])
    in_force: bool = Field(description="Đang có hiệu lực. / Whether it holds.")
    placed_by: str = Field(description="Người đặt. / By whom.", examples=["tran.thi.binh"])
    placed_at: datetime = Field(description="Đặt lúc. / Placed at.", examples=[_INSTANT])
    released_by: str | None = Field(description="Người gỡ. / Released by.", examples=["le.van.cuong"])
    released_at: datetime | None = Field(description="Gỡ lúc. / Released at.", examples=[_INSTANT])
    release_reason: str | None = Field(description="Lý do gỡ. / Why released.", examples=["Vụ án đã kết thúc"])

    @classmethod
    def of(cls, hold: Hold, names: Names) -> HoldView:
        return cls(
            id=hold.id,
            kind=hold.kind,
            case_code=hold.case_code,
            query=None if hold.query is None else dict(hold.query),
            reason=hold.reason,
            basis=hold.basis,
            until=hold.until,
            files=hold.file_count,
            list_sha256=hold.list_sha256,
            in_force=hold.in_force,
            placed_by=names.of(hold.placed_by),
            placed_at=hold.placed_at.astimezone(VIETNAM),
            released_by=names.of(hold.released_by) if hold.released_by else None,
            released_at=_here(hold.released_at),
            release_reason=hold.release_reason,
        )


def _here(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(VIETNAM)


__all__ = [
    "AgencyAsked",
    "AgencyCode",
    "FileCode",
    "FilePage",
    "FileView",
    "HoldView",
    "PageAfter",
    "PeriodReviewView",
    "PeriodText",
    "PlainId",
    "PlanLineView",
    "PlanView",
    "RowName",
    "ScheduleName",
    "ScheduleRowView",
    "ScheduleView",
    "Year",
]
