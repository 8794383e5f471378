"""Where every paper of a round stands: missing, unsigned, bound to another list … or good."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.catalogue.paper_particulars import Particulars, particulars_of
from archive.catalogue.reading import Reading
from archive.catalogue.round_reading import decisions, papers
from archive.disposal.model import Paper, Round
from archive.disposal.papers import needed_of, wrong_with
from archive.disposal.refusals import Reason
from schemas.disposal_rules import PaperRule, disposal_rules


class PaperState(StrEnum):
    """Chưa có, chưa ký, chữ ký chưa hợp lệ, gắn với danh mục khác, thuộc quyết định trước, bàn giao cho người trước, đạt,
    không bắt buộc."""

    MISSING = "missing"
    UNSIGNED = "unsigned"
    SIGNATURE_NOT_VALID = "signature_not_valid"
    OTHER_LIST = "other_list"
    EARLIER_DECISION = "earlier_decision"
    EARLIER_EXECUTOR = "earlier_executor"
    GOOD = "good"
    NOT_NEEDED = "not_needed"


_STATES = {
    "paper.missing": PaperState.MISSING,
    "paper.unsigned": PaperState.UNSIGNED,
    "paper.signature-not-valid": PaperState.SIGNATURE_NOT_VALID,
    "paper.other-list": PaperState.OTHER_LIST,
    "paper.earlier-decision": PaperState.EARLIER_DECISION,
    "paper.earlier-executor": PaperState.EARLIER_EXECUTOR,
}


@dataclass(frozen=True, slots=True)
class RoundPaper:
    """``paper``: the one of its kind that counts. ``reasons``: all that is wrong with it; ``state`` is the weightiest."""

    rule: PaperRule
    needed: bool
    paper: Paper | None
    particulars: Particulars | None
    reasons: tuple[Reason, ...]
    state: PaperState


def round_papers(view: Reading, of: Round) -> tuple[RoundPaper, ...]:
    """Every paper the rules of the round know, in their order."""
    last = {paper.kind: paper for paper in papers(view, of.id)}
    known, made = particulars_of(view, of.id), decisions(view, of.id)
    found = []
    for rule in disposal_rules(of.profile).papers:
        paper, needed = last.get(rule.kind), needed_of(of, rule.needed)
        wrong = tuple(wrong_with(of, rule, paper, made[-1] if made else None))
        if paper is None and not needed:
            wrong = ()
        state = _STATES[wrong[0].code] if wrong else (PaperState.GOOD if paper else PaperState.NOT_NEEDED)
        particulars = known.get((paper.kind, paper.ordinal)) if paper else None
        found.append(RoundPaper(rule, needed, paper, particulars, wrong, state))
    return tuple(found)
