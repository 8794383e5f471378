"""The one place that knows which database it is: engines, who may write, guards of the ledger, what errors mean."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from archive.catalogue.postgresql import connect_options, is_busy, is_unreachable, limits_for_signing, lock_for_writing
from archive.errors import CatalogueBusyError, CatalogueError, CatalogueUnreachableError

WAIT_SECONDS = 60
_WRITING = "luutru_writing"
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
CONNECTIONS = 64
"""As many threads of one process may read at once; the service has forty for its requests and some of its own."""
_KEPT_CONNECTIONS = 8
"""A PostgreSQL server counts the connections of all machines: a process gives back what it uses only at its busiest."""


def open_engine(url: str) -> Engine:
    """An engine whose every transaction is durable when committed; SQLite in WAL mode, or PostgreSQL.

    Its errors quote no values: they end in logs, and values are content of records, names and digests of secrets.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            json_serializer=_json_text,
            connect_args={"timeout": WAIT_SECONDS},
            pool_size=CONNECTIONS,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        json_serializer=_json_text,
        pool_size=_KEPT_CONNECTIONS,
        max_overflow=CONNECTIONS - _KEPT_CONNECTIONS,
        pool_timeout=WAIT_SECONDS,
        # A connection the server has closed meanwhile (restart, time-out of a paused process) is replaced, not met.
        pool_pre_ping=True,
        connect_args=connect_options(url),
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction of the only writer; committed when the block ends well, else undone."""
    with engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
        yield connection


@contextmanager
def signing(engine: Engine) -> Iterator[Connection]:
    """One short transaction that writes; on PostgreSQL beside the only writer, without waiting for it."""
    with engine.connect() as connection:
        shared = connection.dialect.name == "postgresql"
        if not shared:
            connection = connection.execution_options(**{_WRITING: True})
        with connection.begin():
            if shared:
                connection.exec_driver_sql(limits_for_signing())
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One unchanging view of what was committed; it neither waits for the writer nor makes it wait."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database become CatalogueError; defects of ours (a broken constraint) pass as they are."""
    try:
        yield
    except PoolTimeoutError as error:
        raise _busy(error) from error
    except DBAPIError as error:
        if isinstance(error, _OURS) and not is_unreachable(error):
            raise
        if _is_busy(error):
            raise _busy(error) from error
        if is_unreachable(error):
            raise CatalogueUnreachableError(
                "Mất liên lạc với máy chủ cơ sở dữ liệu của danh mục.",
                remedy="Kiểm tra máy chủ PostgreSQL và đường mạng; hệ thống sẽ thử lại.",
                detail=str(error),
            ) from error
        raise CatalogueError(
            "Danh mục của kho lưu trữ gặp lỗi.",
            remedy="Kiểm tra dung lượng đĩa và máy chủ cơ sở dữ liệu.",
            detail=str(error),
        ) from error


def guard_ledger(dialect: str) -> tuple[str, ...]:
    """The statements that make the database itself refuse to change, remove, or replace a ledger record."""
    refusal = "the ledger is append-only"
    if dialect == "sqlite":
        return (
            f"CREATE TRIGGER ledger_refuses_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
            f"CREATE TRIGGER ledger_refuses_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
            # REPLACE deletes without asking the trigger above; it would have to insert out of order.
            "CREATE TRIGGER ledger_refuses_gap BEFORE INSERT ON ledger "
            "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger) "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
        )
    return (
        "CREATE FUNCTION ledger_refusal() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$",
        "CREATE FUNCTION ledger_gap_refusal() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger) THEN "
        f"RAISE EXCEPTION '{refusal}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER ledger_refuses_change BEFORE UPDATE OR DELETE ON ledger "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refusal()",
        "CREATE TRIGGER ledger_refuses_truncate BEFORE TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refusal()",
        "CREATE TRIGGER ledger_refuses_gap BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_gap_refusal()",
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours to say, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: who will write waits here, before reading, and never has to be undone because another was faster.
    immediate = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITING, False):
        connection.exec_driver_sql(lock_for_writing(WAIT_SECONDS))


def _is_busy(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return is_busy(error)


def _busy(error: Exception) -> CatalogueBusyError:
    return CatalogueBusyError(
        "Danh mục đang bận vì một tiến trình khác đang ghi.", remedy="Chạy lại sau ít phút.", detail=str(error)
    )


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
