"""Holds: archivists and heads place them, at any moment before the first byte goes; heads alone release them."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.hold_placing import place_once
from api.http.described import told
from api.http.file_targets import FileJudge, as_reader, known_files
from api.http.file_views import (
    AgencyCode,
    FilePage,
    FileView,
    HoldView,
    PageAfter,
    PlainId,
    RowName,
    ScheduleName,
    Year,
)
from api.http.gate import Asked, gate
from api.http.list_places import read_place, written_place
from api.http.listing import PageSize
from api.http.rights_views import NEVER_STORED, Id, Names, Number, Reason, Strict
from api.http.written_days import Day
from api.sealing_ledger import ledger_copies
from archive.access import Author, Operation
from archive.catalogue import Reading
from archive.catalogue.file_list_reading import FileQuestion, files_matching, files_with_ids
from archive.catalogue.hold_reading import files_of_hold, hold, holds_listed
from archive.catalogue.hold_writing import release_hold
from archive.disposal.model import NewHold, TooLate
from archive.disposal.refusals import refusal
from archive.disposal.words import HoldKind
from archive.events import Event
from archive.local_time import local_text

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])
SUBJECT = "holds"
MOST_FILES = 10_000


class HoldQuery(Strict):
    """Which hồ sơ are meant, among all that live; frozen to a list when the hold is placed."""

    agency_code: AgencyCode | None = Field(default=None, description="Cơ quan. / Agency.")
    fonds_code: ScheduleName = Field(default="", description="Phông. / Fonds.", examples=["P01"])
    ended_from: Year | None = Field(default=None, description="Kết thúc từ năm. / Ended from.", examples=[2010])
    ended_to: Year | None = Field(default=None, description="Đến năm. / To.", examples=[2015])
    schedule_id: ScheduleName = Field(default="", description="Bảng thời hạn. / Schedule.")
    schedule_row: RowName = Field(default="", description="Dòng. / Row.")


class HoldOrder(Strict):
    """What is held, why, by what basis, until when."""

    id: PlainId | None = Field(
        default=None, description="Mã do người gửi chọn; gửi lại thì không đặt lệnh thứ hai. / The sender's own id."
    )
    kind: HoldKind = Field(description="Theo vụ việc, truy vấn, hồ sơ. / Kind.", examples=["case"])
    reason: Reason = Field(description="Lý do. / Why.", examples=["Tòa án yêu cầu cung cấp tài liệu"])
    basis: Reason = Field(description="Căn cứ. / Basis.", examples=["Quyết định 12/2026/QĐ-TA"])
    case_code: Number = Field(default="", description="Vụ việc. / Case.", examples=["12/2026/HC-ST"])
    until: Day | None = Field(
        default=None, description="Dự kiến đến hết ngày; vẫn giữ tới khi gỡ. / Meant until.", examples=["2027-12-31"]
    )
    file_ids: Annotated[list[PlainId], Field(max_length=MOST_FILES)] = Field(
        default=[], description="Các hồ sơ (theo vụ việc, theo hồ sơ). / The hồ sơ.", examples=[["0b9c2f5e-7a54"]]
    )
    query: HoldQuery | None = Field(default=None, description="Truy vấn (theo truy vấn). / The query.")


class Release(Strict):
    reason: Reason = Field(description="Lý do. / Why.", examples=["Vụ án đã kết thúc"])


class TooLateView(BaseModel):
    file_id: str = Field(description="Hồ sơ. / The hồ sơ.", examples=["0b9c2f5e-7a54-5a5e-9d4e-4b7f0f3c9a11"])
    since: str = Field(description="Đã bắt đầu hủy từ. / Destruction began.", examples=["20/11/2026 09:15:02"])

    @classmethod
    def of(cls, late: TooLate) -> TooLateView:
        return cls(file_id=late.file_id, since=local_text(late.since))


class Placed(BaseModel):
    hold: HoldView = Field(description="Lệnh đóng băng. / The hold.")
    too_late: list[TooLateView] = Field(description="Những hồ sơ không giữ được nữa. / Those it came too late for.")


class HoldPage(BaseModel):
    items: list[HoldView] = Field(description="Mới trước. / The newest first.")
    after: str | None = Field(
        description="Gửi lại ở «after» để xem tiếp. / For «after».",
        examples=["2026-11-20T02:15:02.000000Z~5f70bf18a086007016e948b04aed3b82"],
    )


@router.get(
    "/holds",
    operation_id="list_holds",
    **told("Các lệnh đóng băng", "Holds", description=("Mới nhất trước.", "The newest first."), problems=(400,)),
)
def list_holds(
    asked: Annotated[Asked, gate(Operation.HOLD_READ)],
    in_force: Annotated[bool, Query(description="Chỉ đang có hiệu lực. / Only those in force.")] = False,
    size: PageSize = 20,
    after: PageAfter = None,
) -> HoldPage:
    before = read_place(after)
    with asked.service.installation.catalogue.read() as reading:
        found = holds_listed(reading, in_force=in_force, before=before, limit=size + 1)
        names = Names(reading)
        items = [HoldView.of(item, names) for item in found[:size]]
    _shown(asked, [item.id for item in items])
    last = found[size - 1] if len(found) > size else None
    return HoldPage(items=items, after=written_place(last.placed_at, last.id) if last else None)


@router.post(
    "/holds",
    operation_id="place_hold",
    status_code=201,
    **told(
        "Đóng băng",
        "Place a hold",
        description=(
            "Có hiệu lực ngay với cả danh sách, kể cả khi đợt hủy đang thực hiện; hồ sơ đã bắt đầu hủy được nêu riêng. "
            "Nêu «id» thì gửi lại sau lỗi không đặt lệnh thứ hai.",
            "In force at once for the whole list, on executing rounds too; what had begun to go is named. With an `id` of "
            "the sender's it is placed once, however often it is sent.",
        ),
        problems=(404, 409),
    ),
)
def place_one(order: HoldOrder, asked: Annotated[Asked, gate(Operation.HOLD_PLACE)]) -> Placed:
    catalogue = asked.service.installation.catalogue
    question = None if order.query is None else _question(order.query)
    if (order.kind is HoldKind.QUERY) != (question is not None) or (question is not None and order.file_ids):
        raise refusal("hold.refused")
    with catalogue.read() as reading:
        _require_known(reading, asked, order.file_ids)
    new = NewHold(
        id=order.id or uuid.uuid4().hex,
        kind=order.kind,
        reason=order.reason,
        basis=order.basis,
        case_code=order.case_code,
        query=None if question is None else question.as_json(),
        until=order.until,
    )
    with catalogue.transaction() as tx:
        placed = place_once(
            tx,
            new,
            lambda: order.file_ids if question is None else files_matching(tx, question),
            by=Author.of(asked.who),
            at=asked.at,
        )
        answer = Placed(
            hold=HoldView.of(placed.hold, Names(tx)), too_late=[TooLateView.of(late) for late in placed.too_late]
        )
        end = tx.ledger_end()
    # Only now: a hold answered for is in force in a catalogue rebuilt from the stores too.
    ledger_copies(asked.service.installation).ensure(end[0] if end else 0)
    return answer


@router.get(
    "/holds/{hold_id}",
    operation_id="read_hold",
    **told("Một lệnh đóng băng", "One hold", problems=(404,)),
)
def read_hold(hold_id: Id, asked: Annotated[Asked, gate(Operation.HOLD_READ)]) -> HoldView:
    with asked.service.installation.catalogue.read() as reading:
        shown = HoldView.of(hold(reading, hold_id), Names(reading))
    _shown(asked, [shown.id])
    return shown


@router.get(
    "/holds/{hold_id}/files",
    operation_id="list_hold_files",
    **told(
        "Các hồ sơ một lệnh đóng băng giữ",
        "The hồ sơ a hold is on",
        description=(
            "Theo mã; hồ sơ hạn chế chỉ hiện với người được biết.",
            "By id; restricted hồ sơ are told of to who may know of them.",
        ),
        problems=(404,),
    ),
)
def list_hold_files(
    hold_id: Id,
    asked: Annotated[Asked, gate(Operation.HOLD_READ)],
    size: PageSize = 20,
    after: Annotated[
        str,
        Query(
            pattern=r"^[0-9A-Za-z-]{0,36}$",
            description="Từ trang trước. / From before.",
            examples=["0b9c2f5e-7a54-5a5e-9d4e-4b7f0f3c9a11"],
        ),
    ] = "",
) -> FilePage:
    with asked.service.installation.catalogue.read() as reading:
        ids = files_of_hold(reading, hold(reading, hold_id).id, after=after, limit=size + 1)
        held = files_with_ids(reading, ids[:size])
        known = known_files(reading, as_reader(asked), [held[one] for one in ids[:size] if one in held])
    shown = [FileView.of(item) for item in known]
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, SUBJECT, {"hold_id": hold_id, "file_ids": [item.id for item in shown]})
    return FilePage(items=shown, after=ids[size - 1] if len(ids) > size else None)


@router.post(
    "/holds/{hold_id}/release",
    operation_id="release_hold",
    **told(
        "Gỡ đóng băng",
        "Release a hold",
        description=(
            "Chỉ lệnh này; các lệnh khác trên cùng hồ sơ vẫn giữ.",
            "This hold and no other on the same hồ sơ.",
        ),
        problems=(404, 409),
    ),
)
def release_one(hold_id: Id, said: Release, asked: Annotated[Asked, gate(Operation.HOLD_RELEASE)]) -> HoldView:
    with asked.service.installation.catalogue.transaction() as tx:
        released = release_hold(tx, hold_id, reason=said.reason, by=Author.of(asked.who), at=asked.at)
        return HoldView.of(released, Names(tx))


def _require_known(reading: Reading, asked: Asked, file_ids: list[str]) -> None:
    """What may not be known of cannot be told from what is not there."""
    held = files_with_ids(reading, file_ids)
    judge = FileJudge.of(reading, asked, held.values())
    missing = next((one for one in file_ids if one not in held or not judge.knows(held[one])), None)
    if missing is not None:
        raise refusal("hold.file-missing", missing)


def _question(query: HoldQuery) -> FileQuestion:
    """A question that says nothing would hold the whole archive: it is refused."""
    question = FileQuestion(
        agency_code=query.agency_code or "",
        fonds_code=query.fonds_code,
        ended_from=query.ended_from,
        ended_to=query.ended_to,
        schedule_id=query.schedule_id,
        schedule_row=query.schedule_row,
    )
    if not question.as_json():
        raise refusal("hold.refused")
    return question


def _shown(asked: Asked, ids: list[str]) -> None:
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"holds": ids})
