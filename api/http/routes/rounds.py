"""Destruction rounds: opened and drawn up by archivists, read by staff and by whoever has a duty in them."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.described import told
from api.http.destruction_targets import found_round
from api.http.file_targets import FileJudge, as_reader, known_files
from api.http.file_views import AgencyAsked, AgencyCode, FileView, PageAfter, PlainId, RowName, ScheduleName, Year
from api.http.gate import Asked, gate
from api.http.json_values import Boolean
from api.http.list_places import read_day_place, read_place, written_day_place, written_place
from api.http.listing import PageSize
from api.http.rights_views import NEVER_STORED, Id, Names, Reason, Strict
from api.http.round_views import (
    Added,
    CandidatePage,
    CandidateView,
    LeftOut,
    LinePage,
    Readiness,
    ReasonView,
    RoundDetail,
    RoundPage,
    RoundView,
)
from api.round_lines import add_piece, line_views
from archive.access import Author, Operation, Role
from archive.catalogue import Reading
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.round_candidates import DueQuestion, candidates, list_reasons
from archive.catalogue.round_readiness import not_ready
from archive.catalogue.round_reading import destruction_round, lines_page, rounds_listed
from archive.catalogue.round_writing import abandon_round, open_round, remove_line, submit_round
from archive.disposal.model import Line as ListLine
from archive.disposal.model import NewLine, NewRound, Round
from archive.disposal.refusals import reason, refusal
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, LineState, ListingReason
from archive.events import Event
from archive.local_time import VIETNAM
from schemas.rule_profiles import profile_on

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
SUBJECT = "rounds"
MOST_LINES = 500

Code = Annotated[str, Field(pattern=r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,63}$", examples=["2026/03"])]


class Opening(Strict):
    """What a round is for, and by which rules it goes. Hồ sơ that do not fit it are not taken on its list."""

    id: PlainId | None = Field(
        default=None, description="Mã do người gửi chọn; gửi lại thì không mở đợt thứ hai. / The sender's own id."
    )
    code: Code = Field(description="Ký hiệu (năm/đợt). / As people call it.")
    agency_code: AgencyCode | None = Field(default=None, description="Chỉ cơ quan này. / Of this agency only.")
    archive_kind: ArchiveKind = Field(default=ArchiveKind.CURRENT, description="Lưu trữ hiện hành hay lịch sử. / Kind.")
    submitting: Boolean = Field(default=True, description="Cơ quan thuộc nguồn nộp lưu. / Whether it hands in.")
    profile: ScheduleName = Field(default="", description="Bộ quy tắc; trống: đang có hiệu lực. / Rule profile.")


class DueAsked(Strict):
    """Which of the due hồ sơ are taken."""

    agency_code: AgencyCode | None = Field(default=None, description="Cơ quan. / Agency.")
    schedule_id: ScheduleName = Field(default="", description="Bảng thời hạn. / Schedule.")
    schedule_row: RowName = Field(default="", description="Dòng. / Row.")
    ended_from: Year | None = Field(default=None, description="Kết thúc từ năm. / Ended from.", examples=[2005])
    ended_to: Year | None = Field(default=None, description="Đến năm. / To.", examples=[2010])
    after: Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")] | None = Field(
        default=None, description="«after» của lần trước. / From the time before.", examples=["2026-01-01~0b9c2f5e"]
    )
    take: Annotated[int, Field(ge=1, le=MOST_LINES)] = Field(default=200, description="Nhiều nhất. / At most.")

    def question(self) -> DueQuestion:
        return DueQuestion(self.agency_code or "", self.schedule_id, self.schedule_row, self.ended_from, self.ended_to)


class Adding(Strict):
    """A list of hồ sơ, or a question about those that are due; with one explanation for all of them."""

    explanation: Reason = Field(description="Thuyết minh. / Explanation.", examples=["Đã hết thời hạn bảo quản"])
    reason: ListingReason = Field(default=ListingReason.EXPIRED, description="Vì sao. / Why.")
    file_ids: Annotated[list[PlainId], Field(max_length=MOST_LINES)] = Field(
        default=[], description="Các hồ sơ. / The hồ sơ.", examples=[["0b9c2f5e-7a54"]]
    )
    duplicate_of: PlainId | None = Field(default=None, description="Hồ sơ giữ thông tin trùng. / The kept twin.")
    due: DueAsked | None = Field(default=None, description="Hoặc: hồ sơ đến hạn. / Or: those that are due.")


class Removing(Strict):
    file_ids: Annotated[list[PlainId], Field(min_length=1, max_length=MOST_LINES)] = Field(
        description="Các hồ sơ. / The hồ sơ.", examples=[["0b9c2f5e-7a54"]]
    )


class Abandoning(Strict):
    reason: Reason = Field(description="Lý do. / Why.", examples=["Lập lại đợt khác"])


@router.get(
    "/rounds",
    operation_id="list_rounds",
    **told(
        "Các đợt hủy",
        "Destruction rounds",
        description=(
            "Mới nhất trước; tài khoản cơ quan thấy những đợt mình có nhiệm vụ.",
            "The newest first; an agency's account sees those in which it has a duty.",
        ),
        problems=(400,),
    ),
)
def list_rounds(
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    state: Annotated[RoundState | None, Query(description="Chỉ trạng thái này. / In this state.")] = None,
    size: PageSize = 20,
    after: PageAfter = None,
) -> RoundPage:
    before = read_place(after)
    mine = asked.who.account_id if asked.who.role is Role.AGENCY else None
    states = [] if state is None else [state]
    with asked.service.installation.catalogue.read() as reading:
        found = rounds_listed(reading, states=states, account_id=mine, before=before, limit=size + 1)
        names = Names(reading)
        items = [RoundView.of(item, names) for item in found[:size]]
    _shown(asked, [item.id for item in items])
    last = found[size - 1] if len(found) > size else None
    return RoundPage(items=items, after=written_place(last.opened_at, last.id) if last else None)


@router.post(
    "/rounds",
    operation_id="open_round",
    status_code=201,
    **told(
        "Mở một đợt hủy",
        "Open a destruction round",
        description=(
            "Người mở là người lập danh mục. Cùng mã và cùng nội dung: đợt đã mở được trả lại.",
            "Whoever opens it proposes. The same id with the same content again: as it stands.",
        ),
        problems=(409,),
    ),
)
def open_one(opening: Opening, asked: Annotated[Asked, gate(Operation.ROUND_PROPOSE)]) -> RoundView:
    new = NewRound(
        id=opening.id or uuid.uuid4().hex,
        code=opening.code,
        profile=opening.profile or profile_on(asked.at.astimezone(VIETNAM).date()).name,
        agency_code=opening.agency_code or "",
        archive_kind=opening.archive_kind,
        submitting=opening.submitting,
    )
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(open_round(tx, new, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.get(
    "/rounds/{round_id}",
    operation_id="read_round",
    **told("Một đợt hủy", "One destruction round", problems=(404,)),
)
def read_round(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_READ)]) -> RoundDetail:
    with asked.service.installation.catalogue.read() as reading:
        detail = RoundDetail.read(reading, found_round(reading, asked, round_id), Names(reading))
    _shown(asked, [round_id])
    return detail


@router.get(
    "/rounds/{round_id}/readiness",
    operation_id="read_round_readiness",
    **told(
        "Đợt hủy còn thiếu gì",
        "What a round still lacks",
        description=(
            "Mọi lý do cùng lúc vì sao chưa được bắt đầu hủy.",
            "Every reason at once why destruction may not start yet.",
        ),
        problems=(404,),
    ),
)
def read_readiness(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_READ)]) -> Readiness:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        missing = ReasonView.together(not_ready(reading, of.id, at=asked.at))
    _shown(asked, [round_id])
    return Readiness(ready=not missing, missing=missing)


@router.get(
    "/rounds/{round_id}/candidates",
    operation_id="list_round_candidates",
    **told(
        "Hồ sơ đến hạn có thể đưa vào danh mục",
        "Due hồ sơ for the list",
        description=(
            "Hồ sơ bị để lại được nêu cùng mọi lý do (đang bị đóng băng, bản giấy vĩnh viễn …).",
            "Those that are left out are told with every reason: held, permanent paper, and so on.",
        ),
        problems=(400, 404),
    ),
)
def list_candidates(
    round_id: Id,
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    agency_code: AgencyAsked = "",
    schedule_id: Annotated[
        str,
        Query(
            max_length=64,
            pattern=r"^[0-9A-Za-z._\-]*$",
            description="Bảng thời hạn. / Schedule.",
            examples=["tt10-2022"],
        ),
    ] = "",
    schedule_row: Annotated[
        str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", description="Dòng. / Row.", examples=["12.1"])
    ] = "",
    ended_from: Annotated[int | None, Query(ge=1900, le=2199, description="Kết thúc từ năm. / Ended from.")] = None,
    ended_to: Annotated[int | None, Query(ge=1900, le=2199, description="Đến năm. / To.")] = None,
    size: PageSize = 20,
    after: PageAfter = None,
) -> CandidatePage:
    question = DueQuestion(agency_code, schedule_id, schedule_row, ended_from, ended_to)
    place = read_day_place(after)
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        found = candidates(reading, of, question, at=asked.at, after=place, limit=size)
        known = known_files(reading, as_reader(asked), found.files)
        new = [NewLine(item.id, ListingReason.EXPIRED, "") for item in known]
        wrong = list_reasons(reading, of, new, at=asked.at)
    items = [
        CandidateView(file=FileView.of(item), listable=not wrong[item.id], reasons=ReasonView.together(wrong[item.id]))
        for item in known
    ]
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, SUBJECT, {"round_id": round_id, "file_ids": [one.id for one in known]})
    return CandidatePage(items=items, after=None if found.after is None else written_day_place(*found.after))


@router.get(
    "/rounds/{round_id}/lines",
    operation_id="list_round_lines",
    **told(
        "Danh mục của một đợt hủy",
        "The list of a round",
        description=(
            "Từng dòng với các phiếu và kết luận. Người có nhiệm vụ thấy mọi dòng.",
            "Each line with its votes and outcome. Whoever has a duty in the round sees all of them.",
        ),
        problems=(404,),
    ),
)
def list_lines(
    round_id: Id,
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    state: Annotated[LineState | None, Query(description="Chỉ tình trạng này. / In this state.")] = None,
    size: PageSize = 20,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Từ trang trước. / From the page before.")] = 0,
) -> LinePage:
    states = [] if state is None else [state]
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        found: list[ListLine] = []
        place, more = after, True
        while more and len(found) <= size:
            page = lines_page(reading, of.id, states=states, after=place, limit=size + 1)
            found += _known_lines(reading, asked, of, page)
            more, place = len(page) == size + 1, page[-1].ordinal if page else place
        items = line_views(reading, of, found[:size], Names(reading))
    ids = [item.file_id for item in items]
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, SUBJECT, {"round_id": round_id, "file_ids": ids})
    return LinePage(items=items, after=found[size - 1].ordinal if len(found) > size else None)


@router.post(
    "/rounds/{round_id}/lines",
    operation_id="add_round_lines",
    **told(
        "Đưa hồ sơ vào danh mục",
        "Put hồ sơ on the list",
        description=(
            "Theo danh sách, hoặc hồ sơ đến hạn theo truy vấn, mỗi lần một phần: gửi lại với «after» tới khi trống. "
            "Hồ sơ đã có trong danh mục được bỏ qua.",
            "By a list, or those due by a question, a piece at a time: send again with `after` until it is null. What is "
            "on the list already is passed over.",
        ),
        problems=(400, 404, 409),
    ),
)
def add_some(round_id: Id, adding: Adding, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> Added:
    if (adding.due is None) == (not adding.file_ids):
        raise refusal("line.missing", round_id)
    after = None if adding.due is None else read_day_place(adding.due.after)
    catalogue = asked.service.installation.catalogue
    following = None
    with catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        if adding.due is None:
            held = files_with_ids(reading, adding.file_ids)
            judge = FileJudge.of(reading, as_reader(asked), held.values())
            ids = [one for one in dict.fromkeys(adding.file_ids) if one in held and judge.knows(held[one])]
        else:
            found = candidates(
                reading, of, adding.due.question(), at=asked.at, after=after, limit=adding.due.take
            )  # fmt: skip
            ids = [item.id for item in known_files(reading, as_reader(asked), found.files)]
            following = None if found.after is None else written_day_place(*found.after)
    unknown = {one: (reason("line.missing", one),) for one in adding.file_ids if one not in ids}
    new = [NewLine(one, adding.reason, adding.explanation, adding.duplicate_of) for one in ids]
    added, refused = add_piece(catalogue, round_id, new, by=Author.of(asked.who), at=asked.at)
    return Added(lines=added, left_out=LeftOut.all_of({**unknown, **refused}), after=following)


@router.post(
    "/rounds/{round_id}/lines/removal",
    operation_id="remove_round_lines",
    **told(
        "Bỏ hồ sơ khỏi danh mục",
        "Take hồ sơ off the list",
        description=(
            "Chỉ khi chưa trình; hồ sơ trở về chỗ cũ.",
            "Before submitting only; they are back where they were.",
        ),
        problems=(404, 409),
    ),
)
def remove_some(round_id: Id, removing: Removing, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundDetail:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        for file_id in dict.fromkeys(removing.file_ids):
            remove_line(tx, round_id, file_id, by=Author.of(asked.who), at=asked.at)
        return RoundDetail.read(tx, destruction_round(tx, round_id), Names(tx))


@router.post(
    "/rounds/{round_id}/submit",
    operation_id="submit_round",
    **told("Trình danh mục", "Submit the list", problems=(404, 409)),
)
def submit_one(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(submit_round(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/abandon",
    operation_id="abandon_round",
    **told(
        "Bãi bỏ đợt hủy",
        "Abandon a round",
        description=(
            "Người lập hoặc người có thẩm quyền, khi chưa hồ sơ nào bắt đầu hủy; mọi hồ sơ trở về chỗ cũ, danh mục dài thì "
            "phần còn lại do việc theo lịch làm tiếp.",
            "By its proposer or a head, while nothing was begun; every hồ sơ goes back where it was, of a long list the rest "
            "by the scheduled job.",
        ),
        problems=(404, 409),
    ),
)
def abandon_one(round_id: Id, said: Abandoning, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        over = abandon_round(tx, round_id, reason=said.reason, by=Author.of(asked.who), at=asked.at)
        return RoundView.of(over, Names(tx))


def _judged(asked: Asked, round_id: str) -> None:
    """Before the transaction: what may not be known of is answered as what is not there."""
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)


def _known_lines(reading: Reading, asked: Asked, of: Round, page: tuple[ListLine, ...]) -> list[ListLine]:
    """Who has a duty sees the whole list; others the lines of hồ sơ they may know of."""
    if of.duty_of(asked.who.account_id) is not None:
        return list(page)
    held = files_with_ids(reading, [line.file_id for line in page])
    judge = FileJudge.of(reading, as_reader(asked), held.values())
    return [line for line in page if line.file_id in held and judge.knows(held[line.file_id])]


def _shown(asked: Asked, ids: list[str]) -> None:
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"rounds": ids})
