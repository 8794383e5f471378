"""Who may read the papers of a round: they name every hồ sơ of its list, restricted ones among them."""

from __future__ import annotations

from api.http.file_targets import FileJudge, as_reader
from api.http.gate import Asked
from api.http.problems import forbidden
from archive.access.modes import Mode
from archive.access.rules import visible_modes
from archive.catalogue import Reading
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.pieces import pieces
from archive.catalogue.round_reading import lines
from archive.disposal.model import Paper, Round
from archive.disposal.round_state import EVENT_OF, RoundState
from archive.events import Event

_AT_ONCE = 500


def require_paper_reader(reading: Reading, asked: Asked, of: Round, paper: Paper | None = None) -> None:
    """Persons of the round read its papers, and whoever may know of every hồ sơ on the list. Raises ProblemError.

    ``paper``: the one that is asked for. What was attached before the list was submitted may name hồ sơ that have been
    taken off it since, and is for persons of the round, and for those who may know of every hồ sơ.
    """
    if of.duty_of(asked.who.account_id) is not None or Mode.RESTRICTED in visible_modes(asked.who.role):
        return
    of_an_earlier_list = paper is not None and not _since_submitted(reading, of, paper)
    if of_an_earlier_list or not _knows_all(reading, as_reader(asked), of):
        asked.record(Event.RECORD_ACCESS_REFUSED, of.id, {"operation": asked.operation.value, "verdict": "forbidden"})
        raise forbidden(asked.operation.value)


def _since_submitted(reading: Reading, of: Round, paper: Paper) -> bool:
    submitted = reading.records(subject=of.id, event=EVENT_OF[RoundState.SUBMITTED])
    return bool(submitted) and submitted[-1].at <= paper.attached_at


def _knows_all(reading: Reading, asked: Asked, of: Round) -> bool:
    for some in pieces(lines(reading, of.id), _AT_ONCE):
        held = files_with_ids(reading, [line.file_id for line in some])
        judge = FileJudge.of(reading, asked, held.values())
        if not all(judge.knows(item) for item in held.values()):
            return False
    return True
