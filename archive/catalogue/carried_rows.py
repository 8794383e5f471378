"""Rows of carried tables as JSON values and back: what is written to the stores, and what a rebuilt catalogue gets."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Date, Table, literal, select, tuple_

from archive.catalogue.carried import carried_columns, carried_tables
from archive.catalogue.checkpoint_tables import row_changes
from archive.catalogue.columns import Instant
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.tables import metadata
from archive.ledger import read_instant, written_instant

_AT_ONCE = 200
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """One row by table and primary key (a list of JSON values); ``row`` by column, None when there is none any more."""

    table: str
    key: Sequence[Any]
    row: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        return {"table": self.table, "key": list(self.key), "row": None if self.row is None else dict(self.row)}


def newest_change(view: LedgerReading) -> int:
    """The number of the last change noted and not yet forgotten; 0 for none."""
    found = view.rows(select(row_changes.c.change).order_by(row_changes.c.change.desc()).limit(1)).scalar()
    return int(found or 0)


def all_rows(view: LedgerReading) -> Generator[CarriedRow, None, None]:
    """Every row of every carried table, tables behind those they refer to; flat memory."""
    for table in carried_tables():
        keys = tuple(table.primary_key)
        query = select(*carried_columns(table)).order_by(*keys).limit(_PAGE)
        page = view.rows(query).all()
        while page:
            yield from (_carried(table, row._mapping) for row in page)
            last = (literal(page[-1]._mapping[column], column.type) for column in keys)
            page = view.rows(query.where(tuple_(*keys) > tuple_(*last))).all()


def changed_rows(view: LedgerReading, after: int, upto: int) -> Generator[CarriedRow, None, None]:
    """Each row changed by the changes behind ``after`` up to ``upto``, once, as it stands in this view; flat memory.

    To be closed (``contextlib.closing``) by whoever may give up before its end.
    """
    c = row_changes.c
    query = (
        select(c.table_name, c.row_key)
        .where(c.change > after, c.change <= upto)
        .distinct()
        .order_by(c.table_name, c.row_key)
    )
    known = {table.name: table for table in carried_tables()}
    # Closed in time also when whoever asks gives up: a server's cursor must not outlive its transaction.
    with view.rows(query.execution_options(yield_per=_PAGE)) as found:
        rows = ((name, tuple(json.loads(key))) for name, key in found)
        for name, some in groupby(rows, itemgetter(0)):
            if name in known:
                for keys in pieces((key for _, key in some), _AT_ONCE):
                    yield from _found(view, known[name], keys)


def _found(view: LedgerReading, table: Table, keys: Sequence[tuple[Any, ...]]) -> Iterator[CarriedRow]:
    columns = tuple(table.primary_key)
    # A key of the trigger's making holds values as the database keeps them; they are asked for as such.
    asked = [tuple(_read(column, value) for column, value in zip(columns, key, strict=True)) for key in keys]
    condition = columns[0].in_([key[0] for key in asked]) if len(columns) == 1 else tuple_(*columns).in_(asked)
    rows = view.rows(select(*carried_columns(table)).where(condition))
    standing = {tuple(row.key): row for row in (_carried(table, found._mapping) for found in rows)}
    for key in keys:
        yield standing.get(key) or CarriedRow(table.name, key, None)


def _carried(table: Table, row: Mapping[Any, Any]) -> CarriedRow:
    values = {column.name: _written(row[column]) for column in carried_columns(table)}
    return CarriedRow(table.name, tuple(values[column.name] for column in table.primary_key), values)


def column_values(carried: CarriedRow) -> dict[str, Any]:
    """The columns of ``carried`` as the table takes them; secrets are not among them, nor columns no longer known.

    Raises ValueError for a table that is not carried, and for values that are none of the column's.
    """
    table = metadata.tables.get(carried.table)
    if table is None or table not in carried_tables() or carried.row is None:
        raise ValueError(f"no row of a carried table: {carried.table}")
    columns = {column.name: column for column in carried_columns(table)}
    return {name: _read(columns[name], value) for name, value in carried.row.items() if name in columns}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return written_instant(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Instant):
        return read_instant(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
