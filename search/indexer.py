"""The follower: keeps the index level with the ledger, from wherever it stopped.

    ledger events  →  AIPs made searchable  →  bulk, acknowledged  →  cursor saved

Stopped anywhere, it does some work again; never does it leave something out: the cursor moves only past what the index
has acknowledged as durable, and the index document of a hồ sơ is written after those of all its documents.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from archive.events import Event
from search.index import Generation, SearchIndex
from search.record import IndexableAip
from search.writer import BATCH_BYTES, Refusal, Settled, Writer

__all__ = ["INDEXED_EVENT", "INDEXED_EVENTS", "Followed", "Follower", "Refusal", "Source"]

INDEXED_EVENT = Event.AIP_COPIES_VERIFIED.value
"""An AIP becomes searchable when all its copies were read back: what is found can be fetched."""

MODE_EVENT = Event.RECORD_MODE_DECIDED.value
"""Another mode of use: the AIP is indexed anew, and the text of what is restricted now leaves the index."""

INDEXED_EVENTS = frozenset({INDEXED_EVENT, MODE_EVENT})

_EVENTS_PAGE = 500
_SWEEP_EVERY_SECONDS = 60.0
_REMEMBERED = 20_000


class Source(Protocol):
    """What the follower needs of the archive. ``events_after`` gives (sequence, event, subject, data) in ledger order.

    The cursor is kept for each generation of the index: a fresh index (first start, rebuild, lost data folder) has none
    (``load_cursor`` says 0) and is filled from the first event. ``save_cursor`` is durable when it returns. ``aip`` is
    None for an AIP that is no longer held; ``held`` says which of several are. ``total`` is how many index documents
    (hồ sơ and documents) a complete index has. ``record_refusals`` keeps what was refused; the same may come again.
    """

    def events_after(self, cursor: int, limit: int) -> Sequence[tuple[int, str, str, Mapping[str, Any]]]: ...

    def aip(self, aip_id: str) -> IndexableAip | None: ...

    def held(self, aip_ids: frozenset[str]) -> frozenset[str]: ...

    def total(self) -> int: ...

    def load_cursor(self, generation: str) -> int: ...

    def save_cursor(self, generation: str, seq: int) -> None: ...

    def record_refusals(self, seq: int, refusals: Sequence[Refusal]) -> None: ...


@dataclass(slots=True)
class Followed:
    """What one call did. ``cursor`` is the last event the index is level with."""

    cursor: int = 0
    aips: int = 0
    documents: int = 0
    removed: int = 0
    refusals: list[Refusal] = field(default_factory=list)


class Follower:
    """Brings the index behind ``index`` level with ``source``."""

    def __init__(
        self,
        source: Source,
        index: SearchIndex,
        *,
        batch_bytes: int = BATCH_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._index = index
        self._batch_bytes = batch_bytes
        self._monotonic = monotonic
        self._swept_at: float | None = None

    def follow(self, progress: Callable[[int], None] = lambda seq: None) -> Followed:
        """Indexes every event up to the last one there is; ``progress`` hears each cursor as it is saved.

        Raises IndexUnavailableError with the cursor where it was last saved: calling again goes on from there. What it
        returns as indexed is found by searches. An index made by an earlier version of the mapping is rebuilt; while
        another process does that, RebuildRunningError.
        """
        generation = self._index.ensure()
        if generation.outdated:
            return self.rebuild()
        done = self._run(generation, lambda settled, cursor: progress(cursor))
        if done.aips or done.refusals:
            self._index.refresh()
        self._sweep()
        return done

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Followed:
        """A fresh index from the first event on, put in the place of the old one at once when it is level.

        Searches and ``follow`` go on with the old one until then, and pages opened on it for ten minutes more. Stopped
        anywhere, even by kill -9, the next call goes on where this one was. ``progress`` hears index documents written
        and how many there will be. Raises RebuildRunningError while another rebuild of this index goes on.
        """
        with self._index.rebuild_lock() as lock:
            self._index.sweep()
            successor = self._index.successor()
            total = self._source.total()
            self._index.refresh(successor)
            written = self._index.count(within=successor.name)

            def heard(settled: Settled | None, cursor: int) -> None:
                nonlocal written
                lock.renew()
                written += settled.entries if settled else 0
                progress(min(written, total), total)

            done = self._run(successor, heard)
            lock.renew(at_once=True)
            self._index.switch_to(successor)
            # What came in while it was switched, and what the old one had and this one not yet, is not missed for long.
            done = _both(done, self._run(successor, heard))
            self._index.refresh()
            progress(total, total)
            return done

    def reindex(self, aip_ids: Sequence[str]) -> Followed:
        """These AIPs written anew into the live index as they are now; those no longer held leave it."""
        generation = self._index.ensure()
        cursor = self._source.load_cursor(generation.uuid)
        run = _Run(self._source, self._index, generation, self._batch_bytes, lambda settled, seq: None, save=False)
        with run.writer:
            for aip_id in aip_ids:
                run.take(cursor, aip_id)
            run.settle()
        self._index.refresh()
        return run.done

    def cursor(self) -> int:
        """The last event the index is level with; 0 for an index not made yet."""
        generation = self._index.current()
        return 0 if generation is None else self._source.load_cursor(generation.uuid)

    def lag(self, last_seq: int) -> int:
        """How many events of the ledger the index has still to see."""
        return max(0, last_seq - self.cursor())

    # -- inside --------------------------------------------------------------------------------------------------

    def _run(self, generation: Generation, heard: Callable[[Settled | None, int], None]) -> Followed:
        run = _Run(self._source, self._index, generation, self._batch_bytes, heard)
        with run.writer:
            while page := self._source.events_after(run.read, _EVENTS_PAGE):
                for seq, event, subject, _ in page:
                    if event in INDEXED_EVENTS and not run.knows(subject, seq):
                        run.take(seq, subject)
                    run.passed(seq)
                run.pause()
            run.settle()
        return run.done

    def _sweep(self) -> None:
        now = self._monotonic()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY_SECONDS:
            self._index.sweep()
            self._swept_at = now


class _Run:
    """One pass over the ledger: what is being written and how far everything before it is settled."""

    def __init__(
        self,
        source: Source,
        index: SearchIndex,
        generation: Generation,
        batch_bytes: int,
        heard: Callable[[Settled | None, int], None],
        *,
        save: bool = True,
    ) -> None:
        self._source = source
        self._index = index
        self._generation = generation
        self._heard = heard
        self._save = save
        self._as_of: OrderedDict[str, int] = OrderedDict()
        self.writer = Writer(index, generation, self._settled, batch_bytes=batch_bytes)
        self.read = source.load_cursor(generation.uuid)
        """The last event whose index documents have all been put."""
        self.writer.covered = self.read
        self.done = Followed(cursor=self.read)

    def knows(self, aip_id: str, seq: int) -> bool:
        """Whether the AIP was read in this pass at a time when the ledger already had this record."""
        return self._as_of.get(aip_id, 0) >= seq

    def take(self, seq: int, aip_id: str) -> None:
        aip = self._source.aip(aip_id)
        if aip is None:
            self.writer.settle()
            self.done.removed += self._index.remove(self._generation, aip_id)
            return
        self.done.documents += self.writer.put_aip(seq, aip)
        self.done.aips += 1
        self._as_of[aip_id] = aip.as_of
        while len(self._as_of) > _REMEMBERED:
            self._as_of.popitem(last=False)

    def passed(self, seq: int) -> None:
        self.read = self.writer.covered = seq

    def pause(self) -> None:
        """Moves the cursor past events that gave nothing to write."""
        if self.writer.idle:
            self._moved(None, self.read)

    def settle(self) -> None:
        self.writer.settle()
        self._moved(None, self.read)

    def _settled(self, settled: Settled) -> None:
        """Refusals recorded, then what left the archive meanwhile removed, then the cursor moved: nothing is lost."""
        by_seq: dict[int, list[Refusal]] = {}
        for seq, refusal in settled.refusals:
            by_seq.setdefault(seq, []).append(refusal)
        for seq, refusals in by_seq.items():
            self._source.record_refusals(seq, refusals)
            self.done.refusals += refusals
        # Whoever ends an AIP first ends it in the catalogue and then removes it here: so either this sees it gone, or
        # that removal comes after this write.
        for gone in sorted(settled.aip_ids - self._source.held(settled.aip_ids)):
            self.done.removed += self._index.remove(self._generation, gone)
        self._moved(settled, settled.covered)

    def _moved(self, settled: Settled | None, seq: int) -> None:
        if seq > self.done.cursor:
            if self._save:
                self._source.save_cursor(self._generation.uuid, seq)
            self.done.cursor = seq
        elif settled is None:
            return
        self._heard(settled, self.done.cursor)


def _both(first: Followed, second: Followed) -> Followed:
    return Followed(
        second.cursor,
        first.aips + second.aips,
        first.documents + second.documents,
        first.removed + second.removed,
        [*first.refusals, *second.refusals],
    )
