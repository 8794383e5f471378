"""Checkpoints as the catalogue has them: the chain, the way back from any of them, and what was shipped to which store."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from archive.catalogue import tables as ledger_tables
from archive.catalogue.checkpoint_tables import checkpoint_timestamps, checkpoints, sealing_lease
from archive.catalogue.checkpoint_tables import shipments as shipments_table
from archive.catalogue.ledger_reading import LedgerReading, LedgerRow
from archive.checkpoints.statement import Checkpoint, Kind, read_checkpoint
from archive.storage.key import Key

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Shipment:
    """One store: everything up to checkpoint ``number`` lies in it; ``verified_number`` was read there again since."""

    store: str
    number: int
    at: datetime
    timestamp_number: int
    verified_number: int
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotedCheckpoint:
    """One row as found: nothing about it is believed yet."""

    number: int
    kind: str
    ledger_last: int
    last_change: int
    sha256: str
    document: bytes

    def repeats(self, checkpoint: Checkpoint) -> bool:
        """Whether the columns for look-up say what the checkpoint says."""
        content = checkpoint.content
        return (self.kind, self.ledger_last, self.last_change, self.sha256) == (
            content.kind.value,
            content.ledger_last,
            content.last_change,
            checkpoint.sha256,
        )


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time-stamp token (RFC 3161, DER) over the bytes of the checkpoint ``number``."""

    number: int
    at: datetime
    token: bytes


def last_checkpoint(view: LedgerReading, *kinds: Kind) -> Checkpoint | None:
    """The newest, of any of these kinds when given. Raises CheckpointDamagedError for a row that states none."""
    query = select(checkpoints.c.document).order_by(checkpoints.c.number.desc()).limit(1)
    if kinds:
        query = query.where(checkpoints.c.kind.in_([kind.value for kind in kinds]))
    return _one(view, query)


def noted_newest(view: LedgerReading) -> int:
    """The number of the newest row, whatever it says; 0 when there is none."""
    return int(view.rows(select(func.max(checkpoints.c.number))).scalar() or 0)


def checkpoint_numbered(view: LedgerReading, number: int) -> Checkpoint | None:
    return _one(view, select(checkpoints.c.document).where(checkpoints.c.number == number))


def checkpoint_over(view: LedgerReading, seq: int) -> int | None:
    """The number of the first checkpoint that speaks of the record ``seq``; None when it is not sealed yet."""
    c = checkpoints.c
    found = view.rows(select(c.number).where(c.number > 0, c.ledger_last >= seq).order_by(c.number).limit(1)).scalar()
    return None if found is None else int(found)


def noted_checkpoints(view: LedgerReading, after: int) -> Iterator[NotedCheckpoint]:
    """Every checkpoint behind ``after`` in order, exactly as its row lies there."""
    c = checkpoints.c
    query = select(checkpoints).order_by(c.number).limit(_PAGE)
    while page := view.rows(query.where(c.number > after)).all():
        for row in page:
            document = row.document.encode("utf-8")
            yield NotedCheckpoint(row.number, row.kind, row.ledger_last, row.last_change, row.sha256, document)
        after = page[-1].number


def way_back(view: LedgerReading, newest: Checkpoint, after: int = 0) -> tuple[Checkpoint, ...]:
    """The fewest checkpoints that leave nothing out, ascending to ``newest``, of those behind ``after``."""
    found = []
    checkpoint: Checkpoint | None = newest
    while checkpoint is not None and checkpoint.number > after:
        found.append(checkpoint)
        since = checkpoint.content.since.number
        checkpoint = checkpoint_numbered(view, since) if since else None
    return tuple(reversed(found))


def shipments(view: LedgerReading) -> Mapping[str, Shipment]:
    rows = view.rows(select(shipments_table).order_by(shipments_table.c.store))
    return {
        row.store: Shipment(row.store, row.number, row.at, row.timestamp_number, row.verified_number, row.verified_at)
        for row in rows
    }


def last_timestamp(view: LedgerReading) -> Timestamp | None:
    c = checkpoint_timestamps.c
    return _timestamp(view.rows(select(checkpoint_timestamps).order_by(c.number.desc()).limit(1)).first())


def timestamps_after(view: LedgerReading, number: int) -> Iterator[Timestamp]:
    c, after = checkpoint_timestamps.c, number
    query = select(checkpoint_timestamps).order_by(c.number).limit(1)
    while (found := _timestamp(view.rows(query.where(c.number > after)).first())) is not None:
        yield found
        after = found.number


def lease(view: LedgerReading) -> tuple[str, datetime] | None:
    """Who seals, and since when."""
    row = view.rows(select(sealing_lease.c.holder, sealing_lease.c.taken_at)).first()
    return None if row is None else (row.holder, row.taken_at)


def ledger_rows_between(view: LedgerReading, after: int, upto: int | None) -> Iterator[LedgerRow]:
    """The rows behind ``after`` up to ``upto`` (None: the last) in order, exactly as they lie there; flat memory."""
    c = ledger_tables.ledger.c
    query = select(ledger_tables.ledger).order_by(c.seq).limit(_PAGE)
    if upto is not None:
        query = query.where(c.seq <= upto)
    while page := view.rows(query.where(c.seq > after)).all():
        yield from (LedgerRow(row.seq, row.event, row.subject, row.hash, row.body) for row in page)
        after = page[-1].seq


def _timestamp(row: Any) -> Timestamp | None:
    return None if row is None else Timestamp(row.number, row.at, base64.b64decode(row.token_base64))


def _one(view: LedgerReading, query: Select[Any]) -> Checkpoint | None:
    document = view.rows(query).scalar()
    return None if document is None else read_checkpoint(document.encode("utf-8"))


def ledger_at(view: LedgerReading, number: int) -> int:
    """The last record the checkpoint ``number`` speaks of; 0 when there is none such."""
    return int(view.rows(select(checkpoints.c.ledger_last).where(checkpoints.c.number == number)).scalar() or 0)


def full_checkpoints(view: LedgerReading, most: int) -> tuple[Checkpoint, ...]:
    """The newest whole ones, the newest first."""
    c = checkpoints.c
    query = select(c.document).where(c.kind == Kind.FULL.value).order_by(c.number.desc()).limit(most)
    return tuple(read_checkpoint(document.encode("utf-8")) for document in view.rows(query).scalars())


def named_parts(view: LedgerReading, first: int) -> Iterator[Key]:
    """The keys of all parts the checkpoints from ``first`` on speak of, and their own."""
    for noted in noted_checkpoints(view, first - 1):
        checkpoint = read_checkpoint(noted.document)
        yield checkpoint.key
        yield from (part.key for part in checkpoint.content.parts)


def timestamped_numbers(view: LedgerReading) -> Iterator[int]:
    yield from view.rows(select(checkpoint_timestamps.c.number)).scalars()
