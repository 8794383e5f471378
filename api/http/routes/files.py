"""The registry of hồ sơ: what there is, what is due, and what archivists and heads decide about each."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.determining import determination, named_period
from api.http.described import told
from api.http.file_targets import agency_asked, found_file, known_files
from api.http.file_views import (
    AgencyAsked,
    AgencyCode,
    FileCode,
    FilePage,
    FileView,
    HoldView,
    PageAfter,
    PeriodReviewView,
    PeriodText,
    RowName,
    ScheduleName,
    Year,
)
from api.http.gate import Asked, gate
from api.http.json_values import Boolean
from api.http.list_places import read_day_place, read_year_place, written_day_place, written_year_place
from api.http.listing import PageSize
from api.http.rights_views import NEVER_STORED, Id, Line, Names, Number, Reason, Strict
from api.http.written_days import Day
from archive.access import Author, Operation, Role
from archive.access.errors import CursorUnknownError
from archive.catalogue.file_list_reading import files_listed
from archive.catalogue.file_reading import aips_of, file, file_of_code, files_due, files_open_ended, require_file
from archive.catalogue.file_transferring import Handover, hand_over
from archive.catalogue.file_writing import link_paper, open_file
from archive.catalogue.hold_reading import holds_on
from archive.catalogue.retention_authority import require_keeper
from archive.catalogue.retention_deciding import Determination, close_determined, determine_period, note_event, reopen
from archive.catalogue.schedule_reading import reviews_of
from archive.events import Event
from archive.local_time import VIETNAM
from archive.retention.errors import FileConflictError, PeriodRefusedError
from archive.retention.file import NewFile
from archive.retention.file_state import FileState
from archive.retention.period import UNDETERMINED
from schemas.rule_profiles import profile_on

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])


class FileDetail(BaseModel):
    file: FileView = Field(description="Hồ sơ. / The hồ sơ.")
    aip_ids: list[str] = Field(
        description="Các gói tin, gói đầu trước. / Its packages.", examples=[["0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"]]
    )
    held: bool = Field(description="Đang bị đóng băng. / Whether a hold is in force on it.")
    holds: list[HoldView] = Field(description="Các lệnh đóng băng; cơ quan không thấy. / Holds; agencies see none.")
    reviews: list[PeriodReviewView] = Field(description="Các việc xem xét thời hạn. / Review tasks.")


class FileOpening(Strict):
    """A hồ sơ that is not made by a line of a danh mục."""

    agency_code: AgencyCode = Field(description="Mã cơ quan. / Agency.")
    file_code: FileCode = Field(description="Mã hồ sơ. / Its code.", examples=["H49.64.33.2026.03.TH"])
    title: Reason = Field(description="Tiêu đề. / Title.", examples=["Hồ sơ đê điều"])
    period: PeriodText = Field(default="", description="Thời hạn; trống: chưa xác định. / Period; empty: undetermined.")
    period_basis: Number = Field(default="", description="Căn cứ. / Why this period.", examples=["TT 10/2022"])
    fonds_code: ScheduleName = Field(default="", description="Mã phông. / Fonds.", examples=["P01"])
    paper_code: Number = Field(default="", description="Hồ sơ giấy cùng nội dung. / Paper twin.", examples=["HS-12"])


class Determined(Strict):
    """A decision on the period: in words of the law, or by a row of a schedule."""

    basis: Reason = Field(description="Lý do, căn cứ. / Why.", examples=["Xác định lại khi kết thúc hồ sơ"])
    period: PeriodText = Field(default="", description="Thời hạn. / Period.")
    schedule_id: ScheduleName = Field(default="", description="Bảng thời hạn. / Schedule.")
    schedule_row: RowName = Field(default="", description="Dòng của bảng. / Its row.")
    schedule_version: ScheduleName = Field(default="", description="Phiên bản; trống: đang áp dụng. / Version.")


class Closing(Strict):
    ended_year: Year = Field(description="Năm công việc kết thúc. / Year the work ended.", examples=[2025])
    determined: Determined | None = Field(
        default=None,
        description="Thời hạn xác định lại; trống: giữ thời hạn đã có. / Its period anew; null: as it stands.",
    )


class Reopening(Strict):
    reason: Reason = Field(description="Lý do. / Why.", examples=["Còn văn bản phát sinh"])


class EventNoted(Strict):
    year: Year = Field(description="Năm xảy ra sự kiện. / Year of the event.", examples=[2025])
    basis: Reason = Field(description="Căn cứ. / Basis.", examples=["Quyết định 15/QĐ-UBND thay thế"])


class PaperTwin(Strict):
    paper_code: Line = Field(description="Mã hồ sơ giấy. / Code of the paper hồ sơ.", examples=["HS-12"])
    permanent: Boolean = Field(default=False, description="Bản giấy gốc vĩnh viễn. / The paper is kept for ever.")
    reason: Number = Field(default="", description="Lý do. / Why.", examples=["Có bút tích"])


class HandingOver(Strict):
    """What the minutes of handing over say."""

    receiver_code: AgencyCode = Field(description="Mã bên nhận. / Receiver.", examples=["H49.00"])
    receiver_name: Line = Field(description="Tên bên nhận. / Its name.", examples=["Lưu trữ lịch sử tỉnh"])
    minutes_number: Line = Field(description="Số biên bản. / Number of the minutes.", examples=["05/BBGN"])
    minutes_on: Day = Field(description="Ngày biên bản. / Their day.", examples=["2026-11-20"])


@router.get(
    "/files",
    operation_id="list_files",
    **told(
        "Sổ đăng ký hồ sơ",
        "The registry of hồ sơ",
        description=(
            "Theo cơ quan và mã hồ sơ. Cơ quan chỉ thấy hồ sơ của mình; hồ sơ hạn chế chỉ hiện với người được biết.",
            "By agency and code. An agency sees its own; restricted hồ sơ are told of to who may know of them.",
        ),
        problems=(400, 404),
    ),
)
def list_files(
    asked: Annotated[Asked, gate(Operation.FILE_READ)],
    agency_code: AgencyAsked = "",
    state: Annotated[FileState | None, Query(description="Chỉ trạng thái này. / In this state.")] = None,
    file_code: Annotated[
        str,
        Query(
            max_length=255,
            pattern=r"^[^\x00]*$",
            description="Đúng mã hồ sơ này của cơ quan ấy. / This very code of that agency.",
            examples=["H49.64.33.2015.03.TH"],
        ),
    ] = "",
    size: PageSize = 20,
    after: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9A-Za-z-]{1,36}$",
            description="«after» của trang trước. / «after» of the page before.",
            examples=["0b9c2f5e-7a54-5a5e-9d4e-4b7f0f3c9a11"],
        ),
    ] = None,
) -> FilePage:
    states = [] if state is None else [state]
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        if after is not None and file(reading, after) is None:
            raise CursorUnknownError("Không có vị trí này trong danh sách.", remedy="Đọc lại danh sách từ đầu.")
        if file_code:
            one = file_of_code(reading, code, file_code)
            found = known_files(
                reading, asked, [one] if one is not None and (not states or one.state in states) else []
            )
            more = False
        else:
            found, place = [], after or ""
            while len(found) <= size:
                page = files_listed(reading, agency_code=code, states=states, after=place, limit=2 * size + 1)
                found += known_files(reading, asked, page)
                if len(page) <= 2 * size:
                    break
                place = page[-1].id
            more = len(found) > size
    shown = [FileView.of(item) for item in found[:size]]
    _shown(asked, [item.id for item in shown])
    return FilePage(items=shown, after=shown[-1].id if more else None)


@router.get(
    "/due-files",
    operation_id="list_due_files",
    **told(
        "Hồ sơ đến hạn xem xét",
        "Hồ sơ due for review",
        description=(
            "Hết hạn lâu nhất trước. Hết hạn chỉ cho phép đề nghị; không gì bị hủy vì đến ngày.",
            "The longest over first. Expiry only proposes; nothing is destroyed because a day has come.",
        ),
        problems=(400, 404),
    ),
)
def list_due_files(
    asked: Annotated[Asked, gate(Operation.FILE_READ)],
    agency_code: AgencyAsked = "",
    on: Annotated[
        Day | None, Query(description="Vào ngày; trống: hôm nay. / On a day; today.", examples=["2026-11-20"])
    ] = None,
    size: PageSize = 20,
    after: PageAfter = None,
) -> FilePage:
    place = read_day_place(after)
    day = on or asked.at.astimezone(VIETNAM).date()
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        found: list[FileView] = []
        more = True
        while more and len(found) <= size:
            page = files_due(reading, day, agency_code=code, after=place, limit=2 * size + 1)
            found += [FileView.of(item) for item in known_files(reading, asked, page)]
            more = len(page) == 2 * size + 1
            if page and page[-1].review_on is not None:
                place = (page[-1].review_on, page[-1].id)
    shown = found[:size]
    _shown(asked, [item.id for item in shown])
    last = shown[-1] if len(found) > size else None
    place_of_last = written_day_place(last.review_on, last.id) if last and last.review_on else None
    return FilePage(items=shown, after=place_of_last)


@router.get(
    "/open-ended-files",
    operation_id="list_open_ended_files",
    **told(
        "Hồ sơ chưa định hạn: chờ một sự kiện chưa xảy ra",
        "Hồ sơ that wait for an event that has not come to pass",
        description=(
            "Chờ lâu nhất trước. Không bao giờ đến hạn cho tới khi sự kiện được ghi nhận.",
            "The longest waiting first. Never due before the event is noted.",
        ),
        problems=(400, 404),
    ),
)
def list_open_ended_files(
    asked: Annotated[Asked, gate(Operation.FILE_READ)],
    agency_code: AgencyAsked = "",
    size: PageSize = 20,
    after: PageAfter = None,
) -> FilePage:
    place = read_year_place(after)
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        found: list[FileView] = []
        more = True
        while more and len(found) <= size:
            page = files_open_ended(reading, agency_code=code, after=place, limit=2 * size + 1)
            found += [FileView.of(item) for item in known_files(reading, asked, page)]
            more = len(page) == 2 * size + 1
            if page and page[-1].ended_year is not None:
                place = (page[-1].ended_year, page[-1].id)
    shown = found[:size]
    _shown(asked, [item.id for item in shown])
    last = shown[-1] if len(found) > size else None
    place_of_last = written_year_place(last.ended_year, last.id) if last and last.ended_year is not None else None
    return FilePage(items=shown, after=place_of_last)


@router.post(
    "/files",
    operation_id="open_file",
    status_code=201,
    **told(
        "Mở một hồ sơ",
        "Open a hồ sơ",
        description=(
            "Hồ sơ không theo danh mục. Mã đã có trong cơ quan: 409.",
            "One that no danh mục foresees. A code the agency has already: 409.",
        ),
        problems=(404, 409),
    ),
)
def open_one(opening: FileOpening, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    profile = profile_on(asked.at.astimezone(VIETNAM).date())
    if opening.period and not opening.period_basis.strip():
        raise PeriodRefusedError("Thời hạn phải nêu căn cứ.", remedy="Nêu «period_basis».")
    new = NewFile(
        id=str(uuid.uuid4()),
        agency_code=opening.agency_code,
        file_code=opening.file_code,
        title=opening.title,
        profile=profile.name,
        profile_version=profile.version,
        fonds_code=opening.fonds_code,
        opened_on=asked.at.astimezone(VIETNAM).date(),
        period=named_period(opening.period) if opening.period else UNDETERMINED,
        period_basis=opening.period_basis.strip(),
        paper_code=opening.paper_code.strip(),
    )
    with asked.service.installation.catalogue.transaction() as tx:
        require_keeper(tx, Author.of(asked.who))
        opened = open_file(tx, new, actor=asked.actor, at=asked.at)
        if opened.id != new.id:
            raise FileConflictError("Cơ quan đã có hồ sơ mang mã này.", remedy="Dùng hồ sơ đã có.", detail=opened.id)
        return FileView.of(require_file(tx, new.id))


@router.get(
    "/files/{file_id}",
    operation_id="read_file",
    **told("Một hồ sơ của sổ đăng ký", "One hồ sơ of the registry", problems=(404,)),
)
def read_file(file_id: Id, asked: Annotated[Asked, gate(Operation.FILE_READ)]) -> FileDetail:
    staff = asked.who.role is not Role.AGENCY
    with asked.service.installation.catalogue.read() as reading:
        held = found_file(reading, asked, file_id)
        holds, names = holds_on(reading, held.id), Names(reading)
        detail = FileDetail(
            file=FileView.of(held),
            aip_ids=list(aips_of(reading, held.id)),
            held=bool(holds),
            holds=[HoldView.of(item, names) for item in holds] if staff else [],
            reviews=[PeriodReviewView.of(item) for item in reviews_of(reading, held.id)] if staff else [],
        )
    _shown(asked, [held.id])
    return detail


@router.post(
    "/files/{file_id}/closing",
    operation_id="close_file",
    **told(
        "Kết thúc một hồ sơ",
        "Close a hồ sơ",
        description=(
            "Thời hạn được xác định lại lúc này (NĐ 30/2020 Điều 29.4) hoặc giữ nguyên.",
            "Its period is determined again at that moment, or confirmed.",
        ),
        problems=(404, 409),
    ),
)
def close_one(file_id: Id, closing: Closing, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    decided = None
    if closing.determined is not None:
        decided = decision_of(closing.determined)
    with asked.service.installation.catalogue.transaction() as tx:
        close_determined(
            tx, file_id, decided, ended_year=closing.ended_year, by=Author.of(asked.who), at=asked.at
        )  # fmt: skip
        return FileView.of(require_file(tx, file_id))


@router.post(
    "/files/{file_id}/reopening",
    operation_id="reopen_file",
    **told("Mở lại một hồ sơ", "Open a hồ sơ again", problems=(404, 409)),
)
def reopen_one(file_id: Id, said: Reopening, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    with asked.service.installation.catalogue.transaction() as tx:
        reopen(tx, file_id, reason=said.reason, by=Author.of(asked.who), at=asked.at)
        return FileView.of(require_file(tx, file_id))


@router.post(
    "/files/{file_id}/period",
    operation_id="determine_period",
    **told(
        "Xác định thời hạn",
        "Determine a period",
        description=(
            "Chỉ người có thẩm quyền được rút ngắn. Trong đợt hủy thì không xác định lại.",
            "Only a head shortens. Nothing is determined in a destruction round.",
        ),
        problems=(404, 409),
    ),
)
def determine_one(file_id: Id, said: Determined, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    decided = decision_of(said)
    with asked.service.installation.catalogue.transaction() as tx:
        determine_period(tx, file_id, decided, by=Author.of(asked.who), at=asked.at)
        return FileView.of(require_file(tx, file_id))


@router.post(
    "/files/{file_id}/event",
    operation_id="note_file_event",
    **told("Ghi nhận sự kiện mà thời hạn chờ", "Note the event a period waits for", problems=(404, 409)),
)
def note_one(file_id: Id, said: EventNoted, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    with asked.service.installation.catalogue.transaction() as tx:
        note_event(tx, file_id, said.year, basis=said.basis, by=Author.of(asked.who), at=asked.at)
        return FileView.of(require_file(tx, file_id))


@router.post(
    "/files/{file_id}/paper",
    operation_id="link_paper_file",
    **told(
        "Nối với hồ sơ giấy",
        "Link to its paper twin",
        description=(
            "«Vĩnh viễn» đã ghi thì không rút lại: bản giấy như vậy không được hủy vì đã số hóa.",
            "«Permanent» once said is not taken back: such an original is never destroyed because it was scanned.",
        ),
        problems=(404, 409),
    ),
)
def link_one(file_id: Id, said: PaperTwin, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    with asked.service.installation.catalogue.transaction() as tx:
        require_keeper(tx, Author.of(asked.who))
        link_paper(
            tx,
            file_id,
            said.paper_code,
            permanent=said.permanent,
            reason=said.reason.strip(),
            actor=asked.actor,
            at=asked.at,
        )
        return FileView.of(require_file(tx, file_id))


@router.post(
    "/files/{file_id}/transfer",
    operation_id="hand_over_file",
    **told(
        "Ghi nhận giao nộp vào lưu trữ lịch sử",
        "Record the handing over to the historical archive",
        problems=(404, 409),
    ),
)
def hand_over_one(file_id: Id, said: HandingOver, asked: Annotated[Asked, gate(Operation.FILE_KEEP)]) -> FileView:
    _judged(asked, file_id)
    handover = Handover(said.receiver_code, said.receiver_name, said.minutes_number, said.minutes_on)
    with asked.service.installation.catalogue.transaction() as tx:
        hand_over(tx, file_id, handover, by=Author.of(asked.who), at=asked.at)
        return FileView.of(require_file(tx, file_id))


def _judged(asked: Asked, file_id: str) -> None:
    with asked.service.installation.catalogue.read() as reading:
        found_file(reading, asked, file_id)


def decision_of(said: Determined) -> Determination:
    """As the registry is told it. Raises PeriodRefusedError where nothing was determined."""
    decided = determination(
        basis=said.basis,
        period=said.period,
        schedule_id=said.schedule_id,
        row=said.schedule_row,
        version=said.schedule_version,
    )
    if decided is None:
        raise PeriodRefusedError("Quyết định phải nêu thời hạn.", remedy="Nêu thời hạn, hoặc dòng của bảng thời hạn.")
    return decided


def _shown(asked: Asked, file_ids: list[str]) -> None:
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, "files", {"file_ids": file_ids})
