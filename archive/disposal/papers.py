"""Which papers a round needs before which step, and what is wrong with those it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archive.disposal.model import Decision, Paper, Round
from archive.disposal.refusals import Reason, reason
from archive.disposal.words import ArchiveKind, Duty, Signature
from schemas.disposal_rules import PaperRule, disposal_rules

_HAND_OVER = "hand-over-minutes"
STAGES = ("papers", "execution", "minutes")
"""In their order: what an earlier one asks for, the later ones ask for too."""


def needed_of(of: Round, needed: str) -> bool:
    """Whether what is ``needed`` so is needed of this round."""
    return {
        "always": True,
        "historical": of.archive_kind is ArchiveKind.HISTORICAL,
        "submitting": of.submitting or of.archive_kind is ArchiveKind.HISTORICAL,
        "optional": False,
    }[needed]


def opinion_needed(of: Round) -> bool:
    return needed_of(of, disposal_rules(of.profile).opinion_needed)


def required_papers(of: Round, stage: str = "minutes") -> tuple[PaperRule, ...]:
    """The papers that must be there before ``stage`` is over, in their order."""
    until = STAGES[: STAGES.index(stage) + 1]
    return tuple(
        paper for paper in disposal_rules(of.profile).papers if paper.stage in until and needed_of(of, paper.needed)
    )


def wrong_with_papers(of: Round, papers: Iterable[Paper], decision: Decision | None, stage: str) -> list[Reason]:
    """Every reason why the papers of ``stage`` are not complete; of several papers of a kind the last one counts."""
    last: dict[str, Paper] = {}
    for paper in papers:
        if paper.kind not in last or paper.ordinal > last[paper.kind].ordinal:
            last[paper.kind] = paper
    return [item for rule in required_papers(of, stage) for item in wrong_with(of, rule, last.get(rule.kind), decision)]


def wrong_with(of: Round, rule: PaperRule, paper: Paper | None, decision: Decision | None) -> Iterator[Reason]:
    """Every reason why this paper (None: there is none) is not what the rule asks for. Bound to another list than the
    frozen one is wrong for any; not bound to any is right for what is from before the freezing. The minutes of the hand-over
    are of who executes now."""
    if paper is None:
        yield reason("paper.missing", rule.kind, title=rule.title)
        return
    if rule.signed and paper.signature is Signature.UNSIGNED:
        yield reason("paper.unsigned", rule.kind, title=rule.title)
    elif rule.signed and paper.signature is not Signature.VALID:
        yield reason("paper.signature-not-valid", rule.kind, title=rule.title)
    if of.list_sha256 is not None and paper.list_sha256 != of.list_sha256 and (rule.list_bound or paper.list_sha256):
        yield reason("paper.other-list", rule.kind, title=rule.title)
    if rule.of_decision and decision is not None and paper.decision_ordinal != decision.ordinal:
        yield reason("paper.earlier-decision", rule.kind, title=rule.title)
    if rule.kind == _HAND_OVER and _before_executor(of, paper):
        yield reason("paper.earlier-executor", rule.kind, title=rule.title)


def _before_executor(of: Round, paper: Paper) -> bool:
    """Whether who takes over now was appointed only after these minutes: they name somebody else."""
    appointed = [person.appointed_at for person in of.persons if person.duty is Duty.EXECUTOR]
    return bool(appointed) and paper.attached_at < appointed[-1]
