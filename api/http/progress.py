"""A submission's way through the archive, told as it happens: from the ledger, so that who comes back misses nothing."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.http.problems import ProblemError
from api.http.service import Service
from api.http.submission_views import moves_of
from archive.catalogue import Catalogue, Submission
from archive.durable import PART
from archive.events import Event
from archive.ledger import Record
from archive.lifecycle import STATE_AFTER, VIETNAMESE, State
from archive.local_time import VIETNAM

MOST_STREAMS = 200
MOST_OF_ONE = 10
LONGEST_SECONDS = 15 * 60.0
"""Then who listens asks again, and is asked again who he is."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0


@dataclass
class Streams:
    """How many listen now: each holds a connection, and asks the catalogue now and then."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: Counter[str] = field(default_factory=Counter)

    def enter(self, account_id: str) -> None:
        """Raises ProblemError when too many listen."""
        with self._lock:
            if self._open.total() >= MOST_STREAMS or self._open[account_id] >= MOST_OF_ONE:
                raise ProblemError(
                    503,
                    "progress.too-many",
                    "Đang có quá nhiều kết nối theo dõi tiến trình.",
                    remedy="Đóng bớt, hoặc hỏi trạng thái bằng GET /api/v1/submissions/{id}.",
                    headers={"Retry-After": "10"},
                )
            self._open[account_id] += 1

    def leave(self, account_id: str) -> None:
        with self._lock:
            self._open[account_id] -= 1
            self._open += Counter()

    @contextmanager
    def one(self, account_id: str) -> Iterator[None]:
        try:
            yield
        finally:
            self.leave(account_id)

    @property
    def count(self) -> int:
        with self._lock:
            return self._open.total()


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: what moved since the last, and where the submission stands."""

    submission: Submission
    moves: list[Record]
    last_seq: int


def look(catalogue: Catalogue, submission_id: str, after: int) -> Seen:
    """What the ledger says of it behind the record ``after``."""
    with catalogue.read() as reading:
        records = reading.records(after, subject=submission_id)
        return Seen(reading.submission(submission_id), _told(records), records[-1].seq if records else after)


def _told(records: list[Record]) -> list[Record]:
    moves = {record.seq for record in moves_of(records)}
    receipts = (Event.SUBMISSION_RECEIPT_ISSUED.value, Event.SUBMISSION_CONTENT_REMOVED.value)
    return [record for record in records if record.seq in moves or record.event in receipts]


def at_rest(submission: Submission) -> bool:
    """Whether nothing more happens without a person."""
    if submission.state in (State.IN_REVIEW, State.RETURNED):
        return True
    return submission.state in (State.STORED, State.REFUSED) and submission.content_removed_at is not None


class DocumentsChecked:
    """How many documents the checks have looked into so far, from the file they write; each byte is read once."""

    def __init__(self, checks: Path) -> None:
        self._file = checks.with_name(checks.name + PART) / "documents.jsonl"
        self._read_bytes = self._count = 0

    def count(self) -> int:
        try:
            with self._file.open("rb") as file:
                file.seek(self._read_bytes)
                while chunk := file.read(1 << 20):
                    self._read_bytes += len(chunk)
                    self._count += chunk.count(b"\n")
        except OSError:
            return self._count
        return self._count


async def told(
    service: Service,
    streams: Streams,
    account_id: str,
    submission_id: str,
    after: int,
    allowed: Callable[[Submission], bool],
) -> AsyncIterator[ServerSentEvent]:
    """``state`` for each move (its id is the ledger record's number), ``documents`` while checks run, ``end`` at rest.

    Breaks off without an ``end`` once who listens is not ``allowed`` to any more: asked before anything is told.
    """
    installation = service.installation
    documents = DocumentsChecked(installation.quarantine.slot(submission_id).checks)
    pause, checked, until = _FIRST_PAUSE, 0, anyio.current_time() + LONGEST_SECONDS
    with streams.one(account_id):
        while not service.closing.is_set() and anyio.current_time() < until:
            seen = await run_in_threadpool(look, installation.catalogue, submission_id, after)
            if not await run_in_threadpool(allowed, seen.submission):
                return
            after = seen.last_seq
            for record in seen.moves:
                yield _event("state", _moved(record), str(record.seq))
            if at_rest(seen.submission):
                yield _event("end", {"state": seen.submission.state.value})
                return
            if seen.submission.state is State.RECEIVED:
                now = await run_in_threadpool(documents.count)
                if now != checked:
                    checked = now
                    yield _event("documents", {"checked": checked})
            pause = _FIRST_PAUSE if seen.moves else min(_LONGEST_PAUSE, pause * 1.5)
            await anyio.sleep(pause)


def _moved(record: Record) -> dict[str, Any]:
    state = STATE_AFTER.get(Event(record.event))
    return {
        "event": record.event,
        "state": state.value if state else None,
        "state_text": VIETNAMESE[state] if state else None,
        "at": record.at.astimezone(VIETNAM).isoformat(),
    }


def _event(name: str, data: dict[str, Any], seq: str | None = None) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), event=name, id=seq)
