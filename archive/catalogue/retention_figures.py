"""Counting hồ sơ by agency and year, each figure from an index; nothing here is an estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import Table, func, select

from archive.catalogue.destruction_tables import tombstones
from archive.catalogue.disposal_tables import hold_files, hold_pieces, holds, rounds
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.file_reading import agency_codes, due_by_year
from archive.catalogue.hold_reading import PIECE_END
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_tables import files
from archive.local_time import VIETNAM
from archive.retention.figures import DestroyedFigure, RoundFigure, YearFigure, year_begins
from archive.retention.file_state import FileState

_BEGUN = FileState.DESTROYING.value


def agencies_with_files(view: LedgerReading, of: Table = files) -> Iterator[str]:
    """The code of every agency some hồ sơ (or, of ``tombstones``, some destroyed one) is of: a step in the index each."""
    column, code = of.c.agency_code, ""
    while True:
        found = view.rows(select(func.min(column)).where(column > code)).scalar()
        if found is None:
            return
        yield found
        code = found


def due_figures(view: LedgerReading, on: date, *, agency_code: str = "") -> tuple[YearFigure, ...]:
    """Hồ sơ due on a day, by agency and the year from whose first day on they are."""
    codes = agency_codes(view, agency_code) if agency_code else tuple(agencies_with_files(view))
    counted: dict[tuple[str, int], int] = {}
    for code in codes:
        # Asked by one code alone, so that an agency of two codes is counted under each once.
        for year, count in _due_of_code(view, on, code).items():
            counted[code, year] = count
    return tuple(YearFigure(code, year, count) for (code, year), count in sorted(counted.items()))


def held_figures(view: LedgerReading, *, agency_code: str = "") -> tuple[YearFigure, ...]:
    """Hồ sơ under at least one hold in force, by agency and the year since which they have been held."""
    f, h = hold_files.c, holds.c
    since: dict[tuple[str, str], datetime] = {}
    query = (
        select(files.c.agency_code, files.c.id, func.min(h.placed_at).label("since"))
        .join(holds, h.id == f.hold_id)
        .join(files, files.c.id == f.file_id)
        .where(h.released_at.is_(None), f.too_late_since.is_(None))
        .group_by(files.c.agency_code, files.c.id)
    )
    if agency_code:
        query = query.where(files.c.agency_code.in_(agency_codes(view, agency_code)))
    for row in view.rows(query):
        since[row.agency_code, row.id] = row.since
    _add_unspread(view, since, agency_codes(view, agency_code) if agency_code else ())
    counted = Counter((code, _year(at)) for (code, _), at in since.items())
    return tuple(YearFigure(code, year, count) for (code, year), count in sorted(counted.items()))


def round_figures(view: LedgerReading, *, agency_code: str = "") -> tuple[RoundFigure, ...]:
    """Hồ sơ that stand in destruction rounds now, by agency and round; the year: in which the round was opened."""
    c, r = files.c, rounds.c
    query = (
        select(c.agency_code, c.round_id, c.state, r.code, r.opened_at, func.count().label("files"))
        .join(rounds, r.id == c.round_id)
        .where(c.state.in_([FileState.IN_ROUND.value, _BEGUN]))
        .group_by(c.agency_code, c.round_id, c.state, r.code, r.opened_at)
    )
    if agency_code:
        query = query.where(c.agency_code.in_(agency_codes(view, agency_code)))
    found: dict[tuple[str, int, str, str], Counter[str]] = {}
    for row in view.rows(query):
        key = (row.agency_code, _year(row.opened_at), row.round_id, row.code)
        found.setdefault(key, Counter())[row.state] += int(row.files)
    return tuple(
        RoundFigure(code, year, round_id, round_code, sum(states.values()), states[_BEGUN])
        for (code, year, round_id, round_code), states in sorted(found.items())
    )


def destroyed_figures(
    view: LedgerReading, *, agency_code: str = "", year: int | None = None
) -> tuple[DestroyedFigure, ...]:
    """What tombstones say was destroyed (its absence proven), by agency and year."""
    codes = agency_codes(view, agency_code) if agency_code else tuple(agencies_with_files(view, tombstones))
    found = []
    for code in codes:
        for one in _years_destroyed(view, code) if year is None else (year,):
            figure = _destroyed(view, code, one)
            if figure.files:
                found.append(figure)
    return tuple(sorted(found, key=lambda item: (item.agency_code, item.year)))


def _due_of_code(view: LedgerReading, on: date, code: str) -> Mapping[int, int]:
    others = set(agency_codes(view, code)) - {code}
    if not others:
        return due_by_year(view, on, agency_code=code)
    c = files.c
    counted: Counter[int] = Counter()
    for state in (FileState.CLOSED, FileState.TRANSFERRED):
        query = select(c.review_on, func.count()).where(
            c.agency_code == code, c.state == state.value, c.review_on <= on
        )
        for day, count in view.rows(query.group_by(c.review_on)):
            counted[day.year] += int(count)
    return dict(sorted(counted.items()))


def _add_unspread(view: LedgerReading, since: dict[tuple[str, str], datetime], only: tuple[str, ...]) -> None:
    """What is held by lists that are not spread over the index yet."""
    p, f = hold_pieces.c, hold_files.c
    query = select(p.hold_id, p.file_ids, holds.c.placed_at).join(holds, holds.c.id == p.hold_id)
    for row in view.rows(query.where(holds.c.released_at.is_(None))).all():
        late = set(
            view.rows(select(f.file_id).where(f.hold_id == row.hold_id, f.too_late_since.is_not(None))).scalars()
        )
        ids = [one for one in row.file_ids.split(PIECE_END) if one and one not in late]
        for held in files_with_ids(view, ids).values():
            if only and held.agency_code not in only:
                continue
            key = (held.agency_code, held.id)
            since[key] = min(since[key], row.placed_at) if key in since else row.placed_at


def _years_destroyed(view: LedgerReading, code: str) -> Iterator[int]:
    c = tombstones.c
    here = (c.agency_code == code, c.destroyed_at.is_not(None))
    first, last = view.rows(select(func.min(c.destroyed_at), func.max(c.destroyed_at)).where(*here)).one()
    if first is not None:
        yield from range(_year(first), _year(last) + 1)


def _destroyed(view: LedgerReading, code: str, year: int) -> DestroyedFigure:
    c = tombstones.c
    row = view.rows(
        select(
            func.count(),
            func.coalesce(func.sum(c.packages), 0),
            func.coalesce(func.sum(c.documents), 0),
            func.coalesce(func.sum(c.size_bytes), 0),
        ).where(c.agency_code == code, c.destroyed_at >= year_begins(year), c.destroyed_at < year_begins(year + 1))
    ).one()
    return DestroyedFigure(code, year, *(int(number) for number in row))


def _year(at: datetime) -> int:
    return at.astimezone(VIETNAM).year
