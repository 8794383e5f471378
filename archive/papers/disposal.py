"""The papers of a destruction round (hồ sơ hủy tài liệu hết giá trị) before and up to the decision, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from archive.papers.paper import Letterhead, ListReference, PaperKind

Outcome = Literal["destroy", "extend", "permanent"]
MemberRole = Literal["chairman", "secretary", "unit", "expert", "member"]


@dataclass(frozen=True, slots=True)
class ListLine:
    """One hồ sơ of a list. ``reason``: why it is on it (hết thời hạn, trùng lặp …); ``period`` and ``time_span`` as printed."""

    ordinal: int
    file_code: str
    title: str
    period: str
    time_span: str
    documents: int
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CouncilMember:
    name: str
    position: str
    role: MemberRole


@dataclass(frozen=True, slots=True)
class EstablishmentDecision:
    """Quyết định thành lập Hội đồng. ``authority``: who decides, as printed above the bases (GIÁM ĐỐC SỞ NỘI VỤ)."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    authority: str
    members: tuple[CouncilMember, ...]
    proposer: str
    kind: PaperKind = PaperKind.ESTABLISHMENT_DECISION


@dataclass(frozen=True, slots=True)
class ExpiredList:
    """Danh mục tài liệu hết giá trị."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    fonds: str
    lines: tuple[ListLine, ...]
    kind: PaperKind = PaperKind.EXPIRED_LIST


@dataclass(frozen=True, slots=True)
class SubmissionStatement:
    """Tờ trình về việc hủy tài liệu hết giá trị. ``enclosed``: what goes with it."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    addressed_to: str
    fonds: str
    documents: int
    time_span: str
    enclosed: tuple[str, ...]
    kind: PaperKind = PaperKind.SUBMISSION_STATEMENT


@dataclass(frozen=True, slots=True)
class ExplanationGroup:
    """One group of hồ sơ that are proposed for the same reason, and the words that explain it."""

    reason: str
    files: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Bản thuyết minh tài liệu hết giá trị."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    fonds: str
    background: str
    method: str
    groups: tuple[ExplanationGroup, ...]
    kind: PaperKind = PaperKind.EXPLANATION


@dataclass(frozen=True, slots=True)
class Dissent:
    """What a member who was of another opinion said; recorded in the minutes whatever the majority."""

    member: str
    opinion: str


@dataclass(frozen=True, slots=True)
class LineVotes:
    """How the council voted on one line, and what came of it."""

    ordinal: int
    file_code: str
    title: str
    destroy: int
    extend: int
    permanent: int
    outcome: Outcome
    dissents: tuple[Dissent, ...] = ()


@dataclass(frozen=True, slots=True)
class CouncilMinutes:
    """Biên bản họp Hội đồng, or with its other ``kind`` of the Hội đồng thẩm tra: who was there, each line's votes, every
    dissent."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    established_by: str
    opened_at: datetime
    closed_at: datetime
    present: tuple[CouncilMember, ...]
    absent: tuple[CouncilMember, ...]
    votes: tuple[LineVotes, ...]
    discussion: tuple[str, ...] = ()
    kind: PaperKind = PaperKind.COUNCIL_MINUTES


@dataclass(frozen=True, slots=True)
class AppraisalRequest:
    """Công văn đề nghị thẩm định (state archive body) or xin ý kiến (archive of the superior)."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    addressed_to: str
    asked: Literal["appraisal", "opinion"]
    fonds: str
    files_to_destroy: int
    enclosed: tuple[str, ...]
    kind: PaperKind = PaperKind.APPRAISAL_REQUEST


@dataclass(frozen=True, slots=True)
class ObjectedLine:
    """A hồ sơ the competent body does not want destroyed, and why."""

    ordinal: int
    file_code: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class AppraisalOpinion:
    """Văn bản thẩm định, cho ý kiến: printed only where the competent body works in this system; else attached."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    addressed_to: str
    request: str
    agreed: int
    not_agreed: tuple[ObjectedLine, ...]
    opinion: tuple[str, ...]
    kind: PaperKind = PaperKind.APPRAISAL_OPINION


@dataclass(frozen=True, slots=True)
class DestructionDecision:
    """Quyết định hủy tài liệu hết giá trị. ``further_bases``: minutes, opinion … by number and date."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    authority: str
    fonds: str
    files: int
    documents: int
    time_span: str
    executor: str
    witnesses: tuple[str, ...]
    method: tuple[str, ...]
    further_bases: tuple[str, ...]
    proposer: str
    kind: PaperKind = PaperKind.DESTRUCTION_DECISION


@dataclass(frozen=True, slots=True)
class RetainedLine:
    """One hồ sơ that stays: its new period as the council gave it."""

    ordinal: int
    file_code: str
    title: str
    period_before: str
    period_after: str
    reason: str


@dataclass(frozen=True, slots=True)
class RetainedList:
    """Mục lục hồ sơ giữ lại: what was proposed and stays, extended or permanent."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    fonds: str
    lines: tuple[RetainedLine, ...]
    kind: PaperKind = PaperKind.RETAINED_LIST
