"""What is to be healed, what was put aside, and which incidents are open; each answered from an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text

from archive.catalogue import repair_tables as r
from archive.catalogue import tables as t
from archive.catalogue.model import Aip
from archive.catalogue.reading import Reading
from archive.catalogue.repair_model import FsckRun, Incident, IncidentKind, IncidentOutcome, KeptAside, Repair
from archive.catalogue.rows import AnyRow, aip_of
from archive.fixity import CopyState
from archive.lifecycle import State

DAMAGED = (CopyState.MISMATCH, CopyState.MISSING, CopyState.UNREADABLE)
_NOT_OK = text("copies.state <> 'ok'")
"""In the words of the partial index: no database infers it from the list of states."""


def due_repairs(
    view: Reading, store: str, now: datetime, limit: int, *, contested_from: str | None = None
) -> list[str]:
    """Stored packages whose copy in ``store`` is damaged, and of which no attempt rests until later than ``now``.

    None about whose right bytes an incident is open: many of them would keep all others waiting. With ``contested_from``
    those alone, ascending from this id on.
    """
    c, a, s, o, i = t.copies.c, t.aips.c, t.submissions.c, r.repairs.c, r.incidents.c
    about = and_(i.kind == IncidentKind.PROOF.value, i.subject == c.aip_id, i.closed_at.is_(None))
    contested = select(i.id).where(about).correlate(t.copies).exists()
    under_way = and_(o.aip_id == c.aip_id, o.store == c.store, o.ended_at.is_(None))
    query = (
        select(c.aip_id)
        .join(t.aips, a.id == c.aip_id)
        .join(t.submissions, s.id == a.submission_id)
        .outerjoin(r.repairs, under_way)
        .where(c.store == store, c.state.in_([state.value for state in DAMAGED]), _NOT_OK)
        .where(s.state == State.STORED.value)
        .where(or_(o.id.is_(None), o.retry_at <= now))
        .where(~contested if contested_from is None else and_(contested, c.aip_id >= contested_from))
        .order_by(c.aip_id)
        .limit(limit)
    )
    return [row.aip_id for row in view.rows(query)]


def begun_repairs(view: Reading, store: str, now: datetime, limit: int) -> list[Repair]:
    """Repairs in ``store`` that were begun and not ended and do not rest until later: whatever the copies are called by now."""
    c = r.repairs.c
    query = select(r.repairs).where(c.ended_at.is_(None), c.store == store, c.retry_at <= now)
    return [_repair(row) for row in view.rows(query.order_by(c.aip_id).limit(limit))]


def open_repair(view: Reading, aip_id: str, store: str) -> Repair | None:
    c = r.repairs.c
    row = view.rows(select(r.repairs).where(c.aip_id == aip_id, c.store == store, c.ended_at.is_(None))).first()
    return None if row is None else _repair(row)


def repair(view: Reading, repair_id: str) -> Repair | None:
    row = view.rows(select(r.repairs).where(r.repairs.c.id == repair_id)).first()
    return None if row is None else _repair(row)


def repairs_of(view: Reading, aip_id: str) -> list[Repair]:
    """All of one package, the oldest first."""
    c = r.repairs.c
    return [_repair(row) for row in view.rows(select(r.repairs).where(c.aip_id == aip_id).order_by(c.begun_at, c.id))]


def known_asides(view: Reading, store: str) -> set[str]:
    """The names of what lies aside in ``store`` as far as it is known and not dropped."""
    c = r.asides.c
    return set(view.rows(select(c.name).where(c.store == store, c.dropped_at.is_(None))).scalars())


def asides_due(view: Reading, store: str, now: datetime, limit: int) -> list[KeptAside]:
    """What has lain aside for its time, of packages of which every copy is whole or awaited and no incident is open."""
    c, k, i = r.asides.c, t.copies.c, r.incidents.c
    fine = (CopyState.OK.value, CopyState.AWAITED.value)
    damaged = select(k.aip_id).where(k.aip_id == c.aip_id, k.state.not_in(fine)).exists()
    open_incident = select(i.id).where(i.subject == c.aip_id, i.closed_at.is_(None)).exists()
    query = select(r.asides).where(
        c.dropped_at.is_(None), c.drop_after <= now, c.store == store, ~damaged, ~open_incident
    )
    return [_aside(row) for row in view.rows(query.order_by(c.drop_after, c.name).limit(limit))]


def asides_of(view: Reading, aip_id: str) -> list[KeptAside]:
    c = r.asides.c
    return [_aside(row) for row in view.rows(select(r.asides).where(c.aip_id == aip_id).order_by(c.put_at, c.name))]


def open_incident(view: Reading, kind: IncidentKind, subject: str) -> Incident | None:
    c = r.incidents.c
    row = view.rows(
        select(r.incidents).where(c.kind == kind.value, c.subject == subject, c.closed_at.is_(None))
    ).first()
    return None if row is None else _incident(row)


def incident(view: Reading, incident_id: str) -> Incident | None:
    row = view.rows(select(r.incidents).where(r.incidents.c.id == incident_id)).first()
    return None if row is None else _incident(row)


def incidents(view: Reading, *, closed_too: bool = False, limit: int = 1000) -> list[Incident]:
    """The newest first."""
    c = r.incidents.c
    query: Select[Any] = select(r.incidents).order_by(c.opened_at.desc(), c.id).limit(limit)
    if not closed_too:
        query = query.where(c.closed_at.is_(None))
    return [_incident(row) for row in view.rows(query)]


def red_copies(view: Reading, store: str) -> int:
    """Copies in ``store`` that are damaged, missing or unreadable, as last seen."""
    c = t.copies.c
    states = [state.value for state in DAMAGED]
    return int(view.rows(select(func.count()).where(c.store == store, c.state.in_(states), _NOT_OK)).scalar_one())


def has_copies(view: Reading, store: str, more_than: int) -> bool:
    """Whether ``store`` has more than so many copies, counted no further than that."""
    c = t.copies.c
    some = select(c.aip_id).where(c.store == store).limit(more_than + 1).subquery()
    return int(view.rows(select(func.count()).select_from(some)).scalar_one()) > more_than


def whole_copies(view: Reading, store: str, from_id: str, limit: int) -> list[Aip]:
    """Packages whose copy in ``store`` was whole when last seen, ascending from ``from_id`` on."""
    c = t.copies.c
    query = select(t.aips).join(t.copies, c.aip_id == t.aips.c.id)
    query = query.where(c.store == store, c.state == CopyState.OK.value, c.aip_id >= from_id)
    return [aip_of(row) for row in view.rows(query.order_by(c.aip_id).limit(limit))]


def fsck_runs(view: Reading, limit: int = 100, *, kind: str | None = None) -> list[FsckRun]:
    """The newest first; of one kind when given."""
    query = select(r.fsck_runs).order_by(r.fsck_runs.c.begun_at.desc()).limit(limit)
    if kind is not None:
        query = query.where(r.fsck_runs.c.kind == kind)
    return [
        FsckRun(row.id, row.kind, row.begun_at, row.ended_at, row.differences, row.found, row.problem)
        for row in view.rows(query)
    ]


def _repair(row: AnyRow) -> Repair:
    values: Mapping[str, Any] = row._asdict()
    return Repair(**{**values, "was": CopyState(row.was)})


def _aside(row: AnyRow) -> KeptAside:
    return KeptAside(**row._asdict())


def _incident(row: AnyRow) -> Incident:
    outcome = None if row.outcome is None else IncidentOutcome(row.outcome)
    return Incident(**{**row._asdict(), "kind": IncidentKind(row.kind), "outcome": outcome})
