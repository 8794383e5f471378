"""How far the destruction of a round has come, page by page: what waits where and why, what was destroyed, who looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, literal, or_, select, tuple_

from archive.access import Mode
from archive.catalogue.absence_proof import lines_to_begin
from archive.catalogue.columns import Instant
from archive.catalogue.destruction_model import SETTLED, AbsenceRun, AbsenceVerdict, ItemState, Tombstone, WorkItem
from archive.catalogue.destruction_reading import counted_items
from archive.catalogue.destruction_tables import (
    absence_runs,
    destruction_certificates,
    destruction_work,
    tombstones,
)
from archive.catalogue.ledger_reading import LedgerReading


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """``places``: how many hồ sơ are in which state, by place (what is done once for the round counts as one).

    ``settled``: nothing is left to be done now, so that absence can be looked for.
    """

    places: Mapping[str, Mapping[ItemState, int]]
    to_begin: int
    begun: int
    destroyed: int
    locked: int
    certified_at: datetime | None

    @property
    def settled(self) -> bool:
        done = all(state in SETTLED for states in self.places.values() for state in states)
        return done and bool(self.places) and not self.to_begin


def round_progress(view: LedgerReading, round_id: str) -> RoundProgress:
    t, c = tombstones.c, destruction_certificates.c
    counted = select(func.count(), func.count(t.destroyed_at)).where(t.round_id == round_id)
    begun, destroyed = view.rows(counted).one()
    places = counted_items(view, round_id)
    issued = view.rows(select(c.issued_at).where(c.round_id == round_id)).scalar()
    return RoundProgress(
        places,
        len(lines_to_begin(view, round_id)),
        begun,
        destroyed,
        sum(states.get(ItemState.LOCKED, 0) for states in places.values()),
        issued,
    )


def items_listed(
    view: LedgerReading,
    round_id: str,
    *,
    states: Collection[ItemState] = (),
    place: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[WorkItem]:
    """By hồ sơ, then by place, from behind ``after`` on; what is done once for the round (no hồ sơ) comes first."""
    c = destruction_work.c
    query = select(destruction_work).where(c.round_id == round_id).order_by(c.file_id, c.place).limit(limit)
    if states:
        query = query.where(c.state.in_(sorted(states)))
    if place:
        query = query.where(c.place == place)
    if after is not None:
        query = query.where(or_(c.file_id > after[0], and_(c.file_id == after[0], c.place > after[1])))
    return [WorkItem(**{**row._mapping, "state": ItemState(row.state)}) for row in view.rows(query)]


def absence_runs_of(view: LedgerReading, round_id: str, *, limit: int = 20) -> list[AbsenceRun]:
    """The newest first, by the ledger."""
    c = absence_runs.c
    newest = (c.begun_seq.desc(), c.begun_at.desc(), c.id.desc())
    query = select(absence_runs).where(c.round_id == round_id).order_by(*newest).limit(limit)
    return [
        AbsenceRun(**{**row._mapping, "verdict": AbsenceVerdict(row.verdict) if row.verdict else None})
        for row in view.rows(query)
    ]


def tombstones_listed(
    view: LedgerReading,
    *,
    agencies: Collection[str] = (),
    round_id: str = "",
    destroyed: bool | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[Tombstone]:
    """The newest first, from behind ``before`` (``intended_at``, ``file_id``) on. ``agencies``: only theirs, when given."""
    c = tombstones.c
    query: Select[tuple[object, ...]] = select(tombstones).order_by(c.intended_at.desc(), c.file_id.desc()).limit(limit)
    if agencies:
        query = query.where(c.agency_code.in_(sorted(agencies)))
    if round_id:
        query = query.where(c.round_id == round_id)
    if destroyed is not None:
        query = query.where(c.destroyed_at.is_not(None) if destroyed else c.destroyed_at.is_(None))
    if before is not None:
        query = query.where(tuple_(c.intended_at, c.file_id) < tuple_(literal(before[0], Instant), before[1]))
    return [Tombstone(**{**row._mapping, "mode": Mode(row.mode)}) for row in view.rows(query)]
