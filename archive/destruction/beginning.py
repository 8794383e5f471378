"""The intent, before the first byte goes: in one transaction it is allowed, recorded, and the catalogue lets go.

    asked again by ``archive.disposal`` ─▶ ledger ─▶ tombstone ─▶ work for every place ─▶ no row describes it any more

When that is committed there is no way back, and nobody is shown the hồ sơ as kept; until absence is proven nobody is told
that it is destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.access import Author
from archive.alerts import resolve_alert
from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import Approval, Needles
from archive.catalogue.destruction_reading import tombstone, tombstone_packages_of
from archive.catalogue.destruction_writing import lay_tombstone, plan_work, reopen_round_work
from archive.catalogue.repair_model import IncidentKind, IncidentOutcome
from archive.catalogue.repair_reading import open_incident
from archive.catalogue.repair_writing import end_incident
from archive.catalogue.returned_submissions import take_in_returned
from archive.catalogue.scrubbing import forget_packages
from archive.catalogue.writing import Transaction
from archive.errors import LuutruError
from archive.events import Event
from archive.ledger import Record
from archive.policy_standing import Standing, always

AT_ONCE = 25
"""Hồ sơ begun in one transaction: others write in between."""
CATALOGUE, KEY = "catalogue", "key"
"""The first two places of every hồ sơ: its rows, gone with the intent, and its key."""
_NONE: Mapping[str, Needles] = {}
_ALERTS = {IncidentKind.COPIES: "incident.opened", IncidentKind.PROOF: "incident.opened"}


class BeginDestroying(Protocol):
    """``archive.disposal``'s one door: asks holds, decision, list, clock and executor in ``tx``; raises or records."""

    def __call__(self, tx: Transaction, round_id: str, file_id: str, *, by: Author, at: datetime) -> object: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the approved list."""

    number: int
    file_id: str
    period_text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that may not be destroyed now, and why: nothing of it was touched."""

    file_id: str
    error: LuutruError


def begin(
    catalogue: Catalogue,
    approval: Approval,
    lines: Sequence[Line],
    *,
    begin_destroying: BeginDestroying,
    places: Collection[str],
    by: Author,
    at: datetime,
    needles: Mapping[str, Needles] = _NONE,
    standing: Standing = always,
) -> list[Refused]:
    """Begins each of ``lines`` that may be destroyed; those begun already stay as they are. ``by``: the executor.

    One refused line takes no other with it: each is asked in a transaction that fails alone. ``needles``: what was taken
    from each; of a hồ sơ begun without, absence is never proven. ``standing``: asked in each transaction; what it raises
    refuses the lines.
    """
    refused: list[Refused] = []
    for start in range(0, len(lines), AT_ONCE):
        some = lines[start : start + AT_ONCE]
        try:
            _begin_some(catalogue, approval, some, begin_destroying, places, by, at, needles, standing)
        except LuutruError:
            for line in some:
                try:
                    _begin_some(catalogue, approval, [line], begin_destroying, places, by, at, needles, standing)
                except LuutruError as error:
                    refused.append(Refused(line.file_id, error))
    return refused


def _begin_some(
    catalogue: Catalogue,
    approval: Approval,
    lines: Sequence[Line],
    begin_destroying: BeginDestroying,
    places: Collection[str],
    by: Author,
    at: datetime,
    needles: Mapping[str, Needles],
    standing: Standing,
) -> None:
    with catalogue.transaction() as tx:
        standing(tx)
        begun = []
        for line in lines:
            if tombstone(tx, line.file_id) is not None:
                continue
            begin_destroying(tx, approval.round_id, line.file_id, by=by, at=at)
            intent = _intent(tx, line.file_id)
            taken = needles.get(line.file_id)
            lay_tombstone(tx, approval, line.file_id, line.number, intent, period_text=line.period_text, needles=taken)
            begun.append(line.file_id)
        packages = [item for some in tombstone_packages_of(tx, begun).values() for item in some]
        for package in packages:
            _end_incidents(tx, package.aip_id, by.actor, at)
        forget_packages(tx, packages, () if approval.titles_stay else begun)
        take_in_returned(tx, begun, at)
        plan_work(tx, approval.round_id, begun, {CATALOGUE, KEY, *places}, at)
        if begun:
            reopen_round_work(tx, approval.round_id, at)


def _intent(tx: Transaction, file_id: str) -> Record:
    """The record ``begin_destroying`` made. Without one nothing may go."""
    record = tx.record_of(file_id, Event.FILE_DESTRUCTION_BEGUN)
    if record is None:
        raise RuntimeError("no record of the intent")
    return record


def _end_incidents(tx: Transaction, aip_id: str, actor: str, at: datetime) -> None:
    """What nobody could heal need not be healed any more."""
    for kind, code in _ALERTS.items():
        standing = open_incident(tx, kind, aip_id)
        if standing is None:
            continue
        end_incident(tx, standing.id, outcome=IncidentOutcome.OVER, by=actor, reason="", at=at)
        data = {
            "incident_id": standing.id,
            "kind": kind.value,
            "aip_id": aip_id,
            "outcome": IncidentOutcome.OVER.value,
            "reason": "destruction",
        }
        tx.append(Event.AIP_INCIDENT_CLOSED, aip_id, actor=actor, at=at, data=data)
        resolve_alert(tx, code, aip_id, at)
