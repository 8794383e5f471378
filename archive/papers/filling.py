"""Any paper of a round as data: what the catalogue knows, and what only people know."""

from __future__ import annotations

from archive.catalogue.destruction_reading import certificate, tombstones_of
from archive.catalogue.paper_particulars import particulars_of
from archive.catalogue.reading import Reading
from archive.catalogue.round_reading import papers
from archive.disposal.refusals import refusal
from archive.disposal.round_state import VIETNAMESE
from archive.disposal.words import LineState, Outcome
from archive.events import Event
from archive.papers import execution_filling as execution
from archive.papers import round_papers as written
from archive.papers.formal_parts import letterhead
from archive.papers.given import Given
from archive.papers.paper import Letterhead, Paper, PaperKind, paper_kind
from archive.papers.round_facts import RoundFacts, round_facts
from archive.retention.period import PeriodKind

_NOTHING = Given()
_CONCLUDED = frozenset({PaperKind.COUNCIL_MINUTES, PaperKind.VERIFICATION_COUNCIL_MINUTES, PaperKind.RETAINED_LIST})
_KEPT = "Như đã ghi khi chốt Danh mục"


def paper_of(view: Reading, round_id: str, kind: str, given: Given = _NOTHING, *, archive_name: str) -> Paper:
    """The paper ``kind`` (as the rules of rounds name it) of the round, as it is now.

    Raises refusals: ``round.missing``, ``paper.unknown``; ``round.list-empty``, ``round.state``,
    ``round.decision-missing`` when what the paper tells of has not come to pass yet.
    """
    facts = round_facts(view, round_id, archive_name=archive_name)
    try:
        meant = paper_kind(kind)
    except ValueError:
        raise refusal("paper.unknown", kind) from None
    if not facts.listed:
        raise refusal("round.list-empty", round_id)
    if meant in _CONCLUDED and any(item.line.choice is None for item in facts.listed):
        raise refusal("round.state", round_id, state=VIETNAMESE[facts.of.state])
    return _filled(view, facts, meant, letterhead(facts, meant, given, archive_name=archive_name), given)


def _filled(view: Reading, facts: RoundFacts, kind: PaperKind, head: Letterhead, given: Given) -> Paper:
    match kind:
        case PaperKind.ESTABLISHMENT_DECISION:
            return written.establishment_decision(facts, head, given)
        case PaperKind.EXPIRED_LIST:
            return written.expired_list(facts, head, given)
        case PaperKind.SUBMISSION_STATEMENT:
            return written.submission_statement(facts, head, given)
        case PaperKind.EXPLANATION:
            return written.explanation(facts, head, given)
        case PaperKind.COUNCIL_MINUTES | PaperKind.VERIFICATION_COUNCIL_MINUTES:
            return written.council_minutes(facts, head, given, kind)
        case PaperKind.APPRAISAL_REQUEST:
            return written.appraisal_request(facts, head, given)
        case PaperKind.APPRAISAL_OPINION:
            return written.appraisal_opinion(facts, head, given)
        case PaperKind.DESTRUCTION_DECISION:
            execution.decision_text(facts)
            return written.destruction_decision(facts, head, given)
        case PaperKind.RETAINED_LIST:
            return written.retained_list(facts, head, given, _periods_before(view, facts))
        case PaperKind.HANDOVER_MINUTES:
            return execution.handover_minutes(facts, head, given)
        case PaperKind.DESTRUCTION_MINUTES:
            return _destruction_minutes(view, facts, head, given)
        case _:
            raise refusal("paper.unknown", kind.value)


def _destruction_minutes(view: Reading, facts: RoundFacts, head: Letterhead, given: Given) -> Paper:
    handed = [paper for paper in papers(view, facts.of.id) if paper.kind == "hand-over-minutes"]
    known = particulars_of(view, facts.of.id).get((handed[-1].kind, handed[-1].ordinal)) if handed else None
    return execution.destruction_minutes(
        facts,
        head,
        given,
        remains=list(tombstones_of(view, facts.of.id)),
        certificate=certificate(view, facts.of.id),
        handover=execution.handover_text(known.number if known else "", known.issued if known else None),
    )


def _periods_before(view: Reading, facts: RoundFacts) -> dict[str, str]:
    """Of lines whose outcome is carried out already: the period there was, as the ledger tells it."""
    found: dict[str, str] = {}
    for item in facts.with_outcome(Outcome.EXTEND, Outcome.PERMANENT):
        if item.line.state is not LineState.KEPT:
            continue
        record = view.record_of(item.line.file_id, Event.FILE_PERIOD_DETERMINED)
        told = record.data["before"]["period"] if record and record.data.get("round_id") == facts.of.id else {}
        years = told.get("years")
        found[item.line.file_id] = f"{years} năm" if told.get("kind") == PeriodKind.YEARS.value else _KEPT
    return found
