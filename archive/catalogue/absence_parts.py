"""The parts of a run: each machine looks through what only it can read; the verdict is over all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from archive.catalogue.destruction_model import AbsenceRun
from archive.catalogue.destruction_reading import last_absence_run
from archive.catalogue.destruction_tables import absence_parts, absence_runs, tombstones
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.rows import AnyRow
from archive.catalogue.writing import Transaction


@dataclass(frozen=True, slots=True)
class Part:
    """``recipient``: whom ``needles`` are sealed for; both empty until it was said, and until they were handed over."""

    run_id: str
    machine: str
    recipient: str
    needles: str
    begun_at: datetime | None
    ended_at: datetime | None
    report: Mapping[str, Any] | None


def ask_parts(tx: Transaction, run_id: str, machines: Collection[str]) -> None:
    """Each of these machines has its part to do; one that was asked for stands."""
    c = absence_parts.c
    known = set(tx.rows(select(c.machine).where(c.run_id == run_id)).scalars())
    rows = [
        {"run_id": run_id, "machine": name, "recipient": "", "needles": ""} for name in sorted(set(machines) - known)
    ]
    if rows:
        tx.rows(insert(absence_parts), rows)


def parts_of(view: LedgerReading, run_id: str) -> list[Part]:
    c = absence_parts.c
    return [_part(row) for row in view.rows(select(absence_parts).where(c.run_id == run_id).order_by(c.machine))]


def open_parts(view: LedgerReading, machine: str) -> list[tuple[str, Part]]:
    """What this machine still has to do, each with its round; of runs that have not ended and are the last of theirs."""
    p, r = absence_parts.c, absence_runs.c
    query = (
        select(r.round_id.label("of"), absence_parts)
        .join(absence_runs, r.id == p.run_id)
        .where(p.machine == machine, p.ended_at.is_(None), r.ended_at.is_(None))
        .order_by(r.begun_at, p.run_id)
    )
    found = [(row.of, _part(row)) for row in view.rows(query).all()]
    return [(of, part) for of, part in found if (last := last_absence_run(view, of)) and last.id == part.run_id]


def run_under_way(view: LedgerReading, round_id: str, verifier_id: str) -> AbsenceRun | None:
    """The last run, by this account, when it waits for parts and nothing was begun since it began."""
    run = last_absence_run(view, round_id)
    if run is None or run.verdict is not None or run.verifier_id != verifier_id or not parts_of(view, run.id):
        return None
    c = tombstones.c
    later = select(c.file_id).where(c.round_id == round_id, c.intended_seq > run.begun_seq).limit(1)
    return run if view.rows(later).first() is None else None


def offer_recipient(tx: Transaction, run_id: str, machine: str, recipient: str) -> None:
    """Needles sealed for another are of no use any more."""
    _change(tx, run_id, machine, recipient=recipient, needles="")


def hand_needles(tx: Transaction, part: Part, needles: str) -> None:
    """Only to the recipient they were sealed for."""
    c = absence_parts.c
    same = (c.run_id == part.run_id, c.machine == part.machine, c.recipient == part.recipient, c.ended_at.is_(None))
    tx.rows(update(absence_parts).where(*same).values(needles=needles))


def end_part(
    tx: Transaction, run_id: str, machine: str, report: Mapping[str, Any], begun: datetime, at: datetime
) -> None:
    """What was seen there; what it was looked for by is no longer kept. Ended already, it stays as it was."""
    _change(tx, run_id, machine, needles="", begun_at=begun, ended_at=at, report=dict(report))


def forget_needles(tx: Transaction, run_id: str) -> None:
    """The run has ended: parts that never came to their end need none any more."""
    tx.rows(update(absence_parts).where(absence_parts.c.run_id == run_id).values(needles=""))


def _change(tx: Transaction, run_id: str, machine: str, **values: Any) -> None:
    c = absence_parts.c
    tx.rows(
        update(absence_parts).where(c.run_id == run_id, c.machine == machine, c.ended_at.is_(None)).values(**values)
    )


def _part(row: AnyRow) -> Part:
    return Part(row.run_id, row.machine, row.recipient, row.needles, row.begun_at, row.ended_at, row.report)
