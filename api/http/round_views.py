"""Destruction rounds, their lines, votes and reasons as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from pydantic import BaseModel, Field

from api.http.file_views import AGENCY, FILE_ID, FileView
from api.http.rights_views import Names
from archive.catalogue import Reading
from archive.catalogue.round_reading import decisions, line_counts, opinions, sessions
from archive.disposal.clock import last_day
from archive.disposal.model import Choice, Decision, Line, Opinion, Person, Round, Session, Vote
from archive.disposal.refusals import Reason
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, Duty, LineState, ListingReason, Outcome, Verdict
from archive.local_time import VIETNAM
from archive.retention.file import File
from archive.retention.file_state import FileState

ROUND_ID = "5f70bf18a086007016e948b04aed3b82"
DIGEST = "0" * 64
MOST_NAMED = 20
_INSTANT = "2026-11-20T09:15:02.123456+07:00"


class PersonView(BaseModel):
    account: str = Field(description="Tên đăng nhập. / User name.", examples=["tran.thi.binh"])
    duty: Duty = Field(description="Nhiệm vụ trong đợt hủy. / Duty in the round.")
    appointed_at: datetime = Field(description="Giao lúc. / Appointed at.", examples=[_INSTANT])

    @classmethod
    def of(cls, person: Person, names: Names) -> PersonView:
        at = person.appointed_at.astimezone(VIETNAM)
        return cls(account=names.of(person.account_id), duty=person.duty, appointed_at=at)


class RoundView(BaseModel):
    """One destruction round."""

    id: str = Field(description="Mã đợt hủy. / Its id.", examples=[ROUND_ID])
    code: str = Field(description="Ký hiệu. / As people call it.", examples=["2026/03"])
    agency_code: str = Field(description="Cơ quan; trống: mọi cơ quan. / Agency; empty: any.", examples=[AGENCY])
    archive_kind: ArchiveKind = Field(description="Lưu trữ hiện hành hay lịch sử. / Current or historical archive.")
    submitting: bool = Field(description="Cơ quan thuộc nguồn nộp lưu. / Whether it hands in to a historical archive.")
    profile: str = Field(description="Bộ quy tắc. / Rule profile.", examples=["LLT2024-TT05"])
    profile_version: str = Field(description="Phiên bản. / Its version.", examples=["1"])
    state: RoundState = Field(description="Trạng thái. / State.")
    opened_at: datetime = Field(description="Mở lúc. / Opened at.", examples=[_INSTANT])
    changed_at: datetime = Field(description="Đổi trạng thái lúc. / In this state since.", examples=[_INSTANT])
    council_number: str | None = Field(description="Số quyết định lập Hội đồng. / Decision on it.", examples=["11/QĐ"])
    council_decided_on: date | None = Field(description="Ngày quyết định đó. / Its day.")
    list_sha256: str | None = Field(description="Mã băm danh mục đã chốt. / Of the frozen list.", examples=[DIGEST])
    frozen_at: datetime | None = Field(description="Chốt lúc. / Frozen at.", examples=[_INSTANT])
    abandoned_reason: str | None = Field(description="Lý do bãi bỏ. / Why abandoned.", examples=["Lập lại đợt khác"])
    dossier_aip_id: str | None = Field(description="Gói hồ sơ hủy. / Package of its dossier.", examples=[FILE_ID])
    persons: list[PersonView] = Field(description="Người có nhiệm vụ, theo thứ tự giao. / Who has which duty.")

    @classmethod
    def of(cls, of: Round, names: Names) -> RoundView:
        return cls(
            id=of.id,
            code=of.code,
            agency_code=of.agency_code,
            archive_kind=of.archive_kind,
            submitting=of.submitting,
            profile=of.profile,
            profile_version=of.profile_version,
            state=of.state,
            opened_at=of.opened_at.astimezone(VIETNAM),
            changed_at=of.changed_at.astimezone(VIETNAM),
            council_number=of.council_number,
            council_decided_on=of.council_decided_on,
            list_sha256=of.list_sha256,
            frozen_at=None if of.frozen_at is None else of.frozen_at.astimezone(VIETNAM),
            abandoned_reason=of.abandoned_reason,
            dossier_aip_id=of.dossier_aip_id,
            persons=[PersonView.of(person, names) for person in of.persons],
        )


class RoundPage(BaseModel):
    items: list[RoundView] = Field(description="Mới trước. / The newest first.")
    after: str | None = Field(
        description="Gửi lại ở «after» để xem tiếp. / For «after».",
        examples=[f"2026-11-20T02:15:02.000000Z~{ROUND_ID}"],
    )


class SessionView(BaseModel):
    number: int = Field(description="Phiên thứ. / Its number.", examples=[1])
    held_on: date = Field(description="Ngày họp. / Held on.")
    opened_by: str = Field(description="Người mở. / By whom.", examples=["tran.thi.binh"])
    opened_at: datetime = Field(description="Mở lúc. / Opened at.", examples=[_INSTANT])

    @classmethod
    def of(cls, held: Session, names: Names) -> SessionView:
        return cls(
            number=held.number,
            held_on=held.held_on,
            opened_by=names.of(held.opened_by),
            opened_at=held.opened_at.astimezone(VIETNAM),
        )


class OpinionView(BaseModel):
    body: str = Field(description="Cơ quan cho ý kiến. / Who gave it.", examples=["Chi cục Văn thư – Lưu trữ"])
    number: str = Field(description="Số văn bản. / Number.", examples=["45/CCVTLT"])
    given_on: date = Field(description="Ngày văn bản. / Day.")
    verdict: Verdict = Field(description="Đồng ý hay không. / Agrees or objects.")
    note: str = Field(description="Nội dung. / What it says.", examples=["Đồng ý với danh mục"])

    @classmethod
    def of(cls, given: Opinion) -> OpinionView:
        return cls(
            body=given.body, number=given.number, given_on=given.given_on, verdict=given.verdict, note=given.note
        )


class DecisionView(BaseModel):
    ordinal: int = Field(description="Lần quyết định. / Which decision.", examples=[1])
    number: str = Field(description="Số quyết định. / Number.", examples=["99/QĐ-SNV"])
    decided_on: date = Field(description="Ngày quyết định. / Day.")
    list_sha256: str = Field(description="Cho danh mục mang mã băm. / On the list with this digest.", examples=[DIGEST])
    titles_stay: bool = Field(description="Được giữ lại tiêu đề. / Whether titles may remain.")
    decided_by: str = Field(description="Người quyết định. / By whom.", examples=["le.van.cuong"])
    last_day: date | None = Field(description="Chỉ bắt đầu hủy đến hết ngày. / Last day to begin; null: no term.")

    @classmethod
    def of(cls, of: Round, made: Decision, names: Names) -> DecisionView:
        return cls(
            ordinal=made.ordinal,
            number=made.number,
            decided_on=made.decided_on,
            list_sha256=made.list_sha256,
            titles_stay=made.titles_stay,
            decided_by=names.of(made.decided_by),
            last_day=last_day(of, made),
        )


class RoundDetail(BaseModel):
    """A round with everything but its lines."""

    round: RoundView = Field(description="Đợt hủy. / The round.")
    lines: dict[LineState, int] = Field(
        description="Số dòng theo tình trạng. / Lines by state.", examples=[{"listed": 50}]
    )
    sessions: list[SessionView] = Field(description="Các phiên họp. / Sessions of the council.")
    opinions: list[OpinionView] = Field(description="Các ý kiến thẩm định; ý kiến cuối có giá trị. / The last counts.")
    decisions: list[DecisionView] = Field(
        description="Các quyết định hủy; quyết định cuối có giá trị. / The last counts."
    )

    @classmethod
    def read(cls, reading: Reading, of: Round, names: Names) -> RoundDetail:
        return cls(
            round=RoundView.of(of, names),
            lines=dict(line_counts(reading, of.id)),
            sessions=[SessionView.of(held, names) for held in sessions(reading, of.id)],
            opinions=[OpinionView.of(given) for given in opinions(reading, of.id)],
            decisions=[DecisionView.of(of, made, names) for made in decisions(reading, of.id)],
        )


class ChoiceView(BaseModel):
    outcome: Outcome = Field(description="Hủy, kéo dài, vĩnh viễn. / Outcome.")
    years: int | None = Field(description="Kéo dài bao nhiêu năm. / Years of an extension.", examples=[5])

    @classmethod
    def of(cls, choice: Choice) -> ChoiceView:
        return cls(outcome=choice.outcome, years=choice.years)


class VoteView(BaseModel):
    session: int = Field(description="Phiên. / Session.", examples=[1])
    account: str = Field(description="Thành viên. / Member.", examples=["tran.thi.binh"])
    duty: Duty = Field(description="Nhiệm vụ. / Duty.")
    choice: ChoiceView = Field(description="Lựa chọn. / Choice.")
    opinion: str = Field(description="Ý kiến ghi vào biên bản. / For the minutes.", examples=["Đề nghị giữ lại"])

    @classmethod
    def of(cls, vote: Vote, names: Names) -> VoteView:
        return cls(
            session=vote.session,
            account=names.of(vote.account_id),
            duty=vote.duty,
            choice=ChoiceView.of(vote.choice),
            opinion=vote.opinion,
        )


class LineView(BaseModel):
    """One line of the list with the votes on it and what it came to."""

    ordinal: int = Field(description="Số thứ tự. / Its number.", examples=[1])
    file_id: str = Field(description="Hồ sơ. / The hồ sơ.", examples=[FILE_ID])
    agency_code: str = Field(description="Cơ quan. / Agency.", examples=[AGENCY])
    file_code: str = Field(description="Mã hồ sơ. / Its code.", examples=["H49.64.33.2015.03.TH"])
    title: str = Field(description="Tiêu đề, khi còn giữ. / Title, while kept.", examples=["Hồ sơ đê điều"])
    came_from: FileState = Field(description="Trạng thái trước khi vào đợt. / Where it came from.")
    reason: ListingReason = Field(description="Vì sao. / Why.")
    explanation: str = Field(description="Thuyết minh. / Explanation.", examples=["Đã hết thời hạn bảo quản"])
    duplicate_of: str | None = Field(description="Hồ sơ giữ thông tin trùng. / Kept twin.", examples=[FILE_ID])
    choice: ChoiceView | None = Field(description="Kết luận của Hội đồng. / Outcome.")
    line_sha256: str | None = Field(description="Mã băm của dòng khi chốt. / Digest when frozen.", examples=[DIGEST])
    state: LineState = Field(description="Tình trạng của dòng. / State.")
    held: bool = Field(description="Đang bị đóng băng. / Whether a hold is in force on it.")
    settled_at: datetime | None = Field(description="Từ lúc. / Since.", examples=[_INSTANT])
    settled_reason: str | None = Field(description="Vì sao ra khỏi danh mục. / Why.", examples=["Còn vụ án"])
    votes: list[VoteView] = Field(description="Các phiếu, theo phiên. / Votes, by session.")

    @classmethod
    def of(cls, line: Line, held: File | None, votes: Sequence[Vote], names: Names, *, on_hold: bool) -> LineView:
        return cls(
            ordinal=line.ordinal,
            file_id=line.file_id,
            agency_code=line.agency_code,
            file_code=line.file_code,
            title="" if held is None else held.title,
            came_from=line.came_from,
            reason=line.reason,
            explanation=line.explanation,
            duplicate_of=line.duplicate_of,
            choice=None if line.choice is None else ChoiceView.of(line.choice),
            line_sha256=line.line_sha256,
            state=line.state,
            held=on_hold,
            settled_at=None if line.settled_at is None else line.settled_at.astimezone(VIETNAM),
            settled_reason=line.settled_reason,
            votes=[VoteView.of(vote, names) for vote in votes],
        )


class LinePage(BaseModel):
    items: list[LineView] = Field(description="Các dòng, theo thứ tự. / Lines in their order.")
    after: int | None = Field(description="Gửi lại ở «after» để xem tiếp. / For «after».", examples=[100])


class ReasonView(BaseModel):
    """One reason for a refusal, however many things it is about."""

    code: str = Field(description="Mã lý do. / Its code.", examples=["paper.missing"])
    message: str = Field(description="Lý do. / The reason.", examples=["Thiếu giấy tờ «Biên bản họp Hội đồng»."])
    remedy: str = Field(description="Cần làm gì. / What to do.", examples=["Lập và đính kèm giấy tờ này."])
    count: int = Field(description="Bao nhiêu chỗ. / How many.", examples=[1])
    about: list[str] = Field(description="Về gì (nhiều nhất 20). / About what.", examples=[["council-minutes"]])

    @classmethod
    def together(cls, reasons: Iterable[Reason]) -> list[ReasonView]:
        """Those with the same text as one."""
        found: dict[tuple[str, str], list[Reason]] = {}
        for item in reasons:
            found.setdefault((item.code, item.message), []).append(item)
        return [
            cls(
                code=code,
                message=message,
                remedy=same[0].remedy,
                count=len(same),
                about=[one.about for one in same if one.about][:MOST_NAMED],
            )
            for (code, message), same in found.items()
        ]


class Readiness(BaseModel):
    ready: bool = Field(description="Có thể bắt đầu hủy. / Whether destruction may start.")
    missing: list[ReasonView] = Field(description="Mọi điều còn thiếu. / Everything that is still missing.")


class CandidateView(BaseModel):
    file: FileView = Field(description="Hồ sơ. / The hồ sơ.")
    listable: bool = Field(description="Đưa vào danh mục được. / Whether it may stand on the list.")
    reasons: list[ReasonView] = Field(description="Vì sao bị để lại. / Why it is left out.")


class CandidatePage(BaseModel):
    items: list[CandidateView] = Field(description="Hết hạn lâu nhất trước. / The longest over first.")
    after: str | None = Field(description="Gửi lại ở «after». / For «after».", examples=[f"2026-01-01~{FILE_ID}"])


class LeftOut(BaseModel):
    file_id: str = Field(description="Hồ sơ. / The hồ sơ.", examples=[FILE_ID])
    reasons: list[ReasonView] = Field(description="Vì sao. / Why.")

    @classmethod
    def all_of(cls, refused: Mapping[str, Iterable[Reason]]) -> list[LeftOut]:
        return [cls(file_id=file_id, reasons=ReasonView.together(why)) for file_id, why in refused.items()]


class Added(BaseModel):
    lines: int = Field(description="Số dòng mới. / How many lines are new.", examples=[200])
    left_out: list[LeftOut] = Field(description="Những hồ sơ bị để lại. / Those left out.")
    after: str | None = Field(
        description="Theo truy vấn: gửi lại ở «after» tới khi trống. / By query: send again until null.",
        examples=[f"2026-01-01~{FILE_ID}"],
    )


class Cast(BaseModel):
    new: int = Field(description="Số phiếu mới. / How many votes are new.", examples=[1000])
    after: int | None = Field(
        description="Còn dòng sau số này: gửi lại với «first» lớn hơn. / Lines are left behind this one.",
        examples=[1000],
    )


class Kept(BaseModel):
    left: int = Field(description="Còn bao nhiêu; gửi lại tới khi bằng 0. / How many are left.", examples=[0])
