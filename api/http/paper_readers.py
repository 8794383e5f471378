"""Who may read the papers of a round: they name every hồ sơ of its list, restricted ones among them."""

from __future__ import annotations

from api.http.file_targets import FileJudge, as_reader
from api.http.gate import Asked
from api.http.problems import forbidden
from archive.access.modes import Mode
from archive.access.rules import visible_modes
from archive.catalogue import Reading
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.paper_particulars import particulars_of
from archive.catalogue.pieces import pieces
from archive.catalogue.round_reading import lines
from archive.disposal.model import Paper, Round
from archive.disposal.round_state import EVENT_OF, RoundState
from archive.events import Event
from schemas.disposal_rules import disposal_rules

_AT_ONCE = 500


def require_paper_reader(reading: Reading, asked: Asked, of: Round, paper: Paper | None = None) -> None:
    """Persons of the round read its papers, and whoever may know of every hồ sơ on the list. Raises ProblemError.

    ``paper``: the one that is asked for. One of an earlier list may name hồ sơ that have been taken off it since, and is for
    persons of the round, and for those who may know of every hồ sơ.
    """
    if of.duty_of(asked.who.account_id) is not None or Mode.RESTRICTED in visible_modes(asked.who.role):
        return
    of_an_earlier_list = paper is not None and not _of_this_list(reading, of, paper)
    if of_an_earlier_list or not _knows_all(reading, as_reader(asked), of):
        asked.record(Event.RECORD_ACCESS_REFUSED, of.id, {"operation": asked.operation.value, "verdict": "forbidden"})
        raise forbidden(asked.operation.value)


def _of_this_list(reading: Reading, of: Round, paper: Paper) -> bool:
    """Whether it can only name hồ sơ whose lines still stand: attached since nothing is taken off the list, and bound to the
    frozen one, or printed here. What came signed from elsewhere before the freezing may have been printed at any time."""
    submitted = reading.records(subject=of.id, event=EVENT_OF[RoundState.SUBMITTED])
    if not submitted or paper.attached_at < submitted[-1].at:
        return False
    rule = disposal_rules(of.profile).paper(paper.kind)
    if (of.list_sha256 is not None and paper.list_sha256 == of.list_sha256) or (
        rule is not None and not rule.list_bound
    ):
        return True
    known = particulars_of(reading, of.id).get((paper.kind, paper.ordinal))
    return known is not None and known.judgement is None


def _knows_all(reading: Reading, asked: Asked, of: Round) -> bool:
    for some in pieces(lines(reading, of.id), _AT_ONCE):
        held = files_with_ids(reading, [line.file_id for line in some])
        judge = FileJudge.of(reading, asked, held.values())
        if not all(judge.knows(item) for item in held.values()):
            return False
    return True
