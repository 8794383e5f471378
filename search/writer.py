"""Index documents on their way into one generation: a batch is made while the one before it is being indexed.

    put, put, put → batch ──► sent by a thread of its own ──► durable ──► refusals recorded ──► cursor saved

What cannot be indexed as it is leaves a minimal document in its place, by which it is still found, and a ``Refusal``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from elastic_transport import JsonSerializer

from search.bulk import Entry
from search.errors import IndexBusyError, UnknownFieldError
from search.index import Generation, SearchIndex
from search.record import IndexableAip, IndexableDocument, document_source, fallback_source, hoso_source, index_id

BATCH_BYTES = 4 << 20
BATCH_ITEMS = 500
_TOO_MUCH = "Máy chủ chỉ mục không đủ chỗ cho nội dung này."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the index did not take as it was; ``fallback`` tells whether it is findable by id, path and digest."""

    aip_id: str
    document_id: str | None
    reason: str
    fallback: bool


@dataclass(frozen=True, slots=True)
class _Item:
    seq: int
    aip: IndexableAip
    document: IndexableDocument | None
    body: bytes

    @property
    def id(self) -> str:
        return index_id(self.aip.aip_id, self.document.document_id if self.document else None)

    @property
    def entry(self) -> Entry:
        return Entry(self.id, max(self.seq, self.aip.as_of), self.body)


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch that is durable. ``covered``: what the caller said was complete when the batch was closed."""

    covered: int
    aip_ids: frozenset[str]
    refusals: tuple[tuple[int, Refusal], ...]
    entries: int


@dataclass(slots=True)
class _Batch:
    items: dict[str, _Item] = field(default_factory=dict)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)
    size_bytes: int = 0


class Writer:
    """Writes into ``generation``; ``settled`` hears of each batch, in order, in the thread of the caller.

    Everything put before is durable when ``settle`` returns. Leaving it with an error of the caller's own still waits
    for the batch on its way and reports it, so that nothing done is done again.
    """

    def __init__(
        self,
        index: SearchIndex,
        generation: Generation,
        settled: Callable[[Settled], None],
        *,
        batch_bytes: int = BATCH_BYTES,
    ) -> None:
        self._index = index
        self._generation = generation
        self._settled = settled
        self._batch_bytes = batch_bytes
        self._batch = _Batch()
        self._under_way: Future[Settled] | None = None
        self._thread = ThreadPoolExecutor(1, "index-writer")
        self._json = JsonSerializer()
        self.covered = 0
        """How far the caller's cursor may move once everything put so far is durable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._await()
        finally:
            self._thread.shutdown()

    def put_aip(self, seq: int, aip: IndexableAip) -> int:
        """The documents of an AIP, then its hồ sơ: who finds the hồ sơ finds them all. Returns how many documents."""
        count = 0
        for document in aip.documents:
            self._put(seq, aip, document, count)
            count += 1
        self._put(seq, aip, None, count)
        return count

    def settle(self) -> None:
        """Returns when everything put is durable."""
        self._close_batch()
        self._await()

    @property
    def idle(self) -> bool:
        """Nothing is waiting to be written or being written."""
        return not self._batch.items and self._under_way is None

    def _put(self, seq: int, aip: IndexableAip, document: IndexableDocument | None, count: int) -> None:
        refused: Refusal | None = None
        try:
            made = hoso_source(aip, count, seq) if document is None else document_source(aip, document, seq)
        except UnknownFieldError as error:
            made = fallback_source(aip, document, seq, error.message)
            refused = _refusal(aip, document, error.message, fallback=True)
        item = _Item(seq, aip, document, self._dumped(made))
        full = self._batch.size_bytes + len(item.body) > self._batch_bytes or len(self._batch.items) >= BATCH_ITEMS
        if self._batch.items and full:
            self._close_batch()
        self._batch.items[item.id] = item
        self._batch.size_bytes += len(item.body)
        if refused is not None:
            self._batch.refusals.append((seq, refused))

    def _close_batch(self) -> None:
        if not self._batch.items:
            return
        self._await()
        batch, self._batch = self._batch, _Batch()
        self._under_way = self._thread.submit(self._carried, batch, self.covered)

    def _await(self) -> None:
        if self._under_way is None:
            return
        under_way, self._under_way = self._under_way, None
        self._settled(under_way.result())

    # -- in the thread of its own ---------------------------------------------------------------------------------

    def _carried(self, batch: _Batch, covered: int) -> Settled:
        items = list(batch.items.values())
        refusals = [*batch.refusals, *self._written(items)]
        return Settled(covered, frozenset(item.aip.aip_id for item in items), tuple(refusals), len(items))

    def _written(self, items: Sequence[_Item], attempts: int = 5) -> list[tuple[int, Refusal]]:
        """What was refused. Too much at once is halved until it goes in or is one document that never will."""
        try:
            answers = self._index.write(self._generation, [item.entry for item in items], attempts=attempts)
        except IndexBusyError as error:
            if len(items) == 1:
                return [self._replaced(items[0], f"{_TOO_MUCH} {error.detail or ''}".strip())]
            half = len(items) // 2
            return [*self._written(items[:half], 2), *self._written(items[half:], 2)]
        reasons = {answer.id: answer.refused for answer in answers if answer.refused is not None}
        return [self._replaced(item, str(reasons[item.id])) for item in items if item.id in reasons]

    def _replaced(self, item: _Item, reason: str) -> tuple[int, Refusal]:
        """The minimal document in the place of ``item``. Raises IndexUnavailableError when even that finds no room."""
        body = self._dumped(fallback_source(item.aip, item.document, item.seq, reason))
        (answer,) = self._index.write(self._generation, [Entry(item.id, item.entry.version, body)])
        return item.seq, _refusal(item.aip, item.document, reason, fallback=answer.refused is None)

    def _dumped(self, source: dict[str, Any]) -> bytes:
        return self._json.dumps(source)


def _refusal(aip: IndexableAip, document: IndexableDocument | None, reason: str, *, fallback: bool) -> Refusal:
    return Refusal(aip.aip_id, document.document_id if document else None, reason, fallback)
