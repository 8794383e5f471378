"""What a transaction notes about checkpoints: the next one, what was shipped, who seals; and rows that come back."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, func, insert, select, update

from archive.catalogue.carried import SECRET_COLUMNS
from archive.catalogue.carried_rows import CarriedRow, column_values, newest_change
from archive.catalogue.checkpoint_reading import (
    Timestamp,
    checkpoint_numbered,
    last_checkpoint,
    lease,
    shipments,
)
from archive.catalogue.checkpoint_tables import checkpoint_timestamps, checkpoints, row_changes, sealing_lease
from archive.catalogue.checkpoint_tables import shipments as shipments_table
from archive.catalogue.pieces import pieces
from archive.catalogue.tables import metadata
from archive.catalogue.writing import Transaction
from archive.checkpoints.statement import Checkpoint, Kind

_AT_ONCE = 500
_COUNTER = func.pg_get_serial_sequence(row_changes.name, "change")


def record_checkpoint(tx: Transaction, checkpoint: Checkpoint) -> bool:
    """It stands as the next one; False, with nothing written, when another has taken its number meanwhile."""
    last = last_checkpoint(tx)
    if (last.link if last else None) != (checkpoint.content.previous if checkpoint.number > 1 else None):
        return False
    _insert(tx, checkpoint)
    if checkpoint.content.kind is not Kind.NEWS:
        # Nobody asks for older changes again: the next one goes back no further than to this one, and one whose parts
        # are being made at this moment no further than to the one before.
        since = checkpoint_numbered(tx, checkpoint.content.since.number)
        if since is not None:
            tx.rows(delete(row_changes).where(row_changes.c.change <= since.content.last_change))
    return True


def adopt_checkpoint(tx: Transaction, checkpoint: Checkpoint) -> None:
    """Notes a checkpoint as it stands in a store: for a catalogue that is made anew from one.

    Changes made from now on are numbered behind those it speaks of.
    """
    count_changes_on(tx, checkpoint.content.last_change)
    _insert(tx, checkpoint)


def _insert(tx: Transaction, checkpoint: Checkpoint) -> None:
    content = checkpoint.content
    tx.rows(
        insert(checkpoints).values(
            number=checkpoint.number,
            kind=content.kind.value,
            ledger_last=content.ledger_last,
            last_change=content.last_change,
            sha256=checkpoint.sha256,
            document=checkpoint.document.decode("utf-8"),
        )
    )


def count_changes_on(tx: Transaction, behind: int) -> None:
    """The next change of a row gets a number behind ``behind``: those up to it are what checkpoints already speak of."""
    if newest_change(tx) >= behind:
        return
    if tx.dialect == "postgresql":
        tx.rows(select(func.setval(_COUNTER, func.greatest(behind, func.nextval(_COUNTER)))))
    else:
        # Its counter remembers the largest number there ever was.
        tx.rows(insert(row_changes).values(change=behind, table_name="", row_key="[]"))
        tx.rows(delete(row_changes).where(row_changes.c.change == behind))


def record_shipment(tx: Transaction, store: str, number: int, at: datetime) -> None:
    """Everything up to ``number`` lies in ``store`` and was read back; never fewer than noted before."""
    c = shipments_table.c
    standing = shipments(tx).get(store)
    if standing is None:
        values = {"number": number, "at": at, "timestamp_number": 0, "verified_number": 0}
        tx.rows(insert(shipments_table).values(store=store, **values))
    elif number > standing.number:
        tx.rows(update(shipments_table).where(c.store == store).values(number=number, at=at))


def record_verification(tx: Transaction, store: str, number: int, at: datetime) -> None:
    """Everything up to ``number`` was read in ``store`` again and found right."""
    c = shipments_table.c
    tx.rows(update(shipments_table).where(c.store == store).values(verified_number=number, verified_at=at))


def record_timestamp(tx: Transaction, timestamp: Timestamp) -> None:
    token = base64.b64encode(timestamp.token).decode("ascii")
    key = {"number": timestamp.number}
    tx._put(checkpoint_timestamps, key, {"at": timestamp.at, "token_base64": token})


def record_timestamp_shipment(tx: Transaction, store: str, number: int) -> None:
    c = shipments_table.c
    tx.rows(update(shipments_table).where(c.store == store).values(timestamp_number=number))


def take_lease(tx: Transaction, holder: str, at: datetime, longest: timedelta) -> bool:
    """Whether ``holder`` may seal now: nobody else does, or has said so for longer than ``longest``.

    It only spares work done twice; that no number is given twice is ``record_checkpoint``'s. A clock set back does not
    keep anybody out.
    """
    standing = lease(tx)
    if standing is not None and standing[0] != holder and timedelta(0) <= at - standing[1] < longest:
        return False
    tx._put(sealing_lease, {"id": 1}, {"holder": holder, "taken_at": at})
    return True


def drop_lease(tx: Transaction, holder: str) -> None:
    tx.rows(delete(sealing_lease).where(sealing_lease.c.holder == holder))


def put_rows(tx: Transaction, rows: Iterable[CarriedRow]) -> int:
    """Puts rows back into a catalogue made anew; tells how many. Secrets get values that let nobody in.

    Rows come in the order of ``carried_tables``. Raises ValueError for a row of a table that is not carried.
    """
    count = 0
    for some in pieces(rows, _AT_ONCE):
        for table, values in _by_table(some):
            tx.rows(insert(table), values)
            count += len(values)
    return count


def _by_table(rows: Iterable[CarriedRow]) -> list[tuple[Table, list[dict[str, object]]]]:
    """One statement takes rows of the same columns only; those written by an older version have fewer."""
    found: dict[tuple[str, frozenset[str]], list[dict[str, object]]] = {}
    for row in rows:
        values = {**column_values(row), **_locked(row)}
        found.setdefault((row.table, frozenset(values)), []).append(values)
    return [(metadata.tables[name], values) for (name, _), values in found.items()]


def _locked(row: CarriedRow) -> Mapping[str, str]:
    """What stands for a secret that may not be missing: no digest of any secret looks like this."""
    table = metadata.tables[row.table]
    names = SECRET_COLUMNS.get(row.table, frozenset())
    return {name: f"lost:{':'.join(map(str, row.key))}" for name in names if not table.columns[name].nullable}
