"""Questions about holds. Whether a hồ sơ is held is asked here and nowhere else, and never of a search index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import and_, func, literal, select, tuple_

from archive.catalogue import disposal_tables as t
from archive.catalogue.columns import Instant
from archive.catalogue.disposal_rows import hold_of
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.disposal.model import Hold, TooLate
from archive.disposal.refusals import refusal
from archive.retention.file_state import FileState

ASKED_AT_ONCE = 500
PIECE_END = "\n"


def hold(view: LedgerReading, hold_id: str) -> Hold:
    """Raises a refusal ``hold.missing``."""
    row = view.rows(select(t.holds).where(t.holds.c.id == hold_id)).first()
    if row is None:
        raise refusal("hold.missing", hold_id)
    return hold_of(row)


def holds_on(view: LedgerReading, file_id: str) -> tuple[Hold, ...]:
    """Every hold in force on this hồ sơ, the oldest first; those whose list is not spread over the index yet too."""
    h, f, p = t.holds.c, t.hold_files.c, t.hold_pieces.c
    spread = select(f.hold_id).where(f.file_id == file_id, f.too_late_since.is_(None))
    unspread = select(p.hold_id).where(p.file_ids.contains(f"{PIECE_END}{file_id}{PIECE_END}", autoescape=True))
    late = select(f.hold_id).where(f.file_id == file_id, f.too_late_since.is_not(None))
    held = h.id.in_(spread) | (h.id.in_(unspread) & h.id.not_in(late))
    query = select(t.holds).where(h.released_at.is_(None), held).order_by(h.placed_at, h.id)
    return tuple(map(hold_of, view.rows(query)))


def held_among(view: LedgerReading, file_ids: Iterable[str]) -> frozenset[str]:
    """Those of these hồ sơ that are held."""
    h, f = t.holds.c, t.hold_files.c
    found: set[str] = set()
    asked = tuple(file_ids)
    for some in pieces(asked, ASKED_AT_ONCE):
        query = select(f.file_id).join(t.holds, h.id == f.hold_id)
        query = query.where(f.file_id.in_(some), f.too_late_since.is_(None), h.released_at.is_(None))
        found.update(view.rows(query).scalars())
    unspread = select(t.hold_pieces.c.file_ids).join(t.holds, h.id == t.hold_pieces.c.hold_id)
    for text in view.rows(unspread.where(h.released_at.is_(None))).scalars():
        found.update(set(text.split(PIECE_END)).intersection(asked))
    return frozenset(found)


def holds_listed(
    view: LedgerReading, *, in_force: bool = False, before: tuple[datetime, str] | None = None, limit: int = 100
) -> tuple[Hold, ...]:
    """The newest first, from behind ``before`` (``placed_at``, ``id``) on."""
    h = t.holds.c
    query = select(t.holds).order_by(h.placed_at.desc(), h.id.desc()).limit(limit)
    if in_force:
        query = query.where(h.released_at.is_(None))
    if before is not None:
        query = query.where(tuple_(h.placed_at, h.id) < tuple_(*_place(before)))
    return tuple(map(hold_of, view.rows(query)))


def overdue_holds(view: LedgerReading, on: date) -> tuple[Hold, ...]:
    """Holds in force that were meant to end before ``on``, the longest overdue first."""
    h = t.holds.c
    query = select(t.holds).where(h.released_at.is_(None), h.until < on).order_by(h.until, h.id)
    return tuple(map(hold_of, view.rows(query)))


def unspread_holds(view: LedgerReading) -> tuple[str, ...]:
    """Ids of the holds whose list is not spread over the index yet: they hold, only more slowly asked."""
    return tuple(view.rows(select(t.hold_pieces.c.hold_id).distinct().order_by(t.hold_pieces.c.hold_id)).scalars())


def files_of_hold(view: LedgerReading, hold_id: str, *, after: str = "", limit: int = 1000) -> tuple[str, ...]:
    """Ids of the hồ sơ held by it that are in the index, ascending, from behind ``after`` on."""
    f = t.hold_files.c
    query = select(f.file_id).where(f.hold_id == hold_id, f.file_id > after, f.too_late_since.is_(None))
    return tuple(view.rows(query.order_by(f.file_id).limit(limit)).scalars())


def pieces_left(view: LedgerReading, hold_id: str) -> int:
    """How many pieces of its list are not in the index yet."""
    p = t.hold_pieces.c
    return int(view.rows(select(func.count()).where(p.hold_id == hold_id)).scalar_one())


def too_late_of(view: LedgerReading, hold_id: str) -> tuple[TooLate, ...]:
    """The hồ sơ it named whose destruction had begun before."""
    f = t.hold_files.c
    query = select(f.file_id, f.too_late_since).where(and_(f.hold_id == hold_id, f.too_late_since.is_not(None)))
    rows = view.rows(query.order_by(f.file_id))
    return tuple(TooLate(row.file_id, FileState.DESTROYING, row.too_late_since) for row in rows)


def _place(before: tuple[datetime, str]) -> tuple[object, str]:
    return literal(before[0], Instant), before[1]
