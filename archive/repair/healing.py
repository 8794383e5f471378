"""Healing one copy, in an order in which a kill at any instruction loses nothing and the next run goes on.

the ledger's record about it, as the signed checkpoints say? ── no ──▶ incident, nothing is touched
     │ yes
read the copy ─ right? ──────────────────────────────────────────────▶ said so, left alone
     │ damaged or missing
intent into the catalogue ─▶ another copy, read whole, hashed, written beside ─ right? ─▶ takes the place, the damaged
     │                                                                                     bytes are put aside
     │ no copy is whole                                                                       │
     └─▶ good parts of several ─ the ledger's digest? ─▶ take the place ──────────────────────┤
               │ no                                                                           ▼
               └─▶ incident                                        read back in full ─▶ state, event, asides: one commit

Killed before the place is taken: the copy is still damaged, and all begins anew. Killed after it: the next run finds the
copy whole and its own intent open, and writes the end that is missing. An intent without either is ended silently.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.catalogue.audit_reading import findings_of
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.model import Copy
from archive.catalogue.repair_model import IncidentKind, Repair
from archive.catalogue.repair_reading import open_repair
from archive.destruction.late_writing import withdrawn
from archive.errors import StoreError
from archive.fixity import CopyResult, CopyState, verify_copy
from archive.lifecycle import State
from archive.repair import records
from archive.repair.copying import SourceUnprovenError, copy_proven, is_there, write_proven
from archive.repair.errors import DigestUnprovenError, StoreUnknownError
from archive.repair.incidents import opened
from archive.repair.outcome import Outcome, Repaired
from archive.repair.proof import Proof, proof_of
from archive.repair.rebuild import Examination, Puzzle
from archive.repair.sealed import SealedLedger
from archive.repair.terms import Terms
from archive.storage.store import Store


def repair_copy(
    catalogue: Catalogue,
    stores: Sequence[Store],
    aip_id: str,
    store_name: str,
    terms: Terms | None = None,
    *,
    unreadable_too: bool = False,
    reason: str = "",
    sealed: SealedLedger | None = None,
) -> Repaired:
    """The copy of ``aip_id`` in ``store_name`` is right again, or nothing of it was changed.

    It is read first; one that is right is left alone. Another copy heals it only by bytes whose number and SHA-256 are
    those ledger and catalogue agree on and the signed checkpoints confirm (``sealed``: what a job has found out about
    them already), taken while they are copied. The copy is called OK after being read back whole.
    An unreadable copy is retried, and replaced only by a person's word (``unreadable_too`` with ``reason``) or after
    ``terms.unreadable_times`` attempts at it. Harmless to repeat and to run beside itself.

    Raises StoreUnknownError, PackageUnknownError, CatalogueError; RepairStoppedError when told to stop.
    """
    terms = terms or Terms()
    target = next((store for store in stores if store.name == store_name), None)
    if target is None:
        raise StoreUnknownError(f"Không có kho «{store_name}».", detail=store_name)
    try:
        with catalogue.read() as view:
            proof = proof_of(view, aip_id)
            if not _healable(view.submission(proof.aip.submission_id).state, view.copies(aip_id), store_name):
                return Repaired(aip_id, store_name, Outcome.LEFT)
            standing = open_repair(view, aip_id, store_name)
        (sealed or SealedLedger(catalogue, stores, terms.public_keys, terms.went_on)).require(proof)
    except DigestUnprovenError as error:
        with catalogue.transaction() as tx:
            opened(tx, IncidentKind.PROOF, aip_id, {"code": error.code, "detail": error.detail}, terms)
        return Repaired(aip_id, store_name, Outcome.INCIDENT, problem=error.message)
    return _Healing(catalogue, stores, target, proof, terms, reason).heal(standing, unreadable_too)


class _Healing:
    """One copy, once."""

    def __init__(
        self, catalogue: Catalogue, stores: Sequence[Store], target: Store, proof: Proof, terms: Terms, reason: str
    ) -> None:
        self._catalogue = catalogue
        self._stores = stores
        self._target = target
        self._others = [store for store in stores if store is not target]
        self._proof = proof
        self._terms = terms
        self._reason = reason

    def heal(self, standing: Repair | None, unreadable_too: bool) -> Repaired:
        seen = self._seen(in_one_stream=True)
        if seen.ok:
            return self._found_whole(standing)
        if seen.state is CopyState.UNREADABLE and not is_there(self._target):
            return self._waiting(f"Kho «{self._target.name}» không có mặt.")
        first = self._others[0].name if self._others else ""
        repair = records.begun(self._catalogue, self._proof, seen, first, self._terms)
        if seen.state is CopyState.UNREADABLE and not (
            unreadable_too or repair.attempts + 1 >= self._terms.unreadable_times
        ):
            return self._put_off(repair, "Không đọc được bản lưu; sẽ đọc lại trước khi thay.")
        try:
            done = self._replaced(repair, seen)
        except StoreError as error:
            done = self._put_off(repair, error.message)
        aip_id, now = self._proof.aip.id, self._terms.now
        if withdrawn(self._catalogue, [self._target], aip_id, now):
            return Repaired(aip_id, self._target.name, Outcome.LEFT)
        return done

    def _replaced(self, repair: Repair, seen: CopyResult) -> Repaired:
        """Raises StoreError of the target: nothing, or the right object, is then in its place."""
        states: dict[str, CopyState] = {}
        for source in self._others:
            if (repair.outcome, repair.from_store) != (Outcome.REPAIRED, source.name) or states:
                records.meant(self._catalogue, repair, Outcome.REPAIRED, (source.name,))
            try:
                copy_proven(source, self._target, self._proof, seen.state, self._terms)
            except SourceUnprovenError as error:
                states[source.name] = error.state
                continue
            records.seen_bad(self._catalogue, self._proof.aip.id, states, self._terms)
            return self._read_back(repair, Outcome.REPAIRED, (source.name,))
        records.seen_bad(self._catalogue, self._proof.aip.id, states, self._terms)
        return self._rebuilt(repair, seen, states)

    def _rebuilt(self, repair: Repair, seen: CopyResult, states: dict[str, CopyState]) -> Repaired:
        with self._catalogue.read() as view:
            documents = list(view.documents(self._proof.aip.id))
        with Puzzle(self._proof, self._stores, documents, self._terms) as puzzle:
            found = puzzle.examined()
            if found.plan is not None:
                records.meant(self._catalogue, repair, Outcome.REBUILT, found.sources)
                if write_proven(puzzle.pieces(found.plan), self._target, self._proof, seen.state):
                    return self._read_back(repair, Outcome.REBUILT, found.sources)
        states = {self._target.name: seen.state, **states}
        hopeful = CopyState.UNREADABLE in states.values() and repair.attempts + 1 < self._terms.unreadable_times
        if hopeful:
            return self._put_off(repair, "Chưa có bản lưu nào đọc được đúng; có kho chưa đọc được.")
        return self._incident(repair, states, found)

    def _incident(self, repair: Repair, states: dict[str, CopyState], found: Examination) -> Repaired:
        report = {
            "file_code": self._proof.aip.file_code,
            "expected": {"sha256": self._proof.sha256, "size_bytes": self._proof.size_bytes},
            "copies": {store: state.value for store, state in sorted(states.items())},
            **found.as_json(),
        }
        with self._catalogue.transaction() as tx:
            opened(tx, IncidentKind.COPIES, self._proof.aip.id, report, self._terms)
        problem = "Không có bản lưu nào nguyên vẹn, và các phần còn đúng không ghép được thành gói đúng."
        self._put_off(repair, problem)
        return Repaired(self._proof.aip.id, self._target.name, Outcome.INCIDENT, problem=problem)

    def _read_back(self, repair: Repair, outcome: Outcome, sources: tuple[str, ...]) -> Repaired:
        """A copy counts when its bytes were read again from the medium, whatever the store said of writing them."""
        seen = self._seen(in_one_stream=False)
        if not seen.ok:
            return self._put_off(repair, f"Bản vừa ghi đọc lại không đúng ({seen.state.value}).")
        return self._finished(repair, outcome, sources)

    def _found_whole(self, standing: Repair | None) -> Repaired:
        """Right without us, or by a run of ours that did not live to say so: then what it put aside shows it."""
        if standing is None and self._contradicts_itself():
            problem = "Các byte đúng như đã ghi, nhưng gói tin tự mâu thuẫn bên trong: không có gì để phục hồi từ đó."
            records.contradicting(self._catalogue, self._proof, self._target.name, problem, self._terms)
            return Repaired(self._proof.aip.id, self._target.name, Outcome.INCIDENT, problem=problem)
        if standing is None:
            records.seen_whole(self._catalogue, self._proof.aip.id, self._target.name, self._terms)
            return Repaired(self._proof.aip.id, self._target.name, Outcome.WHOLE, sha256=self._proof.sha256)
        new = {item.name for item in self._target.aside(self._proof.key)} - set(standing.asides_before)
        ours = standing.outcome is not None and (new or standing.was is CopyState.MISSING)
        outcome = Outcome(standing.outcome) if ours and standing.outcome else Outcome.WHOLE
        sources = tuple((standing.from_store or "").split(", ")) if ours and standing.from_store else ()
        return self._finished(standing, outcome, sources)

    def _contradicts_itself(self) -> bool:
        """Whether what an audit called bad are these very bytes: a deep look inside found what no other copy can heal."""
        aip_id, store = self._proof.aip.id, self._target.name
        with self._catalogue.read() as view:
            if all(copy.state is CopyState.OK for copy in view.copies(aip_id) if copy.store == store):
                return False
            found = next((item for item in findings_of(view, aip_id) if item.store == store), None)
        return found is not None and (found.size_bytes, found.sha256) == (self._proof.size_bytes, self._proof.sha256)

    def _finished(self, repair: Repair, outcome: Outcome, sources: tuple[str, ...]) -> Repaired:
        aside = list(self._target.aside(self._proof.key))
        return records.finished(
            self._catalogue, self._proof, repair, aside, outcome, sources, self._terms, reason=self._reason
        )

    def _seen(self, *, in_one_stream: bool) -> CopyResult:
        """Read whole, cold. In one stream the digest of other bytes is known; by layout all cores share the work."""
        return verify_copy(
            self._target,
            self._proof.key,
            self._proof.sha256,
            self._proof.size_bytes,
            layout_sha256=None if in_one_stream else self._proof.layout_sha256,
            pauses_seconds=self._terms.pauses_seconds,
            progress=self._terms.went_on,
        )

    def _put_off(self, repair: Repair, problem: str) -> Repaired:
        records.put_off(self._catalogue, repair, problem, self._terms)
        return self._waiting(problem)

    def _waiting(self, problem: str) -> Repaired:
        return Repaired(self._proof.aip.id, self._target.name, Outcome.WAITING, problem=problem)


def _healable(state: State, copies: Sequence[Copy], store: str) -> bool:
    """A stored package, and a copy the catalogue knows to have been there."""
    known = [copy for copy in copies if copy.store == store]
    return state is State.STORED and bool(known) and known[0].state is not CopyState.AWAITED
