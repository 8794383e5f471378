"""The council of a round: formed by the head, meeting, voting through each member's own account, concluding."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api.http.described import told
from api.http.destruction_targets import found_round
from api.http.gate import Asked, gate
from api.http.json_values import ONLY_AN_INTEGER
from api.http.rights_views import NEVER_STORED, Id, Line, Names, Number, Reason, Strict
from api.http.round_views import Cast, RoundDetail, RoundView
from api.http.written_days import Day
from api.round_accounts import named_account
from archive.access import Author, Operation
from archive.catalogue.council_writing import (
    cast_rest,
    cast_votes,
    conclude_sessions,
    form_council,
    go_without_opinion,
    open_session,
    record_opinion,
    reopen_sessions,
)
from archive.catalogue.round_reading import destruction_round
from archive.disposal.model import Ballot, Choice, Opinion
from archive.disposal.refusals import refusal
from archive.disposal.words import Duty, Outcome, Verdict

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
MOST_BALLOTS = 1000
LAST_LINE = 2**31 - 1

LineNumber = Annotated[int, Field(ge=1, le=LAST_LINE), ONLY_AN_INTEGER]
Years = Annotated[int, Field(ge=1, le=100), ONLY_AN_INTEGER]


class Member(Strict):
    duty: Literal[Duty.CHAIRMAN, Duty.SECRETARY, Duty.UNIT, Duty.EXPERT] = Field(description="Nhiệm vụ. / Duty.")
    account: Line = Field(description="Tên đăng nhập. / User name.", examples=["tran.thi.binh"])


class Forming(Strict):
    """The decision that forms the council."""

    number: Line = Field(description="Số quyết định. / Number of the decision.", examples=["11/QĐ-SNV"])
    decided_on: Day = Field(description="Ngày quyết định. / Its day.", examples=["2026-11-20"])
    members: Annotated[list[Member], Field(min_length=1, max_length=50)] = Field(description="Thành viên. / Members.")


class SessionOpening(Strict):
    held_on: Day = Field(description="Ngày họp. / Held on.", examples=["2026-11-20"])
    number: LineNumber | None = Field(
        default=None, description="Phiên thứ mấy; nêu thì gửi lại không mở phiên thứ hai. / Which session is meant."
    )


class Reopening(Strict):
    reason: Reason = Field(description="Lý do. / Why.", examples=["Cơ quan thẩm định không đồng ý"])


class Chosen(Strict):
    outcome: Outcome = Field(description="Hủy, kéo dài, vĩnh viễn. / Outcome.")
    years: Years | None = Field(default=None, description="Kéo dài bao nhiêu năm. / Years.", examples=[5])
    opinion: Number = Field(default="", description="Ý kiến ghi vào biên bản. / For the minutes.", examples=["Giữ lại"])

    def choice(self) -> Choice:
        try:
            return Choice(self.outcome, self.years)
        except ValueError:
            raise refusal("round.ballot-refused") from None


class VoteCast(Chosen):
    line: LineNumber = Field(description="Số thứ tự của dòng. / Number of the line.", examples=[1])


class Rest(Chosen):
    """The same vote on every line on which the member has not voted in this session."""

    first: LineNumber = Field(default=1, description="Từ dòng. / From this line.")
    last: LineNumber = Field(default=LAST_LINE, description="Đến dòng. / To this line.", examples=[1000])


class Voting(Strict):
    """Votes on single lines, then one on the rest, a thousand lines at a time."""

    votes: Annotated[list[VoteCast], Field(max_length=MOST_BALLOTS)] = Field(default=[], description="Phiếu. / Votes.")
    rest: Rest | None = Field(default=None, description="Các dòng còn lại. / The lines not voted on yet.")


class OpinionGiven(Strict):
    body: Line = Field(description="Cơ quan cho ý kiến. / Who gives it.", examples=["Chi cục Văn thư – Lưu trữ"])
    number: Line = Field(description="Số văn bản. / Number.", examples=["45/CCVTLT"])
    given_on: Day = Field(description="Ngày văn bản. / Its day.", examples=["2026-11-20"])
    verdict: Verdict = Field(description="Đồng ý hay không. / Agrees or objects.")
    note: Number = Field(default="", description="Nội dung. / What it says.")


@router.post(
    "/rounds/{round_id}/council",
    operation_id="form_round_council",
    **told(
        "Thành lập Hội đồng",
        "Form the council",
        description=(
            "Chủ tịch, Thư ký là lưu trữ viên, đại diện đơn vị, người am hiểu lĩnh vực: mỗi người một tài khoản khác.",
            "Chairman, an archivist as secretary, the unit, an expert: each another account.",
        ),
        problems=(404, 409),
    ),
)
def form(round_id: Id, forming: Forming, asked: Annotated[Asked, gate(Operation.ROUND_DECIDE)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        members = [(member.duty, named_account(tx, member.account)) for member in forming.members]
        formed = form_council(
            tx,
            round_id,
            members,
            number=forming.number,
            decided_on=forming.decided_on,
            by=Author.of(asked.who),
            at=asked.at,
        )
        return RoundView.of(formed, Names(tx))


@router.post(
    "/rounds/{round_id}/sessions",
    operation_id="open_round_session",
    **told(
        "Mở phiên họp",
        "Open a session",
        description=("Phiếu được ghi vào phiên cuối.", "Votes are cast in the last one."),
        problems=(404, 409),
    ),
)
def open_one(round_id: Id, said: SessionOpening, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundDetail:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        open_session(tx, round_id, held_on=said.held_on, number=said.number, by=Author.of(asked.who), at=asked.at)
        return RoundDetail.read(tx, destruction_round(tx, round_id), Names(tx))


@router.post(
    "/rounds/{round_id}/sessions/reopening",
    operation_id="reopen_round_sessions",
    **told(
        "Họp lại",
        "Meet again",
        description=("Trước khi chốt danh mục.", "Before the list is frozen."),
        problems=(404, 409),
    ),
)
def reopen(round_id: Id, said: Reopening, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        again = reopen_sessions(tx, round_id, reason=said.reason, by=Author.of(asked.who), at=asked.at)
        return RoundView.of(again, Names(tx))


@router.post(
    "/rounds/{round_id}/votes",
    operation_id="cast_round_votes",
    **told(
        "Biểu quyết",
        "Vote",
        description=(
            "Phiếu của chính người gửi, trong phiên cuối. Phiếu đã ghi không đổi; gửi lại cùng phiếu thì không ghi gì. "
            "«rest»: mỗi lần một nghìn dòng, gửi lại tới khi «after» trống.",
            "The sender's own, in the last session. A vote is never changed; the same again writes nothing. `rest`: a "
            "thousand lines at a time, to be sent again until `after` is null.",
        ),
        problems=(404, 409),
    ),
)
def vote(round_id: Id, voting: Voting, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> Cast:
    _judged(asked, round_id)
    if not voting.votes and voting.rest is None:
        raise refusal("round.ballot-refused", round_id)
    by, new, after = Author.of(asked.who), 0, None
    ballots = [Ballot(one.line, one.choice(), one.opinion) for one in voting.votes]
    rest = voting.rest
    with asked.service.installation.catalogue.transaction() as tx:
        if ballots:
            new = cast_votes(tx, round_id, ballots, by=by, at=asked.at)
        if rest is not None:
            more, after = cast_rest(
                tx,
                round_id,
                rest.choice(),
                first=rest.first,
                last=rest.last,
                opinion=rest.opinion,
                by=by,
                at=asked.at,
                limit=MOST_BALLOTS,
            )
            new += more
    return Cast(new=new, after=after)


@router.post(
    "/rounds/{round_id}/conclusion",
    operation_id="conclude_round_sessions",
    **told(
        "Kết luận của Hội đồng",
        "Conclude",
        description=(
            "Mỗi dòng nhận lựa chọn của quá nửa tất cả thành viên; ít nhất hai phần ba phải biểu quyết.",
            "Each line comes to what more than half of all members chose; two thirds must have voted.",
        ),
        problems=(404, 409),
    ),
)
def conclude(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(conclude_sessions(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/opinion",
    operation_id="record_round_opinion",
    **told("Ghi nhận ý kiến thẩm định", "Record the opinion of the competent body", problems=(404, 409)),
)
def record(round_id: Id, given: OpinionGiven, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    opinion = Opinion(given.body, given.number, given.given_on, given.verdict, given.note)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(record_opinion(tx, round_id, opinion, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/no-opinion",
    operation_id="go_without_round_opinion",
    **told(
        "Không phải xin ý kiến",
        "Go without an opinion",
        description=("Khi bộ quy tắc cho phép.", "Where the rule profile lets the agency decide for itself."),
        problems=(404, 409),
    ),
)
def go_without(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(go_without_opinion(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


def _judged(asked: Asked, round_id: str) -> None:
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)
