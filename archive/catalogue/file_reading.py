"""Questions about hồ sơ: by code, by package, what is due; each answered from an index."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_

from archive.catalogue import tables as t
from archive.catalogue.file_rows import file_of
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_tables import agencies, file_aips, files
from archive.lifecycle import State
from archive.retention.errors import FileMissingError
from archive.retention.file import File
from archive.retention.file_state import FileState

PAGE = 1000
KEPT = (FileState.CLOSED, FileState.TRANSFERRED)
"""The states in which a hồ sơ may be due: ended, and in no round."""

# Said in so many words: an index over part of the rows is only used where the statement says which part.
_OPEN_ENDED: ColumnElement[bool] = literal_column("period_kind = 'event' AND event_year IS NULL")

DuePlace = tuple[date, str]
"""Where a page of what is due ended: review day and id."""

WaitingPlace = tuple[int, str]
"""Where a page of what waits for an event ended: the year the work ended, and id."""


def file(view: LedgerReading, file_id: str) -> File | None:
    return _first(view, select(files).where(files.c.id == file_id))


def require_file(view: LedgerReading, file_id: str) -> File:
    """Raises FileMissingError."""
    found = file(view, file_id)
    if found is None:
        raise FileMissingError("Không có hồ sơ này trong sổ đăng ký hồ sơ.", detail=file_id)
    return found


def file_of_code(view: LedgerReading, agency_code: str, file_code: str) -> File | None:
    """By mã hồ sơ within an agency, under whichever of the agency's two codes it was opened."""
    codes = agency_codes(view, agency_code)
    found = view.rows(select(files).where(files.c.agency_code.in_(codes), files.c.file_code == file_code)).all()
    by_agency = {row.agency_code: row for row in found}
    return next((file_of(by_agency[code]) for code in codes if code in by_agency), None)


def file_of_aip(view: LedgerReading, aip_id: str) -> File | None:
    """The hồ sơ a package belongs to."""
    joined = select(files).join(file_aips, file_aips.c.file_id == files.c.id)
    return _first(view, joined.where(file_aips.c.aip_id == aip_id))


def files_of_aips(view: LedgerReading, aip_ids: Sequence[str]) -> Mapping[str, str]:
    """The hồ sơ id of each of these packages (some hundred at most) that belongs to one."""
    c = file_aips.c
    rows = view.rows(select(c.aip_id, c.file_id).where(c.aip_id.in_(list(aip_ids))))
    return {row.aip_id: row.file_id for row in rows}


def aips_of(view: LedgerReading, file_id: str) -> tuple[str, ...]:
    """The packages a hồ sơ is made of: the first, then its supplements."""
    c = file_aips.c
    return tuple(view.rows(select(c.aip_id).where(c.file_id == file_id).order_by(c.ordinal)).scalars())


def agency_codes(view: LedgerReading, code: str) -> tuple[str, ...]:
    """Every code of this agency, the one it is listed under first; the code alone where no agency has it."""
    c = agencies.c
    for condition in (c.code == code, c.alias_code == code):
        row = view.rows(select(c.code, c.alias_code).where(condition)).first()
        if row is not None:
            return (row.code,) if row.alias_code is None else (row.code, row.alias_code)
    return (code,)


def supplements_awaited(view: LedgerReading, held: File) -> tuple[str, ...]:
    """Submissions accepted for this hồ sơ whose packages are still to be written."""
    c = t.submissions.c
    query = select(c.id).where(
        c.file_code == held.file_code,
        c.owned_by.in_(agency_codes(view, held.agency_code)),
        c.state == State.ACCEPTED.value,
    )
    return tuple(view.rows(query.order_by(c.id)).scalars())


def files_due(
    view: LedgerReading, on: date, *, agency_code: str = "", after: DuePlace | None = None, limit: int = PAGE
) -> tuple[File, ...]:
    """What may be proposed for destruction on a day, the longest over first, from behind ``after`` on.

    Expiry only proposes. A hồ sơ in a round is not here, nor one kept for ever or until an event that has not come.
    """
    sources = [
        map(file_of, view.rows(_due(state, on, code, after).limit(limit)))
        for code in (agency_codes(view, agency_code) if agency_code else ("",))
        for state in KEPT
    ]
    return tuple(islice(heapq.merge(*sources, key=attrgetter("review_on", "id")), limit))


def due_by_year(view: LedgerReading, on: date, *, agency_code: str = "") -> Mapping[int, int]:
    """How many are due on a day, by the year from whose first day on they are."""
    found: dict[int, int] = {}
    for code in agency_codes(view, agency_code) if agency_code else ("",):
        for state in KEPT:
            c = files.c
            # Days, not years: the index has them in order. They are all the first of January.
            query = select(c.review_on, func.count()).where(*_due_conditions(state, on, code)).group_by(c.review_on)
            for day, count in view.rows(query):
                found[day.year] = found.get(day.year, 0) + int(count)
    return dict(sorted(found.items()))


def files_open_ended(
    view: LedgerReading, *, agency_code: str = "", after: WaitingPlace | None = None, limit: int = PAGE
) -> tuple[File, ...]:
    """Ended hồ sơ that wait for an event that has not come to pass, the longest waiting first, from behind ``after`` on."""
    c = files.c
    sources = []
    for code in agency_codes(view, agency_code) if agency_code else ("",):
        for state in KEPT:
            query = select(files).where(c.state == state.value, _OPEN_ENDED, c.ended_year.is_not(None))
            if code:
                query = query.where(c.agency_code == code)
            if after is not None:
                query = query.where(tuple_(c.ended_year, c.id) > tuple_(*after))
            sources.append(map(file_of, view.rows(query.order_by(c.ended_year, c.id).limit(limit))))
    return tuple(islice(heapq.merge(*sources, key=attrgetter("ended_year", "id")), limit))


def transfers_due(
    view: LedgerReading, by: date, *, after: DuePlace | None = None, limit: int = PAGE
) -> tuple[File, ...]:
    """Ended hồ sơ that are to be handed over by a day, the most overdue first, from behind ``after`` on."""
    c = files.c
    query = select(files).where(c.state == FileState.CLOSED.value, c.transfer_due_on <= by)
    if after is not None:
        query = query.where(tuple_(c.transfer_due_on, c.id) > tuple_(*after))
    return tuple(map(file_of, view.rows(query.order_by(c.transfer_due_on, c.id).limit(limit))))


def transfers_by_agency(view: LedgerReading, by: date) -> Mapping[str, Mapping[date, int]]:
    """How many hồ sơ of each agency are to be handed over by a day, by their last day."""
    c = files.c
    query = (
        select(c.agency_code, c.transfer_due_on, func.count())
        .where(c.state == FileState.CLOSED.value, c.transfer_due_on <= by)
        .group_by(c.agency_code, c.transfer_due_on)
    )
    found: dict[str, dict[date, int]] = {}
    for agency_code, day, count in view.rows(query):
        found.setdefault(agency_code, {})[day] = int(count)
    return dict(sorted(found.items()))


def files_in_round(view: LedgerReading, round_id: str) -> Iterator[File]:
    """Every hồ sơ that is, or was last, in this round, ascending by id; flat memory."""
    c, after = files.c, ""
    while page := view.rows(select(files).where(c.round_id == round_id, c.id > after).order_by(c.id).limit(PAGE)).all():
        yield from map(file_of, page)
        after = page[-1].id


def all_files(view: LedgerReading, after: str = "") -> Iterator[File]:
    """Every hồ sơ ascending by id, from behind ``after`` on; flat memory."""
    c = files.c
    while page := view.rows(select(files).where(c.id > after).order_by(c.id).limit(PAGE)).all():
        yield from map(file_of, page)
        after = page[-1].id


def due_query(on: date, *, agency_code: str = "", limit: int = PAGE) -> Select[Any]:
    """The statement a page of what is due is answered by, for whoever asks the database how it carries it out."""
    return _due(FileState.CLOSED, on, agency_code, None).limit(limit)


def _due(state: FileState, on: date, agency_code: str, after: DuePlace | None) -> Select[Any]:
    c = files.c
    query = select(files).where(*_due_conditions(state, on, agency_code))
    if after is not None:
        query = query.where(tuple_(c.review_on, c.id) > tuple_(*after))
    return query.order_by(c.review_on, c.id)


def _due_conditions(state: FileState, on: date, agency_code: str) -> list[ColumnElement[bool]]:
    c = files.c
    conditions = [c.state == state.value, c.review_on <= on]
    return [c.agency_code == agency_code, *conditions] if agency_code else conditions


def _first(view: LedgerReading, query: Select[Any]) -> File | None:
    row = view.rows(query).first()
    return None if row is None else file_of(row)
