"""Lines of a round for the command line and the service: shown with their votes, and added piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from api.http.rights_views import Names
from api.http.round_views import LineView
from archive.access import Author
from archive.catalogue import Catalogue, Reading
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.hold_reading import held_among
from archive.catalogue.pieces import pieces
from archive.catalogue.round_candidates import DueQuestion, candidates
from archive.catalogue.round_reading import destruction_round, line_counts, votes_of_lines
from archive.catalogue.round_writing import add_lines
from archive.disposal.model import Line, NewLine, Round
from archive.disposal.refusals import Reason
from archive.disposal.words import ListingReason

AT_ONCE = 200
Refused = Mapping[str, tuple[Reason, ...]]


def line_views(reading: Reading, of: Round, found: Sequence[Line], names: Names) -> list[LineView]:
    """Some hundred lines at most, with titles as the registry has them, holds and votes."""
    ids = [line.file_id for line in found]
    files, held = files_with_ids(reading, ids), held_among(reading, ids)
    cast = votes_of_lines(reading, of.id, [line.ordinal for line in found])
    return [
        LineView.of(line, files.get(line.file_id), cast.get(line.ordinal, ()), names, on_hold=line.file_id in held)
        for line in found
    ]


def add_piece(
    catalogue: Catalogue, round_id: str, new: Iterable[NewLine], *, by: Author, at: datetime
) -> tuple[int, Refused]:
    """How many lines are new, and what was refused; in one transaction."""
    with catalogue.transaction() as tx:
        before = sum(line_counts(tx, round_id).values())
        refused = add_lines(tx, round_id, new, by=by, at=at)
        return sum(line_counts(tx, round_id).values()) - before, refused


def add_named(
    catalogue: Catalogue,
    round_id: str,
    file_ids: Iterable[str],
    explanation: str,
    duplicate_of: str | None,
    *,
    by: Author,
    at: Callable[[], datetime],
) -> Iterator[tuple[int, Refused]]:
    """These hồ sơ, a piece in each transaction; interrupted, the rest can be added again with all of them."""
    reason = ListingReason.DUPLICATE if duplicate_of else ListingReason.EXPIRED
    for some in pieces(list(file_ids), AT_ONCE):
        new = [NewLine(one, reason, explanation, duplicate_of) for one in some]
        yield add_piece(catalogue, round_id, new, by=by, at=at())


def add_due(
    catalogue: Catalogue,
    round_id: str,
    asked: DueQuestion,
    explanation: str,
    *,
    by: Author,
    at: Callable[[], datetime],
) -> Iterator[tuple[int, Refused]]:
    """Every due hồ sơ that is meant, a piece in each transaction."""
    after, more = None, True
    while more:
        with catalogue.read() as view:
            found = candidates(view, destruction_round(view, round_id), asked, at=at(), after=after, limit=AT_ONCE)
        after, more = found.after, found.after is not None
        new = [NewLine(item.id, ListingReason.EXPIRED, explanation) for item in found.files]
        yield add_piece(catalogue, round_id, new, by=by, at=at())
