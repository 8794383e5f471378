"""The ledger as it lies in the database: its records, its end, and its raw rows for those who trust nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archive.catalogue import tables as t
from archive.catalogue.rows import AnyRow
from archive.errors import LedgerBrokenError
from archive.events import Event
from archive.ledger import Record, read_record

PAGE = 1000


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row as found: nothing about it is believed yet."""

    seq: int
    event: str
    subject: str
    hash: str
    body: str


class LedgerReading:
    """Reads the ledger through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def records(
        self, after: int = 0, limit: int = PAGE, *, subject: str | None = None, event: Event | None = None
    ) -> list[Record]:
        """At most ``limit`` records behind ``after`` in order, of one subject or event when given.

        They are read, not verified; ``archive.ledger.verify_chain`` does that. Raises LedgerBrokenError for one that
        cannot be read at all.
        """
        query = select(t.ledger).where(t.ledger.c.seq > after).order_by(t.ledger.c.seq).limit(limit)
        if subject is not None:
            query = query.where(t.ledger.c.subject == subject)
        if event is not None:
            query = query.where(t.ledger.c.event == event.value)
        return [_record(row) for row in self._connection.execute(query)]

    def record_of(self, subject: str, event: Event) -> Record | None:
        """The last record of this event about this subject."""
        c = t.ledger.c
        query = select(t.ledger).where(c.subject == subject, c.event == event.value).order_by(c.seq.desc()).limit(1)
        row = self._connection.execute(query).first()
        return None if row is None else _record(row)

    def ledger_rows(self, after: int = 0) -> Iterator[LedgerRow]:
        """Every row behind ``after`` exactly as it lies there, in order."""
        while page := self._connection.execute(
            select(t.ledger).where(t.ledger.c.seq > after).order_by(t.ledger.c.seq).limit(PAGE)
        ).all():
            for row in page:
                yield LedgerRow(row.seq, row.event, row.subject, row.hash, row.body)
            after = page[-1].seq

    def ledger_end(self) -> tuple[int, str] | None:
        """Seq and hash of the last record as noted beside the ledger; None before the first."""
        row = self._connection.execute(select(t.ledger_end.c.seq, t.ledger_end.c.hash)).first()
        return None if row is None else (row.seq, row.hash)


def _record(row: AnyRow) -> Record:
    try:
        return read_record(row.body.encode("utf-8"), row.hash)
    except (ValueError, UnicodeError) as error:
        raise LedgerBrokenError(
            f"Bản ghi sổ nhật ký số {row.seq} không đọc được.", remedy="Chạy «luutru fsck».", detail=str(error)
        ) from error
