"""Lists of hồ sơ: page by page by agency and code, and the answer to a question that a hold freezes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, tuple_

from archive.catalogue.file_reading import PAGE, agency_codes, file
from archive.catalogue.file_rows import file_of
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_tables import file_aips, files
from archive.retention.file import File
from archive.retention.file_state import FileState

_AT_ONCE = 500
GONE = (FileState.DESTROYING, FileState.DESTROYED)


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """Which hồ sơ are meant; what is not said matches everything. ``ended_from``, ``ended_to``: years, both included."""

    agency_code: str = ""
    fonds_code: str = ""
    ended_from: int | None = None
    ended_to: int | None = None
    schedule_id: str = ""
    schedule_row: str = ""

    def as_json(self) -> dict[str, Any]:
        """What it says, and nothing it does not."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


def files_listed(
    view: LedgerReading,
    *,
    agency_code: str = "",
    states: Collection[FileState] = (),
    after: str = "",
    limit: int = PAGE,
) -> tuple[File, ...]:
    """Hồ sơ by agency and code, from behind the one with the id ``after`` on; only in ``states`` when given.

    An id nobody has begins at the first: whoever asks has looked it up before.
    """
    c = files.c
    query = select(files).order_by(c.agency_code, c.file_code).limit(limit)
    if agency_code:
        query = query.where(c.agency_code.in_(agency_codes(view, agency_code)))
    if states:
        query = query.where(c.state.in_(sorted(state.value for state in states)))
    held = file(view, after) if after else None
    if held is not None:
        query = query.where(tuple_(c.agency_code, c.file_code) > tuple_(held.agency_code, held.file_code))
    return tuple(map(file_of, view.rows(query)))


def files_matching(view: LedgerReading, asked: FileQuestion) -> Iterator[str]:
    """The ids of every hồ sơ that is meant and still lives, ascending; flat memory."""
    c, after = files.c, ""
    query = select(c.id).where(c.state.not_in([state.value for state in GONE])).order_by(c.id).limit(PAGE)
    if asked.agency_code:
        query = query.where(c.agency_code.in_(agency_codes(view, asked.agency_code)))
    if asked.fonds_code:
        query = query.where(c.fonds_code == asked.fonds_code)
    if asked.ended_from is not None:
        query = query.where(c.ended_year >= asked.ended_from)
    if asked.ended_to is not None:
        query = query.where(c.ended_year <= asked.ended_to)
    if asked.schedule_id:
        query = query.where(c.schedule_id == asked.schedule_id)
    if asked.schedule_row:
        query = query.where(c.schedule_row == asked.schedule_row)
    while page := view.rows(query.where(c.id > after)).scalars().all():
        yield from page
        after = page[-1]


def files_with_ids(view: LedgerReading, file_ids: Collection[str]) -> dict[str, File]:
    """Those of these that there are, by id."""
    found: dict[str, File] = {}
    for some in pieces(file_ids, _AT_ONCE):
        found |= {row.id: file_of(row) for row in view.rows(select(files).where(files.c.id.in_(some)))}
    return found


def aips_of_files(view: LedgerReading, file_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The packages of each of these hồ sơ, the first and then its supplements; one without any is absent."""
    c = file_aips.c
    found: dict[str, tuple[str, ...]] = {}
    for some in pieces(file_ids, _AT_ONCE):
        query = select(c.file_id, c.aip_id).where(c.file_id.in_(some)).order_by(c.file_id, c.ordinal)
        for row in view.rows(query):
            found[row.file_id] = (*found.get(row.file_id, ()), row.aip_id)
    return found
