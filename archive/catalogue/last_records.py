"""The newest ledger records of one event, whatever they are about."""

from __future__ import annotations

from sqlalchemy import select

from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import LedgerReading
from archive.events import Event
from archive.ledger import Record


def last_records(view: LedgerReading, event: Event, limit: int = 100, before: int | None = None) -> list[Record]:
    """The newest first, from below number ``before`` on. Raises LedgerBrokenError for one that cannot be read."""
    c = t.ledger.c
    query = select(c.seq).where(c.event == event.value).order_by(c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(c.seq < before)
    numbers = list(view.rows(query).scalars())
    return [record for seq in numbers for record in view.records(seq - 1, 1)]
