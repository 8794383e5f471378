"""Millions of rows planted past what notes changed rows, and indexed afterwards: neither is what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from archive.catalogue.database import open_engine


@contextmanager
def planting(url: str, tables: Sequence[str]) -> Iterator[Connection]:
    """A transaction in which no trigger fires and ``tables`` have no index but their keys; both are there again after it."""
    engine = open_engine(url)
    names = ", ".join(f"'{name}'" for name in tables)
    with engine.connect() as connection, connection.begin():
        triggers: list[Any] = []
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            found = (
                f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({names}) AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)"
            )
        else:
            found = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({names}) AND sql IS NOT NULL"
            # Ids are random: with the usual two megabytes every page of the index would be written again and again.
            connection.execute(text("PRAGMA cache_size = -4194304"))
            triggers = list(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")))
        indexes = list(connection.execute(text(found)))
        for what, some in (("INDEX", indexes), ("TRIGGER", triggers)):
            for name, _ in some:
                connection.execute(text(f'DROP {what} "{name}"'))
        yield connection
        for _, statement in (*indexes, *triggers):
            connection.exec_driver_sql(statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in tables if connection.dialect.name == "postgresql" else ():
            connection.execute(text(f"VACUUM ANALYZE {name}"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("ANALYZE"))
    engine.dispose()
