"""Changes to repairs, asides, incidents and runs of fsck; ledger records are the caller's, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from archive.catalogue import repair_tables as r
from archive.catalogue import tables as t
from archive.catalogue.model import Copy
from archive.catalogue.repair_model import FsckRun, Incident, IncidentOutcome, KeptAside, Repair
from archive.catalogue.writing import Transaction
from archive.fixity import CopyState


def begin_repair(tx: Transaction, repair: Repair) -> None:
    """The intent. The database refuses a second open one of the same copy."""
    tx.rows(insert(r.repairs).values({**asdict(repair), "was": repair.was.value}))


def note_attempt(tx: Transaction, repair_id: str, *, attempts: int, retry_at: datetime, problem: str) -> None:
    """That it did not succeed now, and when to try again."""
    values = {"attempts": attempts, "retry_at": retry_at, "problem": problem[:1000]}
    tx.rows(update(r.repairs).where(r.repairs.c.id == repair_id).values(values))


def note_damage(tx: Transaction, repair_id: str, was: CopyState, sha256: str | None, size_bytes: int | None) -> None:
    """What the copy was found to be by a later attempt than the first."""
    values = {"was": was.value, "damaged_sha256": sha256, "damaged_size_bytes": size_bytes}
    tx.rows(update(r.repairs).where(r.repairs.c.id == repair_id).values(values))


def note_intent(tx: Transaction, repair_id: str, *, outcome: str, from_store: str) -> None:
    """What the attempt under way is to end as, and where its bytes come from."""
    values = {"outcome": outcome, "from_store": from_store}
    tx.rows(update(r.repairs).where(r.repairs.c.id == repair_id, r.repairs.c.ended_at.is_(None)).values(values))


def end_repair(tx: Transaction, repair_id: str, *, outcome: str, from_store: str | None, at: datetime) -> bool:
    """Whether it was still open: of two that healed the same copy at once, one ends the repair."""
    c = r.repairs.c
    values = {"ended_at": at, "outcome": outcome, "from_store": from_store, "problem": ""}
    return bool(tx.rows(update(r.repairs).where(c.id == repair_id, c.ended_at.is_(None)).values(values)).rowcount)


def keep_aside(tx: Transaction, aside: KeptAside) -> None:
    """What lies aside, known from now on; known already is fine."""
    c = r.asides.c
    if tx.rows(select(c.name).where(c.store == aside.store, c.name == aside.name)).first() is None:
        tx.rows(insert(r.asides).values(asdict(aside)))


def note_dropped(tx: Transaction, store: str, name: str, at: datetime) -> bool:
    """Whether this is the first to say so."""
    c = r.asides.c
    gone = update(r.asides).where(c.store == store, c.name == name, c.dropped_at.is_(None)).values(dropped_at=at)
    return bool(tx.rows(gone).rowcount)


def record_incident(tx: Transaction, incident: Incident) -> None:
    """The database refuses a second open one of the same kind about the same subject."""
    tx.rows(insert(r.incidents).values({**asdict(incident), "kind": incident.kind.value, "outcome": None}))


def describe_incident(tx: Transaction, incident_id: str, report: Mapping[str, Any]) -> None:
    tx.rows(update(r.incidents).where(r.incidents.c.id == incident_id).values(report=dict(report)))


def confirm_incident(tx: Transaction, incident_id: str, *, by: str, at: datetime) -> None:
    """A person has looked: work that waited for it goes on, until what it is about is over."""
    c = r.incidents.c
    values: dict[str, Any] = {"confirmed_at": at, "confirmed_by": by}
    tx.rows(update(r.incidents).where(c.id == incident_id, c.confirmed_at.is_(None)).values(values))


def end_incident(
    tx: Transaction, incident_id: str, *, outcome: IncidentOutcome, by: str, reason: str, at: datetime
) -> bool:
    """Whether it was still open."""
    c = r.incidents.c
    values = {"closed_at": at, "closed_by": by, "outcome": outcome.value, "reason": reason}
    return bool(tx.rows(update(r.incidents).where(c.id == incident_id, c.closed_at.is_(None)).values(values)).rowcount)


def note_seen(tx: Transaction, aip_id: str, store: str, state: CopyState, at: datetime) -> None:
    """What a copy was found to be, if the catalogue has it at all: no copy appears here that was never stored."""
    c = t.copies.c
    if tx.rows(select(c.state).where(c.aip_id == aip_id, c.store == store)).first() is not None:
        tx.record_copies([Copy(aip_id, store, state, at)])


def record_fsck_run(tx: Transaction, run: FsckRun) -> None:
    tx.rows(insert(r.fsck_runs).values({**asdict(run), "found": [dict(item) for item in run.found]}))
