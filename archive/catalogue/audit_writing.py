"""Changes to runs, findings, canaries and what is known of copies; ledger records are the caller's, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, and_, bindparam, insert, literal_column, select, update

from archive.catalogue import tables as t
from archive.catalogue.audit_model import AuditFinding, AuditRun, Canary, RunState, Scope, Verdict
from archive.catalogue.audit_tables import audit_findings, audit_runs, canaries
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import ASKED_AT_ONCE
from archive.catalogue.writing import Transaction
from archive.fixity import CopyState


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audit saw of one copy. ``before``: when it was last looked at as the audit chose it."""

    aip_id: str
    state: CopyState
    before: datetime


def begin_run(tx: Transaction, run: AuditRun) -> None:
    """The database refuses a second one of the same store that has not ended."""
    row = {**asdict(run), "scope": run.scope.value, "depth": run.depth.value, "state": run.state.value}
    tx.rows(insert(audit_runs).values({**row, "verdict": None}))


def hold_run(tx: Transaction, run_id: str, *, holder: str, until: datetime) -> None:
    """From now on it is ``holder`` who carries it, whoever did before."""
    tx.rows(_of(run_id).values(holder=holder, held_until=until))


def widen_run(tx: Transaction, run_id: str, *, due_before: datetime) -> None:
    """The run is about all copies from now on."""
    tx.rows(_of(run_id).values(scope=Scope.ALL.value, due_before=due_before))


def note_progress(
    tx: Transaction,
    run: AuditRun,
    *,
    holder: str,
    until: datetime | None,
    trouble: str = "",
) -> bool:
    """Counts, bytes, seconds and position as ``run`` says; ``until`` None: the sitting ends. False: another carries it."""
    values: dict[str, Any] = {
        "counts": dict(run.counts),
        "bytes_read": run.bytes_read,
        "reading_seconds": run.reading_seconds,
        "position": dict(run.position) if run.position is not None else None,
        "held_until": until,
        "holder": holder if until is not None else None,
        "trouble": trouble,
    }
    return _changed(tx, _carried(run.id, holder).values(values))


def complete_run(
    tx: Transaction, run: AuditRun, *, holder: str, at: datetime, verdict: Verdict, report_sha256: str
) -> bool:
    """False, with nothing changed: another carries it, or it has ended."""
    values: dict[str, Any] = {
        "counts": dict(run.counts),
        "bytes_read": run.bytes_read,
        "reading_seconds": run.reading_seconds,
        "position": None,
        "state": RunState.COMPLETED.value,
        "verdict": verdict.value,
        "report_sha256": report_sha256,
        "ended_at": at,
        "trouble": "",
        "holder": None,
        "held_until": None,
    }
    return _changed(tx, _carried(run.id, holder).values(values))


def abandon_run(tx: Transaction, run_id: str, *, at: datetime) -> None:
    """It will not be gone on with; what it has found stands."""
    values = {"state": RunState.ABANDONED.value, "ended_at": at, "holder": None, "held_until": None}
    tx.rows(_of(run_id).where(audit_runs.c.state == literal_column("'running'")).values(values))


def record_seen(tx: Transaction, store: str, seen: Sequence[Seen], at: datetime) -> set[str]:
    """What was seen of these copies in ``store``; the ids of those of which something newer is known: nothing is noted.

    Only an OK moves ``ok_at``.
    """
    c = t.copies.c
    one = and_(c.aip_id == bindparam("an_id"), c.store == store, c.verified_at == bindparam("was_seen_at"))
    superseded: set[str] = set()
    for state in {item.state for item in seen}:
        some = [item for item in seen if item.state is state]
        values: dict[str, Any] = {"state": state.value, "verified_at": at}
        change = update(t.copies).where(one).values(values | ({"ok_at": at} if state is CopyState.OK else {}))
        noted = tx.rows(change, [{"an_id": item.aip_id, "was_seen_at": item.before} for item in some]).rowcount
        if noted != len(some):
            superseded |= _not_noted(tx, store, some, at)
    return superseded


def record_findings(tx: Transaction, found: Iterable[AuditFinding]) -> None:
    """What a run found; the same object again in the same run: what was found later stands."""
    for item in found:
        row = {**asdict(item), "state": item.state.value, "findings": [dict(one) for one in item.findings]}
        key = {"run_id": row.pop("run_id"), "object_key": row.pop("key")}
        condition = and_(*(audit_findings.c[name] == value for name, value in key.items()))
        if not tx.rows(update(audit_findings).where(condition).values(row)).rowcount:
            tx.rows(insert(audit_findings).values(key | row))


def known_findings(tx: Transaction, run_id: str, keys: Iterable[str]) -> set[str]:
    """Those of ``keys`` of which the run has said something already."""
    c, known = audit_findings.c, set[str]()
    for some in pieces(keys, ASKED_AT_ONCE):
        known |= set(tx.rows(select(c.object_key).where(c.run_id == run_id, c.object_key.in_(some))).scalars())
    return known


def record_canary(tx: Transaction, canary: Canary) -> None:
    row = {**asdict(canary), "found_state": canary.found_state.value if canary.found_state else None}
    tx.rows(insert(canaries).values({"object_key": str(row.pop("key")), **row}))


def note_planted(tx: Transaction, canary_id: str) -> None:
    tx.rows(update(canaries).where(canaries.c.id == canary_id).values(planted=True))


def note_found(tx: Transaction, canary_id: str, state: CopyState, at: datetime) -> None:
    """What the audit said of it."""
    tx.rows(update(canaries).where(canaries.c.id == canary_id).values(found_state=state.value, found_at=at))


def note_removed(tx: Transaction, canary_id: str, at: datetime) -> None:
    """None of its bytes are left in the store."""
    tx.rows(update(canaries).where(canaries.c.id == canary_id).values(removed_at=at))


def _of(run_id: str) -> Update:
    return update(audit_runs).where(audit_runs.c.id == run_id)


def _carried(run_id: str, holder: str) -> Update:
    c = audit_runs.c
    return _of(run_id).where(c.holder == holder, c.state == literal_column("'running'"))


def _changed(tx: Transaction, change: Update) -> bool:
    return bool(tx.rows(change).rowcount)


def _not_noted(tx: Transaction, store: str, some: Sequence[Seen], at: datetime) -> set[str]:
    c = t.copies.c
    wanted: Mapping[str, CopyState] = {item.aip_id: item.state for item in some}
    noted: set[str] = set()
    for few in pieces(wanted, ASKED_AT_ONCE):
        rows = tx.rows(select(c.aip_id, c.state, c.verified_at).where(c.aip_id.in_(few), c.store == store))
        noted |= {row.aip_id for row in rows if row.verified_at == at and row.state == wanted[row.aip_id]}
    return set(wanted) - noted
