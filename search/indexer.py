"""The follower: keeps the index level with the ledger, from wherever it stopped.

    ledger events  →  AIPs made searchable  →  bulk, acknowledged  →  cursor saved

Stopped anywhere, it does some work again; never does it leave something out: the cursor moves only past what the index
has acknowledged as durable, and the index document of a hồ sơ is written after those of all its documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from elastic_transport import JsonSerializer

from search.errors import UnknownFieldError
from search.index import Generation, SearchIndex
from search.record import IndexableAip, IndexableDocument, document_source, fallback_source, hoso_source, index_id

INDEXED_EVENT = "aip.copies.verified"
"""An AIP becomes searchable when all its copies were read back: what is found can be fetched."""

BATCH_BYTES = 4 << 20
BATCH_ITEMS = 500
_EVENTS_PAGE = 500


class Source(Protocol):
    """What the follower needs of the archive. ``events_after`` gives (sequence, event, subject, data) in ledger order.

    The cursor is kept for each generation of the index: a fresh index (first start, rebuild, lost data folder) has none
    (``load_cursor`` says 0) and is filled from the first event. ``save_cursor`` is durable when it returns. ``aip`` is
    None for an AIP that is no longer held. ``record_refusals`` keeps what was refused; the same may come again.
    """

    def events_after(self, cursor: int, limit: int) -> Sequence[tuple[int, str, str, Mapping[str, Any]]]: ...

    def aip(self, aip_id: str) -> IndexableAip | None: ...

    def load_cursor(self, generation: str) -> int: ...

    def save_cursor(self, generation: str, seq: int) -> None: ...

    def record_refusals(self, seq: int, refusals: Sequence[Refusal]) -> None: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the index did not take as it was; ``fallback`` tells whether it is findable by id, path and digest."""

    aip_id: str
    document_id: str | None
    reason: str
    fallback: bool


@dataclass(slots=True)
class Followed:
    """What one call did. ``cursor`` is the last event the index is level with."""

    cursor: int = 0
    aips: int = 0
    documents: int = 0
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Item:
    seq: int
    aip: IndexableAip
    document: IndexableDocument | None
    body: bytes

    @property
    def id(self) -> str:
        return index_id(self.aip.aip_id, self.document.document_id if self.document else None)


class Follower:
    """Brings the index behind ``index`` level with ``source``."""

    def __init__(self, source: Source, index: SearchIndex, *, batch_bytes: int = BATCH_BYTES) -> None:
        self._source = source
        self._index = index
        self._batch_bytes = batch_bytes

    def follow(self, progress: Callable[[int], None] = lambda seq: None) -> Followed:
        """Indexes every event up to the last one there is; ``progress`` hears each cursor as it is saved.

        Raises IndexUnavailableError with the cursor where it was last saved: calling again goes on from there. What it
        returns as indexed is found by searches.
        """
        generation = self._index.ensure()
        done = self._run(generation, progress)
        if done.aips or done.refusals:
            self._index.refresh()
        return done

    def rebuild(self, progress: Callable[[int], None] = lambda seq: None) -> Followed:
        """A fresh index from the first event on, put in the place of the old one at once when it is complete.

        Searches and ``follow`` go on with the old one until then; events that come in between are caught up with by
        the next ``follow``. One rebuild at a time: a second drops what the first was making.
        """
        successor = self._index.create_successor()
        done = self._run(successor, progress)
        self._index.switch_to(successor)
        return done

    def cursor(self) -> int:
        """The last event the index is level with; 0 for an index not made yet."""
        generation = self._index.current()
        return 0 if generation is None else self._source.load_cursor(generation.uuid)

    def lag(self, last_seq: int) -> int:
        """How many events of the ledger the index has still to see."""
        return max(0, last_seq - self.cursor())

    # -- inside --------------------------------------------------------------------------------------------------

    def _run(self, generation: Generation, progress: Callable[[int], None]) -> Followed:
        run = _Run(self._source, self._index, generation, self._batch_bytes, progress)
        while page := self._source.events_after(run.read, _EVENTS_PAGE):
            for seq, event, subject, _ in page:
                if event == INDEXED_EVENT and (aip := self._source.aip(subject)) is not None:
                    run.add(seq, aip)
                run.read = seq
            run.flush()
        return run.done


class _Run:
    """One pass over the ledger: a batch in the making and how far everything before it is settled."""

    def __init__(
        self,
        source: Source,
        index: SearchIndex,
        generation: Generation,
        batch_bytes: int,
        progress: Callable[[int], None],
    ) -> None:
        self._source = source
        self._index = index
        self._generation = generation
        self._batch_bytes = batch_bytes
        self._progress = progress
        self._batch: list[_Item] = []
        self._size_bytes = 0
        self._json = JsonSerializer()
        self._refused: list[tuple[int, Refusal]] = []
        self.read = source.load_cursor(generation.uuid)
        """The last event whose index documents are all in the batch or behind it."""
        self.done = Followed(cursor=self.read)

    def add(self, seq: int, aip: IndexableAip) -> None:
        count = 0
        for document in aip.documents:
            self._put(seq, aip, document, lambda d=document: document_source(aip, d, seq))  # type: ignore[misc]
            count += 1
        self._put(seq, aip, None, lambda: hoso_source(aip, count, seq))
        self.done.aips += 1
        self.done.documents += count

    def flush(self) -> None:
        """Writes the batch, then records what was refused, then moves the cursor: in this order, so nothing is lost."""
        if self._batch:
            batch, self._batch, self._size_bytes = self._batch, [], 0
            self._write(batch)
        by_seq: dict[int, list[Refusal]] = {}
        for seq, refusal in self._refused:
            by_seq.setdefault(seq, []).append(refusal)
        for seq, refusals in by_seq.items():
            self._source.record_refusals(seq, refusals)
        self.done.refusals += [refusal for _, refusal in self._refused]
        self._refused.clear()
        if self.read > self.done.cursor:
            self._source.save_cursor(self._generation.uuid, self.read)
            self.done.cursor = self.read
            self._progress(self.read)

    def _put(
        self, seq: int, aip: IndexableAip, document: IndexableDocument | None, make: Callable[[], dict[str, Any]]
    ) -> None:
        try:
            source = make()
        except UnknownFieldError as error:
            source = fallback_source(aip, document, seq, error.message)
            self._refused.append((seq, _refusal(aip, document, error.message, fallback=True)))
        item = _Item(seq, aip, document, self._json.dumps(source))
        if self._batch and (self._size_bytes + len(item.body) > self._batch_bytes or len(self._batch) >= BATCH_ITEMS):
            self.flush()
        self._batch.append(item)
        self._size_bytes += len(item.body)

    def _write(self, batch: list[_Item]) -> None:
        items = {item.id: item for item in batch}
        refused = self._send(list(items.values()))
        second = [
            _Item(
                item.seq,
                item.aip,
                item.document,
                self._json.dumps(fallback_source(item.aip, item.document, item.seq, why)),
            )
            for item, why in refused
        ]
        lost = {item.id for item, _ in self._send(second)} if second else set()
        for item, why in refused:
            self._refused.append((item.seq, _refusal(item.aip, item.document, why, fallback=item.id not in lost)))

    def _send(self, batch: list[_Item]) -> list[tuple[_Item, str]]:
        answers = self._index.write(self._generation, [(item.id, item.body) for item in batch])
        reasons = {answer.id: answer.refused for answer in answers if answer.refused is not None}
        return [(item, reasons[item.id]) for item in batch if item.id in reasons]


def _refusal(aip: IndexableAip, document: IndexableDocument | None, reason: str, *, fallback: bool) -> Refusal:
    return Refusal(aip.aip_id, document.document_id if document else None, reason, fallback)
