"""Appending to the ledger: by the one writer, behind the record that is really the last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, insert, select, update

from archive.catalogue import tables as t
from archive.catalogue.reading import Reading
from archive.errors import LedgerBrokenError
from archive.events import Event
from archive.ledger import Record, next_record


class LedgerWriting(Reading):
    """What a transaction can do besides reading: add one record at the end."""

    def _put(self, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Insert or update; there is one writer, so nothing comes between the two statements."""
        condition = and_(*(table.c[name] == value for name, value in key.items()))
        if not self._connection.execute(update(table).where(condition).values(dict(values))).rowcount:
            self._connection.execute(insert(table).values({**key, **values}))

    def _append(self, event: Event, subject: str, actor: str, at: datetime, data: Mapping[str, Any]) -> Record:
        """Raises LedgerBrokenError when the end was cut off or changed: nothing may hide that by growing over it."""
        noted = self.ledger_end()
        c = t.ledger.c
        row = self._connection.execute(select(c.seq, c.hash).order_by(c.seq.desc()).limit(1)).first()
        last = None if row is None else (row.seq, row.hash)
        if noted != last:
            raise LedgerBrokenError(
                "Phần cuối của sổ nhật ký không khớp với danh mục; không ghi thêm.",
                remedy="Chạy «luutru fsck» và báo người quản trị.",
                detail=f"noted {noted}, found {last}",
            )
        record = next_record(last, event, subject, actor, at, data)
        self._connection.execute(
            insert(t.ledger).values(
                seq=record.seq,
                event=record.event,
                subject=record.subject,
                hash=record.hash,
                body=record.body.decode("utf-8"),
            )
        )
        end = {"seq": record.seq, "hash": record.hash}
        if last is None:
            self._connection.execute(insert(t.ledger_end).values(id=1, **end))
        else:
            self._connection.execute(update(t.ledger_end).values(end))
        self._connection.execute(update(t.submissions).where(t.submissions.c.id == subject).values(last_seq=record.seq))
        return record
