"""The formal parts of a paper of a round: who issues it, its number and day, who signs, when nobody said otherwise."""

from __future__ import annotations

from archive.disposal.words import Duty
from archive.papers.given import Given
from archive.papers.paper import Letterhead, PaperKind, SignatureBlock
from archive.papers.round_facts import RoundFacts

_HEADS = frozenset({PaperKind.ESTABLISHMENT_DECISION, PaperKind.DESTRUCTION_DECISION, PaperKind.APPRAISAL_REQUEST})
_NOTATIONS = {
    PaperKind.ESTABLISHMENT_DECISION: "QĐ",
    PaperKind.DESTRUCTION_DECISION: "QĐ",
    PaperKind.SUBMISSION_STATEMENT: "TTr",
    PaperKind.COUNCIL_MINUTES: "BB-HĐ",
    PaperKind.VERIFICATION_COUNCIL_MINUTES: "BB-HĐTT",
    PaperKind.HANDOVER_MINUTES: "BB",
    PaperKind.DESTRUCTION_MINUTES: "BB",
}
OPEN_PLACE = "……"


def letterhead(facts: RoundFacts, kind: PaperKind, given: Given, *, archive_name: str) -> Letterhead:
    """As ``given`` says; the rest from the round. The number of a decision is the one the round has recorded."""
    number, notation, issued = given.number, given.notation, given.issued
    if kind is PaperKind.ESTABLISHMENT_DECISION and facts.of.council_number and not number:
        number, notation = numbered(facts.of.council_number)
        issued = issued or facts.of.council_decided_on
    if kind is PaperKind.DESTRUCTION_DECISION and facts.decision is not None:
        number, notation = numbered(facts.decision.number)
        issued = facts.decision.decided_on
    if kind is PaperKind.APPRAISAL_OPINION and facts.opinion is not None:
        number, notation = numbered(facts.opinion.number)
        issued = facts.opinion.given_on
    organ = given.organ
    if not organ:
        organ = facts.opinion.body if kind is PaperKind.APPRAISAL_OPINION and facts.opinion else facts.agency
    return Letterhead(
        agency=organ or archive_name,
        superior=given.superior,
        place=given.place or OPEN_PLACE,
        number=number,
        notation=notation or _NOTATIONS.get(kind, ""),
        issued=issued,
        recipients=given.recipients or ("- Như trên;", f"- Lưu: VT, hồ sơ hủy đợt {facts.of.code}."),
        signatures=given.signatures or _signatures(facts, kind, given),
    )


def numbered(text: str) -> tuple[str, str]:
    """``198/QĐ-SNV`` as number and notation."""
    number, _, notation = text.partition("/")
    return number.strip(), notation.strip()


def position(facts: RoundFacts, given: Given, account_id: str | None) -> str:
    """Chức vụ, when it was said."""
    return given.positions.get(facts.usernames.get(account_id or "", ""), "")


def _signatures(facts: RoundFacts, kind: PaperKind, given: Given) -> tuple[SignatureBlock, ...]:
    of = facts.of
    if kind in _HEADS:
        decided = facts.decision.decided_by if facts.decision else (of.members[0].appointed_by if of.members else None)
        return (SignatureBlock(position(facts, given, decided) or "Thủ trưởng cơ quan", facts.head),)
    if kind in (PaperKind.COUNCIL_MINUTES, PaperKind.VERIFICATION_COUNCIL_MINUTES):
        return (
            SignatureBlock("Thư ký", facts.holder(Duty.SECRETARY)),
            SignatureBlock("Chủ tịch Hội đồng", facts.holder(Duty.CHAIRMAN)),
        )
    if kind is PaperKind.HANDOVER_MINUTES:
        return (
            SignatureBlock("Bên giao", facts.holder(Duty.PROPOSER)),
            SignatureBlock("Bên nhận", facts.holder(Duty.EXECUTOR)),
        )
    if kind is PaperKind.DESTRUCTION_MINUTES:
        witness = given.witnesses[0] if given.witnesses else ""
        return (
            SignatureBlock("Người hủy", facts.holder(Duty.EXECUTOR)),
            SignatureBlock("Người chứng kiến", witness),
            SignatureBlock("Xác nhận của cơ quan", facts.head),
        )
    if kind is PaperKind.APPRAISAL_OPINION:
        return (SignatureBlock("Người có thẩm quyền"),)
    return (SignatureBlock("Người lập", facts.holder(Duty.PROPOSER)),)
