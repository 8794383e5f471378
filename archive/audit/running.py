"""One audit of one store: every copy that is due read once, whole; what was found written down as it is found.

take the run ─▶ plant the canaries ─▶ read what is due, oldest first ─▶ look for objects nobody claims ─▶ report, ledger

It may end anywhere and is gone on with by the next call, from where it stood, in a large package as well.
"""

from __future__ import annotations

import logging
import os
import random
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import BoundedSemaphore, Lock

from archive.audit import canary
from archive.audit.beginning import seen_at, take_run
from archive.audit.bookmark import forget_readings
from archive.audit.errors import AuditHaltedError
from archive.audit.examining import LONG_BYTES, Examiner
from archive.audit.holding import holder_here
from archive.audit.pace import AuditStopped, Pace
from archive.audit.plan import PAGE, InOrder, copies_of, with_canaries
from archive.audit.recording import Recorder
from archive.audit.report import Place, document, keep
from archive.audit.unclaimed import unclaimed
from archive.catalogue.audit_model import AuditRun, Canary, Coverage, Depth, Due, Overdue, RunState, Scope, Verdict
from archive.catalogue.audit_reading import (
    canaries_left,
    canaries_of,
    canaries_planted,
    coverage,
    findings,
    overdue,
)
from archive.catalogue.audit_writing import complete_run, note_planted, note_removed, record_canary
from archive.catalogue.catalogue import Catalogue
from archive.errors import StoreError
from archive.events import Event
from archive.fixity import CopyState
from archive.sealing.opening import NO_KEYS, Keys
from archive.steady_reading import PAUSES_SECONDS
from archive.storage.store import Store
from archive.storage_policy import AuditPolicy

_log = logging.getLogger(__name__)


NOWHERE = Place()


def _random() -> random.Random:
    return random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Means:
    """What a sitting works with besides catalogue and store.

    ``folder``: where reports wait for the stores and the reading of a large package is noted. ``readers``: so many
    copies are read side by side, as many as there are cores if None. ``chance``: canaries and their damage come of it.
    ``scratch``: where they are made; the system's folder for such things if None. ``keys``: what sealed packages are
    opened with when it is looked into them.
    """

    folder: Path
    now: Callable[[], datetime]
    actor: str = "luutru"
    readers: int | None = None
    cold: bool = True
    pauses_seconds: Sequence[float] = PAUSES_SECONDS
    chance: random.Random = field(default_factory=_random)
    scratch: Path | None = None
    keys: Keys = NO_KEYS


def audit_store(
    catalogue: Catalogue,
    store: Store,
    terms: AuditPolicy,
    means: Means,
    *,
    scope: Scope = Scope.ALL,
    depth: Depth = Depth.FULL,
    anew: bool = False,
    limit: int | None = None,
    place: Place = NOWHERE,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] | None = None,
) -> AuditRun:
    """One sitting of the audit of ``store``; the run as it stands afterwards, completed or not.

    Ends early when ``stopping`` says so, after ``limit`` copies, and when the store is away (``AuditRun.trouble``): the
    next call goes on. ``anew``: from the beginning instead. ``progress`` is told the bytes read, by several threads.
    Raises AuditRunningError when another sitting is under way, CatalogueError and AuditHaltedError when results cannot
    be written down; a bad copy is a result.
    """
    pace = Pace(terms.read_rate_bytes, stopping, told=progress)
    holder = holder_here()
    run = take_run(
        catalogue,
        store.name,
        scope=scope,
        depth=depth,
        interval=timedelta(days=terms.interval_days),
        anew=anew,
        actor=means.actor,
        holder=holder,
        at=means.now(),
    )
    return _Sitting(catalogue, store, terms, means, run, holder, pace, limit, place).go()


class _Sitting:
    """One process with one run, from taking it to completing it or leaving it for the next."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: Store,
        terms: AuditPolicy,
        means: Means,
        run: AuditRun,
        holder: str,
        pace: Pace,
        limit: int | None,
        place: Place,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._terms = terms
        self._means = means
        self._run = run
        self._holder = holder
        self._pace = pace
        self._limit = limit
        self._place = place
        self._trouble = ""
        self._defect: BaseException | None = None
        self._looking = Lock()
        self._in_order = InOrder()
        bookmark = means.folder / f"{run.id}.reading"
        means.folder.mkdir(parents=True, exist_ok=True)
        forget_readings(means.folder, catalogue)
        self._examiner = Examiner(store, run.depth, pace, bookmark, means.cold, means.pauses_seconds, means.keys)

    def go(self) -> AuditRun:
        birds = self._planted()
        recorder = Recorder(
            self._catalogue,
            self._run,
            holder=self._holder,
            actor=self._means.actor,
            now=self._means.now,
            canaries=frozenset(bird.id for bird in birds),
            bytes_read=lambda: self._pace.bytes_read,
            lost=self._pace.stop,
        )
        try:
            whole = self._read(recorder, [bird for bird in birds if bird.planted and bird.found_state is None])
            if whole:
                whole = self._look_for_extra(recorder)
            recorder.stop()
            return self._complete(recorder.run) if whole else recorder.release(self._trouble)
        except BaseException:
            self._pace.stop()
            with suppress(Exception):  # what ended us is what is told; a run that is not released is taken over later
                recorder.stop()
                recorder.release()
            raise

    def _planted(self) -> list[Canary]:
        """The canaries of this run, those an earlier sitting has planted or new ones; what other runs left is cleared."""
        with self._catalogue.read() as view:
            left = canaries_left(view, self._store.name)
            known = canaries_of(view, self._run.id)
            before = canaries_planted(view, self._store.name)
        self._clear([*left, *(bird for bird in known if not bird.planted)])
        standing = [bird for bird in known if bird.planted]
        suffered = {bird.damage for bird in standing}
        wanted = canary.damages(before, self._run.depth)
        # An earlier sitting had its turn of the damages already; the one that deep audits want besides may be missing.
        missing = [
            damage for damage in wanted if not standing or (damage == canary.CONTRADICTION and damage not in suffered)
        ]
        return [*standing, *map(self._plant, missing)]

    def _plant(self, damage: str) -> Canary:
        """Written down before it lies in the store, so that nothing lies there of which nobody knows."""
        made = canary.make(
            self._run.id,
            self._store.name,
            str(uuid.uuid4()),
            damage,
            self._means.now(),
            self._means.chance,
            self._means.scratch,
        )
        with self._catalogue.transaction() as tx:
            record_canary(tx, made.canary)
        try:
            canary.plant(self._store, made)
        except StoreError as error:
            _log.warning("canary of %s: %s %s", self._store.name, error.message, error.detail)
            return made.canary
        with self._catalogue.transaction() as tx:
            note_planted(tx, made.canary.id)
        return replace(made.canary, planted=True)

    def _clear(self, birds: Sequence[Canary]) -> None:
        gone = [bird.id for bird in birds if bird.removed_at is None and canary.clear(self._store, bird)]
        if gone:
            with self._catalogue.transaction() as tx:
                for canary_id in gone:
                    note_removed(tx, canary_id, self._means.now())

    def _read(self, recorder: Recorder, birds: Sequence[Canary]) -> bool:
        """Small packages side by side, a large one by all cores at once. True when nothing is left to be read."""
        readers = self._means.readers or len(os.sched_getaffinity(0))
        room = BoundedSemaphore(2 * readers)
        plan = with_canaries(
            copies_of(self._catalogue, self._run, self._means.now),
            birds,
            min(self._limit or PAGE, PAGE),
            self._means.chance,
        )
        taken = 0
        own = {bird.id for bird in birds}

        def side_by_side(due: Due) -> None:
            try:
                self._read_one(recorder, due, 1)
            finally:
                room.release()

        with ThreadPoolExecutor(readers, thread_name_prefix=f"audit {self._store.name}") as pool:
            try:
                for due in plan:
                    if self._pace.stopped or (
                        self._limit is not None and taken >= self._limit and due.aip_id not in own
                    ):
                        return False
                    taken += due.aip_id not in own
                    if self._run.depth is Depth.ATTRIBUTES and due.aip_id not in own:
                        self._in_order.begin(due)
                    if due.size_bytes < LONG_BYTES:
                        room.acquire()
                        pool.submit(side_by_side, due)
                        continue
                    for _ in range(2 * readers):
                        room.acquire()
                    for _ in range(2 * readers):
                        room.release()
                    self._read_one(recorder, due, None)
            except BaseException:
                self._pace.stop()
                raise
        if self._defect is not None:
            raise self._defect
        return not self._pace.stopped

    def _read_one(self, recorder: Recorder, due: Due, threads: int | None) -> None:
        try:
            if self._pace.stopped:
                return
            if self._run.depth is Depth.ATTRIBUTES and self._examiner.attribute_agrees(due):
                recorder.add_agreeing()
            else:
                result = self._examiner.examine(due, threads=threads)
                if result.state is CopyState.UNREADABLE and not self._store_answers():
                    return
                recorder.add(due, result)
            if self._run.depth is Depth.ATTRIBUTES:
                recorder.reach(lambda: self._in_order.end(due))
        except AuditStopped:
            pass
        except BaseException as error:
            self._defect = error
            self._pace.stop()

    def _store_answers(self) -> bool:
        """Whether the store itself is there. When it is away, nothing is said of its copies: they were not read."""
        with self._looking:
            if self._trouble:
                return False
            try:
                next(iter(self._store.keys("aip")), None)
            except StoreError as error:
                self._trouble = error.message
                _log.warning("audit of %s halted: %s %s", self._store.name, error.message, error.detail)
                self._pace.stop()
            return not self._trouble

    def _look_for_extra(self, recorder: Recorder) -> bool:
        try:
            for key in unclaimed(self._catalogue, self._store, self._pace.require_going):
                recorder.add_extra(key)
        except AuditStopped:
            return False
        except StoreError as error:
            self._trouble = error.message
            return False
        return True

    def _complete(self, run: AuditRun) -> AuditRun:
        """Report first, then run and ledger in one transaction; the canaries go when all that is known."""
        at = seen_at(run, self._means.now())
        interval = timedelta(days=self._terms.interval_days)
        with self._catalogue.read() as view:
            birds = canaries_of(view, run.id)
            covered = coverage(view, run.store, at)
            late = overdue(view, run.store, at, interval)
            run = replace(run, verdict=_verdict(run, birds, covered, late))
            told = document(
                run,
                place=self._place,
                canaries=birds,
                findings=findings(view, run.id),
                coverage=covered,
                overdue=late,
                at=at,
            )
        verdict = run.verdict or Verdict.CANARY_MISSED
        sha256 = keep(self._means.folder, run.id, told)
        bird = "missed" if verdict is Verdict.CANARY_MISSED else "found"
        with self._catalogue.transaction() as tx:
            if not complete_run(tx, run, holder=self._holder, at=at, verdict=verdict, report_sha256=sha256):
                raise AuditHaltedError(f"Đợt kiểm tra kho «{run.store}» đã được một tiến trình khác tiếp nhận.")
            actor = self._means.actor
            facts = {
                "run_id": run.id,
                "store": run.store,
                "scope": run.scope.value,
                "depth": run.depth.value,
                "counts": dict(run.counts),
                "overdue": late.whole.copies,
                "bytes": run.bytes_read,
                "verdict": verdict.value,
                "report_sha256": sha256,
                "canary": bird,
            }
            tx.append(Event.AUDIT_RUN_COMPLETED, run.id, actor=actor, at=at, data=facts)
            if verdict is Verdict.CANARY_MISSED:
                missed = [{"id": item.id, "damage": item.damage} for item in birds if not item.found]
                data = {"run_id": run.id, "store": run.store, "canaries": missed}
                tx.append(Event.AUDIT_CANARY_MISSED, run.id, actor=actor, at=at, data=data)
        self._clear(birds)
        return replace(
            run, state=RunState.COMPLETED, report_sha256=sha256, ended_at=at, holder=None, held_until=None, trouble=""
        )


def _verdict(run: AuditRun, birds: Sequence[Canary], covered: Coverage, late: Overdue) -> Verdict:
    """What this run has found counts, and what is known to be bad though this run had not to look at it."""
    planted = [bird for bird in birds if bird.planted]
    if not planted or not all(bird.found for bird in planted):
        return Verdict.CANARY_MISSED
    red = late.whole.copies + sum(run.counts.get(state.value, 0) for state in CopyState if state.red)
    red += sum(count for state, count in covered.states.items() if state.red)
    return Verdict.RED if red else Verdict.GREEN
