"""Hand-over and destruction minutes of a round as data, filled from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archive.catalogue.destruction_model import Tombstone
from archive.disposal.refusals import refusal
from archive.disposal.round_state import VIETNAMESE
from archive.disposal.words import Duty, LineState, Outcome
from archive.papers.execution import DestructionMinutes, HandingParty, HandoverMinutes
from archive.papers.formal_parts import position
from archive.papers.given import Given
from archive.papers.paper import Letterhead
from archive.papers.place_outcomes import place_outcomes
from archive.papers.round_facts import RoundFacts, day
from archive.papers.round_papers import DESTROYED_HOW

_LEFT = {
    LineState.VOID: "mất hiệu lực vì hồ sơ đã thay đổi sau khi lập danh mục",
    LineState.SET_ASIDE: "được đưa ra khỏi đợt hủy",
    LineState.LISTED: "chưa hủy",
}


def handover_minutes(facts: RoundFacts, head: Letterhead, given: Given) -> HandoverMinutes:
    """Of what is handed over to be destroyed: lines the council wants destroyed that still stand."""
    handed = [
        item
        for item in facts.with_outcome(Outcome.DESTROY)
        if item.line.state in (LineState.LISTED, LineState.DESTROYING)
    ]
    return HandoverMinutes(
        facts.of.profile,
        head,
        facts.bound_to,
        decision_text(facts),
        given.at or facts.of.changed_at,
        _party(facts, given, Duty.PROPOSER, given.giver_unit or facts.agency),
        _party(facts, given, Duty.EXECUTOR, given.receiver_unit or facts.agency),
        given.fonds or facts.fonds,
        len(handed),
        sum(item.documents for item in handed),
        sum(item.size_bytes for item in handed),
        given.condition or "Đủ số lượng theo Danh mục đã được phê duyệt",
    )


def destruction_minutes(
    facts: RoundFacts,
    head: Letterhead,
    given: Given,
    *,
    remains: list[Tombstone],
    certificate: Mapping[str, Any] | None,
    handover: str,
) -> DestructionMinutes:
    """Of what is gone and was proven to be gone. Raises a refusal ``round.state`` before that."""
    ended = [item.destroyed_at for item in remains if item.destroyed_at is not None]
    if certificate is None or len(ended) < len(remains) or not remains:
        raise refusal("round.state", facts.of.id, state=VIETNAMESE[facts.of.state])
    executor = _party(facts, given, Duty.EXECUTOR, given.receiver_unit or facts.agency)
    return DestructionMinutes(
        facts.of.profile,
        head,
        facts.bound_to,
        decision_text(facts),
        handover,
        min(item.intended_at for item in remains),
        max(ended),
        (executor,),
        tuple(HandingParty("", name, "") for name in given.witnesses),
        given.fonds or facts.fonds,
        len(remains),
        sum(item.documents for item in remains),
        sum(item.size_bytes for item in remains),
        given.paragraphs or DESTROYED_HOW,
        place_outcomes(certificate["statement"]),
        _spared(facts),
    )


def decision_text(facts: RoundFacts) -> str:
    """Raises a refusal ``round.decision-missing``."""
    if facts.decision is None:
        raise refusal("round.decision-missing", facts.of.id)
    return (
        f"Quyết định số {facts.decision.number} ngày {day(facts.decision.decided_on)} về việc hủy tài liệu hết giá trị"
    )


def handover_text(number: str, issued: date | None) -> str:
    said = f" số {number}" if number else ""
    return f"Biên bản bàn giao tài liệu hủy{said}" + (f" ngày {day(issued)}" if issued else "")


def _spared(facts: RoundFacts) -> tuple[str, ...]:
    """What of the list was to be destroyed and was not, counted by why."""
    counts: dict[LineState, int] = {}
    for item in facts.with_outcome(Outcome.DESTROY):
        if item.line.state in _LEFT:
            counts[item.line.state] = counts.get(item.line.state, 0) + 1
    return tuple(f"{count} hồ sơ thuộc Danh mục không hủy: {_LEFT[state]}." for state, count in counts.items())


def _party(facts: RoundFacts, given: Given, duty: Duty, unit: str) -> HandingParty:
    holder = facts.of.holder(duty)
    return HandingParty(unit, facts.name(holder), position(facts, given, holder))
