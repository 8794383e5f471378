"""What catalogue and ledger are told of a healing: the intent before any byte moves, its end after all were read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.repair_model import IncidentKind, IncidentOutcome, KeptAside, Repair
from archive.catalogue.repair_reading import asides_of, known_asides, open_incident, open_repair
from archive.catalogue.repair_writing import (
    begin_repair,
    end_repair,
    keep_aside,
    note_attempt,
    note_damage,
    note_intent,
    note_seen,
)
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.fixity import CopyResult, CopyState
from archive.repair.incidents import ended, opened
from archive.repair.outcome import Outcome, Repaired
from archive.repair.proof import Proof
from archive.repair.terms import Terms
from archive.storage.store import Aside


def begun(catalogue: Catalogue, proof: Proof, seen: CopyResult, source: str, terms: Terms) -> Repair:
    """The open repair of this copy: the one an earlier run began, or one begun now, to be tried from ``source`` first.

    The copies row says what was seen. What lies aside and is noted was there before; whatever else is found there under
    this key later was put there by this repair.
    """
    at = terms.now()
    with catalogue.transaction() as tx:
        note_seen(tx, proof.aip.id, seen.store, seen.state, at)
        standing = open_repair(tx, proof.aip.id, seen.store)
        if standing is None:
            asides = [
                item.name for item in asides_of(tx, proof.aip.id) if item.store == seen.store and not item.dropped_at
            ]
            standing = Repair(
                id=terms.new_id(),
                aip_id=proof.aip.id,
                store=seen.store,
                was=seen.state,
                damaged_sha256=seen.sha256,
                damaged_size_bytes=seen.size_bytes,
                asides_before=asides,
                from_store=source,
                begun_at=at,
                attempts=0,
                retry_at=at,
                problem="",
                outcome=Outcome.REPAIRED.value,
            )
            begin_repair(tx, standing)
        elif standing.damaged_sha256 is None and seen.sha256 is not None:
            note_damage(tx, standing.id, seen.state, seen.sha256, seen.size_bytes)
            standing = replace(standing, was=seen.state, damaged_sha256=seen.sha256, damaged_size_bytes=seen.size_bytes)
    return standing


def meant(catalogue: Catalogue, repair: Repair, outcome: Outcome, sources: tuple[str, ...]) -> None:
    """What this attempt is about to do; a later run that finds it done will say so."""
    with catalogue.transaction() as tx:
        note_intent(tx, repair.id, outcome=outcome.value, from_store=", ".join(sources))


def put_off(catalogue: Catalogue, repair: Repair, problem: str, terms: Terms) -> None:
    """Not now: tried again later, and later each time."""
    attempts = repair.attempts + 1
    rest = terms.retry_at(attempts)
    if repair.was is CopyState.UNREADABLE:
        rest = max(rest, terms.now() + terms.unreadable_apart)
    with catalogue.transaction() as tx:
        note_attempt(tx, repair.id, attempts=attempts, retry_at=rest, problem=problem)


def finished(
    catalogue: Catalogue,
    proof: Proof,
    repair: Repair,
    found_aside: list[Aside],
    outcome: Outcome,
    sources: tuple[str, ...],
    terms: Terms,
    *,
    reason: str = "",
) -> Repaired:
    """The copy was read back and is right: its state, the repair's end, its event and what lies aside, in one commit."""
    at = terms.now()
    new = [aside for aside in found_aside if aside.name not in repair.asides_before]
    names = tuple(aside.name for aside in new)
    with catalogue.transaction() as tx:
        note_seen(tx, proof.aip.id, repair.store, CopyState.OK, at)
        for number, aside in enumerate(new):
            # The first put there, and as long as the damaged bytes: it is them, as far as anybody has read them.
            first = number == 0 and aside.size_bytes == repair.damaged_size_bytes
            sha256 = repair.damaged_sha256 if first else None
            keep_aside(tx, kept_aside(repair.store, aside, proof.aip.id, terms, sha256=sha256, repair_id=repair.id))
        ends = end_repair(
            tx, repair.id, outcome=outcome.value, from_store=", ".join(sources) or repair.from_store, at=at
        )
        if ends and outcome is not Outcome.WHOLE:
            tx.append(
                _EVENTS[outcome],
                proof.aip.id,
                actor=terms.actor,
                at=at,
                data=_data(proof, repair, outcome, sources, names, reason),
            )
        incident_over(tx, proof.aip.id, terms)
    return Repaired(
        proof.aip.id, repair.store, outcome, sources, proof.sha256, repair.damaged_sha256, names,
        size_bytes=proof.size_bytes,
    )  # fmt: skip


def seen_whole(catalogue: Catalogue, aip_id: str, store: str, terms: Terms) -> None:
    """A copy thought bad is right."""
    with catalogue.transaction() as tx:
        note_seen(tx, aip_id, store, CopyState.OK, terms.now())
        incident_over(tx, aip_id, terms)


def contradicting(catalogue: Catalogue, proof: Proof, store: str, problem: str, terms: Terms) -> None:
    """A copy whose bytes are right and whose content says otherwise: nothing heals that, a person has to be told."""
    report = {
        "file_code": proof.aip.file_code,
        "expected": {"sha256": proof.sha256, "size_bytes": proof.size_bytes},
        "detail": problem,
        "contradicts_itself": True,
    }
    with catalogue.transaction() as tx:
        note_seen(tx, proof.aip.id, store, CopyState.OK, terms.now())
        opened(tx, IncidentKind.COPIES, proof.aip.id, report, terms)


def seen_bad(catalogue: Catalogue, aip_id: str, states: Mapping[str, CopyState], terms: Terms) -> None:
    """Copies that were to heal another one and turned out bad themselves. One that was not read is not called anything."""
    known = {store: state for store, state in states.items() if state in (CopyState.MISMATCH, CopyState.MISSING)}
    if known:
        with catalogue.transaction() as tx:
            for store, state in known.items():
                note_seen(tx, aip_id, store, state, terms.now())


def incident_over(tx: Transaction, aip_id: str, terms: Terms) -> None:
    """One copy is what both ledger and catalogue say: there is no longer none, and the two no longer disagree."""
    for kind, outcome, reason in (
        (IncidentKind.COPIES, IncidentOutcome.HEALED, "Đã có bản lưu nguyên vẹn trở lại."),
        (IncidentKind.PROOF, IncidentOutcome.OVER, "Sổ nhật ký và danh mục đã khớp trở lại."),
    ):
        standing = open_incident(tx, kind, aip_id)
        if standing is not None and not standing.report.get("contradicts_itself"):
            ended(tx, standing, outcome, by=terms.actor, reason=reason, terms=terms)


def adopt_unknown(catalogue: Catalogue, store: str, found: list[Aside], terms: Terms) -> int:
    """What lies aside and nobody noted (two repairs side by side, a kill) is noted now, with its time from now on."""
    with catalogue.read() as view:
        known = known_asides(view, store)
        unknown = [aside for aside in found if aside.name not in known]
        owners = {aside.name: view.aip_at(aside.key) for aside in unknown}
        # What an open repair has put there is noted when that repair ends, as its own.
        unknown = [
            aside
            for aside in unknown
            if (aip := owners[aside.name]) is None or open_repair(view, aip.id, store) is None
        ]
    if unknown:
        with catalogue.transaction() as tx:
            for aside in unknown:
                aip = owners[aside.name]
                keep_aside(tx, kept_aside(store, aside, aip.id if aip else "", terms))
    return len(unknown)


def kept_aside(
    store: str, aside: Aside, aip_id: str, terms: Terms, *, sha256: str | None = None, repair_id: str | None = None
) -> KeptAside:
    at = terms.now()
    return KeptAside(
        store, aside.name, aip_id, str(aside.key), aside.size_bytes, sha256, repair_id, at, at + terms.keep_damaged
    )


_EVENTS = {Outcome.REPAIRED: Event.AIP_COPY_REPAIRED, Outcome.REBUILT: Event.AIP_COPY_REBUILT}


def _data(
    proof: Proof, repair: Repair, outcome: Outcome, sources: tuple[str, ...], aside: tuple[str, ...], reason: str
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "aip_id": proof.aip.id,
        "store": repair.store,
        "sha256": proof.sha256,
        "size_bytes": proof.size_bytes,
        "was": repair.was.value,
        "damaged_sha256": repair.damaged_sha256,
        "damaged_size_bytes": repair.damaged_size_bytes,
        "aside": list(aside),
        "proof_seq": proof.seq,
    }
    if outcome is Outcome.REPAIRED:
        data["from_store"] = sources[0] if sources else repair.from_store
    else:
        data["from_stores"] = list(sources) or (repair.from_store or "").split(", ")
    if reason:
        data["reason"] = reason
    return data
