"""What only PostgreSQL needs: sessions that end with their process or its network, the writers' lock, what errors mean.

One writer at a time holds an advisory lock of the database. A writer that is paused, or cut off from the server, is
idle inside its transaction: the server ends it after ``IDLE_SECONDS``, undoes what it did, and the next one goes on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

IDLE_SECONDS = 10
"""A writer that says nothing to the server for so long inside its transaction has lost it."""
STATEMENT_SECONDS = 900
"""No single statement takes so long unless something is wrong; the largest question asks for 1,000,000 rows."""
WRITERS_LOCK = 0x6C757574727531  # "luutru1"
_KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_UNANSWERED_MS = 12_000

_BUSY = frozenset({"55P03", "40001", "40P01", "53300"})
"""A lock not had in time, two transactions in each other's way, no connection left."""
_ENDED = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})
"""Shut down, crashed, starting, idle for too long: the session is over, the server may be there."""


def connect_options(url: str) -> dict[str, Any]:
    """What every connection asks of libpq and the server: both ends find out within seconds that the other is gone."""
    given = make_url(url).query.get("options", "")
    options = [given if isinstance(given, str) else " ".join(given)]
    options += [f"-c tcp_{name}={value}" for name, value in _KEEPALIVES.items()]
    options += [f"-c tcp_user_timeout={_UNANSWERED_MS}", f"-c statement_timeout={STATEMENT_SECONDS}s"]
    options.append("-c synchronous_commit=on")  # committed is durable, whatever the server was told
    return {
        "connect_timeout": 10,
        "keepalives": 1,
        **_KEEPALIVES,
        "tcp_user_timeout": _UNANSWERED_MS,
        "application_name": "luutru",
        "options": " ".join(option for option in options if option),
    }


def create_database(url: str) -> bool:
    """The database ``url`` names is there when this returns; false when it was there already. UTF-8, as all we keep."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    name = parsed.database or ""
    options = connect_options(url)
    engine = create_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT", connect_args=options)
    try:
        with engine.connect() as connection:
            if connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar():
                return False
            quoted = engine.dialect.identifier_preparer.quote_identifier(name)
            template = connection.execute(
                text("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'")
            ).scalar()
            # A template in another encoding cannot be copied into UTF-8.
            kept = "" if template == "UTF8" else " ENCODING 'UTF8' TEMPLATE template0"
            connection.exec_driver_sql(f"CREATE DATABASE {quoted}{kept}")
            return True
    finally:
        engine.dispose()


def lock_for_writing(wait_seconds: int) -> str:
    """The statements that begin a writer's transaction: sent as one, they cost one way to the server and back."""
    return (
        f"SET LOCAL lock_timeout = '{wait_seconds}s'; "
        f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'; "
        f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
    )


def limits_for_signing() -> str:
    """The statements that begin a sign of life: a process paused in one gives its rows back, and none is waited for long."""
    return f"SET LOCAL lock_timeout = '{2 * IDLE_SECONDS}s'; SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"


def is_busy(error: DBAPIError) -> bool:
    """Nothing was written, and the same may go well a moment later."""
    return _sqlstate(error) in _BUSY


def is_unreachable(error: DBAPIError) -> bool:
    """The server does not answer, or has ended this session."""
    state = _sqlstate(error)
    if state is not None:
        return state in _ENDED or state.startswith("08")
    # Without a state the driver itself speaks: nobody listens, or the connection broke.
    spoken = isinstance(error, (OperationalError, InterfaceError)) and type(error.orig).__module__.startswith("psycopg")
    return error.connection_invalidated or spoken


def _sqlstate(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None
