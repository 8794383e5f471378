"""Papers of a round as data, filled from the catalogue: list, statement, explanation, council, opinion, decision."""

from __future__ import annotations

from archive.disposal.council import dissenting
from archive.disposal.model import Choice, Vote
from archive.disposal.papers import needed_of
from archive.disposal.words import Duty, ListingReason, Outcome, Verdict
from archive.papers.disposal import (
    AppraisalOpinion,
    AppraisalRequest,
    CouncilMember,
    CouncilMinutes,
    DestructionDecision,
    Dissent,
    EstablishmentDecision,
    ExpiredList,
    Explanation,
    ExplanationGroup,
    LineVotes,
    ListLine,
    MemberRole,
    RetainedLine,
    RetainedList,
    SubmissionStatement,
)
from archive.papers.formal_parts import position
from archive.papers.given import Given
from archive.papers.paper import Letterhead, PaperKind
from archive.papers.round_facts import Listed, RoundFacts, day, span

_ROLES: dict[Duty, MemberRole] = {
    Duty.CHAIRMAN: "chairman",
    Duty.SECRETARY: "secretary",
    Duty.UNIT: "unit",
    Duty.EXPERT: "expert",
}
_EXPIRED = {"LLT2024-TT05": "Hết thời hạn lưu trữ", "ND01-TT02": "Hết thời hạn bảo quản"}
DESTROYED_HOW = (
    "hủy khóa giải mã của từng hồ sơ;",
    "xóa mọi bản lưu, bản sao đọc, chỉ mục, bản sao lưu trong phạm vi hệ thống;",
    "tài khoản không có nhiệm vụ trong đợt hủy tìm lại ở mọi nơi trước khi xác nhận.",
)


def reason_text(facts: RoundFacts, reason: ListingReason) -> str:
    return "Trùng lặp" if reason is ListingReason.DUPLICATE else _EXPIRED[facts.of.profile]


def establishment_decision(facts: RoundFacts, head: Letterhead, given: Given) -> EstablishmentDecision:
    return EstablishmentDecision(
        facts.of.profile,
        head,
        facts.bound_to,
        given.authority or f"THỦ TRƯỞNG {head.agency.upper()}",
        _members(facts, given),
        given.proposer or _proposed_by(facts),
    )


def expired_list(facts: RoundFacts, head: Letterhead, given: Given) -> ExpiredList:
    """With the outcome as a note once the council has concluded."""
    rows = tuple(
        ListLine(
            item.line.ordinal,
            item.line.file_code,
            item.title,
            item.period,
            item.time_span,
            item.documents,
            reason_text(facts, item.line.reason),
            "" if item.line.choice is None or item.outcome is Outcome.DESTROY else choice_text(item.line.choice),
        )
        for item in facts.listed
    )
    return ExpiredList(facts.of.profile, head, facts.bound_to, given.fonds or facts.fonds, rows)


def submission_statement(facts: RoundFacts, head: Letterhead, given: Given) -> SubmissionStatement:
    return SubmissionStatement(
        facts.of.profile,
        head,
        facts.bound_to,
        given.addressed_to or f"Thủ trưởng {head.agency}",
        given.fonds or facts.fonds,
        sum(item.documents for item in facts.listed),
        span(facts.listed) or "không rõ",
        given.enclosed or ("Danh mục tài liệu hết giá trị;", "Bản thuyết minh tài liệu hết giá trị."),
    )


def explanation(facts: RoundFacts, head: Letterhead, given: Given) -> Explanation:
    """One group for each reason and explanation of the lines, as the proposer wrote it."""
    texts: dict[tuple[ListingReason, str], int] = {}
    for item in facts.listed:
        key = (item.line.reason, given.explanations.get(item.line.reason.value, item.line.explanation))
        texts[key] = texts.get(key, 0) + 1
    groups = tuple(ExplanationGroup(reason_text(facts, reason), count, text) for (reason, text), count in texts.items())
    years = span(facts.listed)
    return Explanation(
        facts.of.profile,
        head,
        facts.bound_to,
        given.fonds or facts.fonds,
        given.background
        or f"Khối tài liệu gồm {len(facts.listed)} hồ sơ của phông {given.fonds or facts.fonds}"
        + (f", hình thành trong các năm {years}." if years else "."),
        given.method
        or "Đối chiếu thời hạn đã ghi ở từng hồ sơ với bảng thời hạn đang áp dụng; hồ sơ đang bị yêu cầu giữ lại, hồ sơ chưa "
        "xác định thời hạn và hồ sơ bảo quản vĩnh viễn không được đưa vào Danh mục.",
        groups,
    )


def council_minutes(facts: RoundFacts, head: Letterhead, given: Given, kind: PaperKind) -> CouncilMinutes:
    """By the last session in which anybody voted on each line; present is who voted."""
    cast = [vote for votes in facts.votes.values() for vote in votes]
    voted = {vote.account_id for vote in cast}
    opened = given.opened_at or min((item.opened_at for item in facts.sessions), default=facts.of.opened_at)
    closed = given.closed_at or max((vote.cast_at for vote in cast), default=opened)
    members = {person.account_id: _member(facts, given, person.account_id) for person in facts.of.members}
    number = facts.of.council_number or ""
    on = facts.of.council_decided_on
    return CouncilMinutes(
        facts.of.profile,
        head,
        facts.bound_to,
        f"Quyết định số {number}" + (f" ngày {day(on)}" if on else ""),
        opened,
        max(opened, closed),
        tuple(member for account, member in members.items() if account in voted),
        tuple(member for account, member in members.items() if account not in voted),
        tuple(_line_votes(facts, item) for item in facts.listed if item.line.choice is not None),
        given.paragraphs
        or ("Thư ký trình bày Danh mục và Bản thuyết minh. Các thành viên thảo luận và biểu quyết từng hồ sơ.",),
        kind,
    )


def appraisal_request(facts: RoundFacts, head: Letterhead, given: Given) -> AppraisalRequest:
    body = facts.opinion.body if facts.opinion else "cơ quan có thẩm quyền"
    return AppraisalRequest(
        facts.of.profile,
        head,
        facts.bound_to,
        given.addressed_to or body,
        "appraisal" if needed_of(facts.of, "submitting") else "opinion",
        given.fonds or facts.fonds,
        len(facts.with_outcome(Outcome.DESTROY)) or len(facts.listed),
        given.enclosed
        or (
            "Danh mục tài liệu hết giá trị;",
            "Bản thuyết minh tài liệu hết giá trị;",
            "Biên bản họp Hội đồng.",
        ),
    )


def appraisal_opinion(facts: RoundFacts, head: Letterhead, given: Given) -> AppraisalOpinion:
    """For a competent body that works in this system; of any other the signed letter is attached."""
    agreed = facts.opinion is not None and facts.opinion.verdict is Verdict.AGREES
    note = facts.opinion.note if facts.opinion else ""
    return AppraisalOpinion(
        facts.of.profile,
        head,
        facts.bound_to,
        given.addressed_to or facts.agency,
        f"văn bản của {facts.agency} về đợt hủy {facts.of.code}",
        len(facts.with_outcome(Outcome.DESTROY)) if agreed else 0,
        (),
        given.paragraphs or ((note,) if note else ()),
    )


def destruction_decision(facts: RoundFacts, head: Letterhead, given: Given) -> DestructionDecision:
    doomed = facts.with_outcome(Outcome.DESTROY)
    opinion = facts.opinion
    bases = (f"Văn bản số {opinion.number} ngày {day(opinion.given_on)} của {opinion.body}",) if opinion else ()
    executor = facts.holder(Duty.EXECUTOR)
    return DestructionDecision(
        facts.of.profile,
        head,
        facts.bound_to,
        given.authority or f"THỦ TRƯỞNG {head.agency.upper()}",
        given.fonds or facts.fonds,
        len(doomed),
        sum(item.documents for item in doomed),
        span(doomed) or "không rõ",
        given.executor or executor or "người được giao thực hiện",
        given.witnesses,
        given.paragraphs or DESTROYED_HOW,
        (f"Biên bản họp {_council(facts)}", *bases),
        given.proposer or _proposed_by(facts),
    )


def retained_list(facts: RoundFacts, head: Letterhead, given: Given, before: dict[str, str]) -> RetainedList:
    """``before``: the period of each hồ sơ whose new one is in force already, as it was."""
    rows = []
    for item in facts.with_outcome(Outcome.EXTEND, Outcome.PERMANENT):
        assert item.line.choice is not None
        opinions = [vote.opinion for vote in facts.votes.get(item.line.ordinal, ()) if vote.opinion]
        settled = item.line.file_id in before
        rows.append(
            RetainedLine(
                item.line.ordinal,
                item.line.file_code,
                item.title,
                before.get(item.line.file_id, item.period),
                item.period if settled else choice_text(item.line.choice),
                "; ".join(dict.fromkeys(opinions)) or "Theo kết luận của Hội đồng",
            )
        )
    return RetainedList(facts.of.profile, head, facts.bound_to, given.fonds or facts.fonds, tuple(rows))


def choice_text(choice: Choice) -> str:
    return {
        Outcome.DESTROY: "Hủy",
        Outcome.EXTEND: f"Giữ lại, kéo dài {choice.years} năm",
        Outcome.PERMANENT: "Giữ lại vĩnh viễn",
    }[choice.outcome]


def _line_votes(facts: RoundFacts, item: Listed) -> LineVotes:
    assert item.line.choice is not None
    cast = facts.votes.get(item.line.ordinal, ())
    counts = {outcome: sum(1 for vote in cast if vote.choice.outcome is outcome) for outcome in Outcome}
    other = dissenting(cast, item.line.choice)
    return LineVotes(
        item.line.ordinal,
        item.line.file_code,
        item.title,
        counts[Outcome.DESTROY],
        counts[Outcome.EXTEND],
        counts[Outcome.PERMANENT],
        item.line.choice.outcome.value,
        tuple(Dissent(facts.name(vote.account_id), _dissent(vote)) for vote in other),
    )


def _dissent(vote: Vote) -> str:
    said = f"Biểu quyết: {choice_text(vote.choice)}"
    return f"{said}. {vote.opinion}" if vote.opinion else f"{said}."


def _members(facts: RoundFacts, given: Given) -> tuple[CouncilMember, ...]:
    return (
        *(_member(facts, given, person.account_id) for person in facts.of.members),
        *(CouncilMember(name, "", "member") for name in given.further_members),
    )


def _member(facts: RoundFacts, given: Given, account_id: str) -> CouncilMember:
    duty = facts.of.duty_of(account_id)
    assert duty is not None
    return CouncilMember(facts.name(account_id), position(facts, given, account_id), _ROLES[duty])


def _proposed_by(facts: RoundFacts) -> str:
    name = facts.holder(Duty.PROPOSER)
    return f"người lập danh mục ({name})" if name else "người lập danh mục"


def _council(facts: RoundFacts) -> str:
    number = facts.of.council_number
    return f"Hội đồng thành lập theo Quyết định số {number}" if number else "Hội đồng"
