"""Two catalogues side by side, table by table: both are streamed in the order of their keys and merged, in flat memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, Table, collate, select

from archive.canonical import canonical_json
from archive.catalogue.reading import Reading
from archive.catalogue.tables import metadata

ROWS_AT_ONCE = 1000

RowKey = tuple[Any, ...]
Progress = Callable[[str, int], None]


class Side(StrEnum):
    """Where a row that differs is."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that only one side has, or that says other things there. ``columns``: which; its values are not repeated.

    ``key``: the values of its primary key, in their order.
    """

    table: str
    key: RowKey
    side: Side
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What of each catalogue is compared: ``tables`` are left out whole, ``columns`` (table → names) by name."""

    tables: Collection[str] = ()
    columns: Mapping[str, Collection[str]] | None = None

    def of(self, table: Table) -> tuple[str, ...]:
        left_out = (self.columns or {}).get(table.name, ())
        return tuple(column.name for column in table.columns if column.name not in left_out)


def table_names(compared: Compared = Compared()) -> tuple[str, ...]:
    """The tables that are compared, those others point at first."""
    return tuple(table.name for table in metadata.sorted_tables if table.name not in compared.tables)


def differing_rows(
    left: Reading, right: Reading, compared: Compared = Compared(), progress: Progress = lambda _table, _rows: None
) -> Iterator[RowDifference]:
    """Every row in which the two views differ, by table and key. JSON counts by its value, not by its spelling.

    Text keys are ordered by their code points in every database, so that both sides come in one order. ``progress`` is
    told the table and how many of its rows were looked at.
    """
    for name in table_names(compared):
        table = metadata.tables[name]
        columns = compared.of(table)
        documents = frozenset(column.name for column in table.columns if isinstance(column.type, JSON))
        yield from _merged(
            name, columns, documents, _rows(left, table, columns), _rows(right, table, columns), progress
        )


def _merged(
    table: str,
    columns: tuple[str, ...],
    documents: frozenset[str],
    left: Iterator[tuple[RowKey, tuple[Any, ...]]],
    right: Iterator[tuple[RowKey, tuple[Any, ...]]],
    progress: Progress,
) -> Iterator[RowDifference]:
    ours, theirs = next(left, None), next(right, None)
    seen = 0
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and ours[0] < theirs[0]):
            assert ours is not None
            yield RowDifference(table, ours[0], Side.LEFT)
            ours = next(left, None)
        elif ours is None or theirs[0] < ours[0]:
            yield RowDifference(table, theirs[0], Side.RIGHT)
            theirs = next(right, None)
        else:
            differing = tuple(
                name
                for name, one, other in zip(columns, ours[1], theirs[1], strict=True)
                if not (_same_document(one, other) if name in documents else one == other)
            )
            if differing:
                yield RowDifference(table, ours[0], Side.BOTH, differing)
            ours, theirs = next(left, None), next(right, None)
        seen += 1
        if seen % ROWS_AT_ONCE == 0:
            progress(table, seen)
    progress(table, seen)


def _rows(reading: Reading, table: Table, columns: tuple[str, ...]) -> Iterator[tuple[RowKey, tuple[Any, ...]]]:
    keys = list(table.primary_key.columns)
    wanted = [*keys, *(table.columns[name] for name in columns)]
    ordered = [_ordered(column, reading.dialect) for column in keys]
    query = select(*wanted).order_by(*ordered).execution_options(yield_per=ROWS_AT_ONCE)
    for row in reading.rows(query):
        values = tuple(row)
        yield values[: len(keys)], values[len(keys) :]


def _ordered(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """SQLite compares text byte by byte, which for UTF-8 is code point by code point; PostgreSQL has to be told."""
    return collate(column, "C") if dialect == "postgresql" and isinstance(column.type, String) else column


def _same_document(one: Any, other: Any) -> bool:
    """Whether two JSON values are one: 1 and 1.0 are, ``true`` and 1 are not."""
    if json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True):
        return True
    with suppress(ValueError, TypeError):
        return canonical_json(one) == canonical_json(other)
    return False
