"""What a sitting has seen, written down in batches: copies, findings, ledger and progress of a run move together.

Whatever is killed, a copy either has its result with everything that belongs to it, or is still to be read.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Condition, Lock, Thread
from typing import Any

from archive.audit.beginning import seen_at
from archive.audit.errors import AuditHaltedError
from archive.audit.holding import HELD
from archive.catalogue.audit_model import AuditFinding, AuditRun, Depth, Due
from archive.catalogue.audit_writing import (
    Seen,
    known_findings,
    note_found,
    note_progress,
    record_findings,
    record_seen,
)
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.writing import Transaction
from archive.errors import CatalogueError
from archive.events import Event
from archive.fixity import CopyResult, CopyState
from archive.storage.key import Key

FLUSH_SECONDS = 2.0
BATCH = 1000
_MOST_WAITING = 5 * BATCH

ATTRIBUTE_OK = "attribute-ok"
"""The count of copies of which only the store's own word was heard."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Result:
    due: Due
    state: CopyState
    size_bytes: int | None
    sha256: str | None
    detail: str
    findings: tuple[Mapping[str, Any], ...]


class Recorder:
    """Takes results from any thread; a thread of its own writes them down, every two seconds or thousand results.

    A catalogue that fails is tried again for ``patience_seconds``.
    ``lost`` is called, once, when nothing more can be written: the run is another's now, or the catalogue is away.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        run: AuditRun,
        *,
        holder: str,
        actor: str,
        now: Callable[[], datetime],
        canaries: frozenset[str],
        bytes_read: Callable[[], int],
        lost: Callable[[], None],
        patience_seconds: float = 120.0,
    ) -> None:
        self.run = run
        self._position = run.position
        self._catalogue = catalogue
        self._holder = holder
        self._actor = actor
        self._now = now
        self._canaries = canaries
        self._bytes_read = bytes_read
        self._lost = lost
        self._begun = time.monotonic()
        self._bytes_before, self._seconds_before = run.bytes_read, run.reading_seconds
        self._patience_seconds = patience_seconds
        self._more = Condition()
        self._writing = Lock()
        self._pending: list[_Result] = []
        self._agreed = 0
        self._extra: list[Key] = []
        self._failure: Exception | None = None
        self._ended = False
        self._thread = Thread(target=self._write_on, name=f"audit {run.store}", daemon=True)
        self._thread.start()

    def add(self, due: Due, result: CopyResult) -> None:
        """Waits while too much waits to be written."""
        findings = tuple(finding.as_json() for finding in result.findings)
        item = _Result(due, result.state, result.size_bytes, result.sha256, result.detail, findings)
        with self._more:
            self._pending.append(item)
            self._wait_for_room()

    def add_agreeing(self) -> None:
        """A copy of which the store said what is recorded; it was not read."""
        with self._more:
            self._agreed += 1

    def reach(self, place: Callable[[], Mapping[str, Any] | None]) -> None:
        """Everything up to ``place`` was added; None: no further than before. Written down together with all of that."""
        with self._more:
            self._position = place() or self._position

    def add_extra(self, key: Key) -> None:
        """An object no record claims."""
        with self._more:
            self._extra.append(key)
            self._wait_for_room()

    def flush(self) -> None:
        """Everything added so far is written down when this returns; raises what keeps it from being."""
        self._require_sound()
        while self._write_patiently():
            pass

    def stop(self) -> None:
        """Nothing is added any more, and everything added is written down; raises what keeps it from being."""
        with self._more:
            self._ended = True
            self._more.notify_all()
        self._thread.join()
        self.flush()

    def release(self, trouble: str = "") -> AuditRun:
        """The run as it stands, for whoever goes on with it. Only after ``stop``."""
        self._write(ending=True, trouble=trouble)
        return replace(self.run, holder=None, held_until=None, trouble=trouble)

    def _wait_for_room(self) -> None:
        if len(self._pending) + len(self._extra) >= BATCH:
            self._more.notify_all()
        while len(self._pending) + len(self._extra) >= _MOST_WAITING and self._failure is None and not self._ended:
            self._more.wait(1.0)

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _write_on(self) -> None:
        try:
            while True:
                with self._more:
                    if not self._ended and len(self._pending) + len(self._extra) < BATCH:
                        self._more.wait(FLUSH_SECONDS)
                    if self._ended:
                        return
                self._write_patiently()
        except Exception as error:
            with self._more:
                self._failure = error
                self._more.notify_all()
            self._lost()

    def _write_patiently(self) -> bool:
        """A catalogue that fails for a while keeps nothing from being written; for longer, its error is raised."""
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                return self._write()
            except CatalogueError as error:
                _log.warning("audit of %s cannot write: %s %s", self.run.store, error.message, error.detail)
                if time.monotonic() > until:
                    raise
                time.sleep(FLUSH_SECONDS)

    def _write(self, *, ending: bool = False, trouble: str = "") -> bool:
        """Some of what waits; True when more does. What could not be written stays for the next time."""
        with self._writing:
            with self._more:
                pending, extra, agreed = self._pending[:BATCH], self._extra[:BATCH], self._agreed
                # What is left for the next time lies before the place reached perhaps: then the place is for it too.
                position = self._position if len(pending) == len(self._pending) else self.run.position
            at = seen_at(self.run, self._now())
            counts = Counter(self.run.counts)
            if agreed:
                counts[ATTRIBUTE_OK] += agreed
            with self._catalogue.transaction() as tx:
                self._record_copies(tx, [item for item in pending if item.due.aip_id not in self._canaries], counts, at)
                for item in pending:
                    if item.due.aip_id in self._canaries:
                        note_found(tx, item.due.aip_id, item.state, at)
                self._record_extra(tx, extra, counts, at)
                run = replace(
                    self.run,
                    counts=dict(counts),
                    bytes_read=self._bytes_before + self._bytes_read(),
                    reading_seconds=self._seconds_before + round(time.monotonic() - self._begun),
                    position=position,
                )
                until = None if ending else at + HELD
                if not note_progress(tx, run, holder=self._holder, until=until, trouble=trouble):
                    raise AuditHaltedError(
                        f"Đợt kiểm tra kho «{run.store}» đã được một tiến trình khác tiếp nhận.", detail=run.id
                    )
            with self._more:
                self.run = run
                del self._pending[: len(pending)]
                del self._extra[: len(extra)]
                self._agreed -= agreed
                self._more.notify_all()
                return bool(self._pending or self._extra)

    def _record_copies(self, tx: Transaction, results: Sequence[_Result], counts: Counter[str], at: datetime) -> None:
        store = self.run.store
        superseded = record_seen(
            tx, store, [Seen(item.due.aip_id, item.state, item.due.seen_at) for item in results], at
        )
        results = [item for item in results if item.due.aip_id not in superseded]
        counts.update(item.state.value for item in results)
        red = [item for item in results if item.state.red]
        known = known_findings(tx, self.run.id, [item.due.key for item in red])
        record_findings(tx, (self._finding(item, at) for item in red))
        for item in red:
            if item.due.key not in known:
                tx.append(
                    Event.AIP_FIXITY_REFUTED,
                    item.due.aip_id,
                    actor=self._actor,
                    at=at,
                    data={
                        "aip_id": item.due.aip_id,
                        "run_id": self.run.id,
                        "deep": self.run.depth is Depth.DEEP,
                        "copies": {store: item.state.value},
                    },
                )

    def _record_extra(self, tx: Transaction, keys: Sequence[Key], counts: Counter[str], at: datetime) -> None:
        known = known_findings(tx, self.run.id, keys)
        new = [key for key in dict.fromkeys(keys) if key not in known]
        if new:
            counts[CopyState.EXTRA.value] += len(new)
        record_findings(tx, (AuditFinding(self.run.id, key, self.run.store, None, CopyState.EXTRA, at) for key in new))

    def _finding(self, item: _Result, at: datetime) -> AuditFinding:
        return AuditFinding(
            run_id=self.run.id,
            key=item.due.key,
            store=self.run.store,
            aip_id=item.due.aip_id,
            state=item.state,
            found_at=at,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            detail=item.detail[:2000],
            findings=item.findings[:100],
        )
