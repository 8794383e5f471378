"""Every row of one database into another of any kind, in pages, and the proof that both hold the same.

A mark in the target says that it is not whole yet; begun again, what was copied is copied anew, except the ledger, which
refuses to lose a record and is continued behind the last one that is the same in both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select, text

from archive.catalogue import tables as t
from archive.catalogue.carried import carried_tables
from archive.catalogue.change_capture import capture_all
from archive.catalogue.checkpoint_tables import row_changes
from archive.catalogue.database import open_engine, reading, translated, writing
from archive.catalogue.versions import bring_to_newest
from archive.catalogue.worker_tables import claims, workers
from archive.catalogue.writing import Transaction
from archive.errors import CatalogueError

PAGE = 2000
MARK = "database-being-filled"
"""Name of the cursor that stands in a target until it is whole."""
_NOT_MOVED = frozenset({workers.name, claims.name})
"""Who works and on what: nobody does while the database is moved."""


class TargetTakenError(CatalogueError):
    """The target holds an archive already; nothing was touched."""

    code = "database.target-taken"


class MoveUnprovenError(CatalogueError):
    """Source and target do not hold the same; the source is the archive's database as before."""

    code = "database.move-unproven"


@dataclass(frozen=True, slots=True)
class TableProof:
    """What one table holds: the number of its rows, and a digest of all of them in whatever order."""

    table: str
    rows: int
    digest: str


def moved_tables() -> list[Table]:
    """The tables that are moved, those before which others point to first."""
    return [table for table in t.metadata.sorted_tables if table.name not in _NOT_MOVED]


def copy_everything(source_url: str, target_url: str, progress: Callable[[str, int], None]) -> list[TableProof]:
    """Every table of the source in the target, compared row by row, in one unchanging view of the source.

    The target keeps its mark: ``finish_move`` takes it away. Raises TargetTakenError, MoveUnprovenError, and
    CatalogueError; to be run again after any of them.
    """
    source, target = open_engine(source_url), open_engine(target_url)
    try:
        with translated():
            bring_to_newest(source)
            bring_to_newest(target)
            _mark(target)
            with reading(source) as view:
                _empty(view, target)
                for table in moved_tables():
                    progress(table.name, 0)
                    for page in _pages(view, table, after=_ledger_end(target) if table is t.ledger else None):
                        with writing(target) as connection:
                            connection.execute(_insert(table), page)
                        progress(table.name, len(page))
                with writing(target) as connection:
                    _set_next_change(connection, _next_change(view))
                    capture_all(connection)
                return [_compared(view, target, table) for table in moved_tables()]
    finally:
        source.dispose()
        target.dispose()


def proofs(url: str) -> list[TableProof]:
    """What every table of the database at ``url`` holds: every row is read."""
    engine = open_engine(url)
    try:
        with translated(), reading(engine) as view:
            return [_proof(view, table) for table in moved_tables()]
    finally:
        engine.dispose()


def finish_move(tx: Transaction) -> None:
    """The target is whole from the commit of this transaction on."""
    tx.rows(delete(t.cursors).where(t.cursors.c.name == MARK))


def being_filled(connection: Connection) -> bool:
    return connection.execute(select(t.cursors.c.seq).where(t.cursors.c.name == MARK)).first() is not None


def _mark(target: Engine) -> None:
    with writing(target) as connection:
        if being_filled(connection):
            return
        for table in moved_tables():
            if table is not row_changes and connection.execute(select(func.count()).select_from(table)).scalar_one():
                raise TargetTakenError(
                    "Cơ sở dữ liệu đích đã có dữ liệu của một kho.",
                    remedy="Chọn một cơ sở dữ liệu trống.",
                    detail=table.name,
                )
        connection.execute(insert(t.cursors).values(name=MARK, seq=0))


def _empty(view: Connection, target: Engine) -> None:
    """What an earlier attempt copied is gone, but for the ledger; no trigger notes what is copied as a change."""
    with writing(target) as connection:
        _without_capture(connection)
        for table in reversed(moved_tables()):
            if table is t.cursors:
                connection.execute(delete(table).where(table.c.name != MARK))
            elif table is not t.ledger:
                connection.execute(delete(table))
        last = connection.execute(
            select(t.ledger.c.seq, t.ledger.c.hash).order_by(t.ledger.c.seq.desc()).limit(1)
        ).first()
        if last is not None:
            ours = view.execute(select(t.ledger.c.hash).where(t.ledger.c.seq == last.seq)).scalar()
            if ours != last.hash:
                raise _unproven("ledger")


def _without_capture(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'capture!_%' ESCAPE '!'"
        for (name,) in connection.execute(text(query)).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    for table in carried_tables():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS capture_{table.name} ON {table.name}")


def _pages(view: Connection, table: Table, *, after: int | None = None) -> Iterator[list[dict[str, Any]]]:
    """Rows in the order of the key, streamed: memory is flat for any number of them."""
    columns = [column for column in table.columns if column.computed is None]
    query = select(*columns).order_by(*table.primary_key)
    if after is not None:
        query = query.where(t.ledger.c.seq > after)
    found = view.execution_options(yield_per=PAGE).execute(query)
    for page in found.partitions(PAGE):
        rows = [dict(row._mapping) for row in page]
        if table is t.cursors:
            rows = [row for row in rows if row["name"] != MARK]
        if rows:
            yield rows


def _insert(table: Table) -> Any:
    names = [column.name for column in table.columns if column.computed is None]
    return insert(table).values({name: bindparam(name) for name in names})


def _ledger_end(target: Engine) -> int:
    with reading(target) as connection:
        return int(connection.execute(select(func.coalesce(func.max(t.ledger.c.seq), 0))).scalar_one())


def _compared(view: Connection, target: Engine, table: Table) -> TableProof:
    ours = _proof(view, table)
    with reading(target) as connection:
        if _proof(connection, table) != ours:
            raise _unproven(table.name)
    return ours


def _proof(view: Connection, table: Table) -> TableProof:
    total, count = 0, 0
    for page in _pages(view, table):
        for row in page:
            value = json.dumps(row, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            total = (total + int.from_bytes(hashlib.sha256(value.encode()).digest())) % (1 << 256)
            count += 1
    return TableProof(table.name, count, f"{total:064x}")


def _next_change(view: Connection) -> int:
    """The last number given to a change, also when its row is long shipped and gone."""
    if view.dialect.name == "sqlite":
        found = view.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'row_changes'")).scalar()
        return int(found or 0)
    name = view.execute(text("SELECT pg_get_serial_sequence('row_changes', 'change')")).scalar_one()
    last, called = view.execute(text(f"SELECT last_value, is_called FROM {name}")).one()
    return int(last) if called else 0


def _set_next_change(connection: Connection, number: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'row_changes'"))
        values = {"number": number}
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('row_changes', :number)"), values)
        return
    query = text("SELECT setval(pg_get_serial_sequence('row_changes', 'change'), :number, :called)")
    connection.execute(query, {"number": max(1, number), "called": number > 0})


def _unproven(table: str) -> MoveUnprovenError:
    return MoveUnprovenError(
        "Hai cơ sở dữ liệu không khớp nhau sau khi chuyển.",
        remedy="Dừng mọi tiến trình của kho rồi chạy lại; nếu vẫn lỗi thì dùng một cơ sở dữ liệu trống khác.",
        detail=table,
    )
