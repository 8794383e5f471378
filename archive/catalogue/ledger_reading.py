"""The ledger as it lies in the database: its records, its end, and its raw rows for those who trust nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, select

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

    @property
    def dialect(self) -> str:
        """Which database it is: ``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    def rows(
        self, query: Executable, each: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """What ``query`` finds in this view: for questions with modules of their own. No row leaves the catalogue.

        ``each``: a change that is made once with each of these values.
        """
        return self._connection.execute(query) if each is None else self._connection.execute(query, each)

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

    def ledger_row(self, seq: int) -> LedgerRow | None:
        row = self._connection.execute(select(t.ledger).where(t.ledger.c.seq == seq)).first()
        return None if row is None else _ledger_row(row)

    def ledger_rows(self) -> Iterator[LedgerRow]:
        """Every row exactly as it lies there, from the first to the last."""
        after = 0
        c = t.ledger.c
        while page := self._connection.execute(select(t.ledger).where(c.seq > after).order_by(c.seq).limit(PAGE)).all():
            yield from map(_ledger_row, page)
            after = page[-1].seq

    def ledger_rows_backwards(self) -> Iterator[LedgerRow]:
        """Every row exactly as it lies there, from the last to the first."""
        c = t.ledger.c
        query = select(t.ledger).order_by(c.seq.desc()).limit(PAGE)
        page = self._connection.execute(query).all()
        while page:
            yield from map(_ledger_row, page)
            page = self._connection.execute(query.where(c.seq < page[-1].seq)).all()

    def ledger_rows_of(self, subjects: Iterable[str]) -> list[LedgerRow]:
        """Every row about any of these subjects (some hundred at most), by subject in order."""
        c = t.ledger.c
        query = select(t.ledger).where(c.subject.in_(list(subjects))).order_by(c.subject, c.seq)
        return list(map(_ledger_row, self._connection.execute(query)))

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


def _ledger_row(row: AnyRow) -> LedgerRow:
    return LedgerRow(row.seq, row.event, row.subject, row.hash, row.body)
