"""Who may read the papers of a round: they name every hồ sơ of its list, restricted ones among them."""

from __future__ import annotations

from api.http.file_targets import FileJudge, as_reader
from api.http.gate import Asked
from api.http.problems import forbidden
from archive.access.modes import Mode
from archive.access.rules import visible_modes
from archive.catalogue import Reading
from archive.catalogue.destruction_reading import tombstones_of
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.pieces import pieces
from archive.catalogue.round_reading import lines
from archive.disposal.model import Round
from archive.events import Event

_AT_ONCE = 500


def require_paper_reader(reading: Reading, asked: Asked, of: Round) -> None:
    """Persons of the round read its papers, and whoever may know of every hồ sơ on the list. Raises ProblemError."""
    if of.duty_of(asked.who.account_id) is not None or Mode.RESTRICTED in visible_modes(asked.who.role):
        return
    if not _knows_all(reading, as_reader(asked), of):
        asked.record(Event.RECORD_ACCESS_REFUSED, of.id, {"operation": asked.operation.value, "verdict": "forbidden"})
        raise forbidden(asked.operation.value)


def _knows_all(reading: Reading, asked: Asked, of: Round) -> bool:
    modes, gone = visible_modes(asked.who.role), set[str]()
    for stone in tombstones_of(reading, of.id):
        gone.add(stone.file_id)
        if stone.mode not in modes:
            return False
    for some in pieces(lines(reading, of.id), _AT_ONCE):
        held = files_with_ids(reading, [line.file_id for line in some if line.file_id not in gone])
        judge = FileJudge.of(reading, asked, held.values())
        if not all(judge.knows(item) for item in held.values()):
            return False
    return True
