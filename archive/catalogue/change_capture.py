"""Triggers by which the database itself notes every change of a row, whoever makes it and by which program."""

from __future__ import annotations

from sqlalchemy import Connection, Table

from archive.catalogue.carried import carried_tables
from archive.catalogue.postgresql import WRITERS_LOCK


def capture_all(connection: Connection) -> None:
    """Every carried table has its triggers, as this version makes them, when this returns. Harmless to repeat."""
    for table in carried_tables():
        for statement in capture_changes(connection.dialect.name, table):
            connection.exec_driver_sql(statement)


def capture_changes(dialect: str, table: Table) -> tuple[str, ...]:
    """The statements that make inserts, updates and deletes in ``table`` leave its key in ``row_changes``.

    A key is a JSON array of the columns of the primary key. A row whose key is changed leaves both.
    """
    if dialect == "sqlite":
        return tuple(
            statement
            for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("NEW", "OLD")), ("DELETE", ("OLD",)))
            for statement in _sqlite(table, event, rows)
        )
    return _postgresql(table)


def _key(table: Table, row: str, function: str) -> str:
    return f"{function}({', '.join(f'{row}.{column.name}' for column in table.primary_key)})"


def _sqlite(table: Table, event: str, rows: tuple[str, ...]) -> tuple[str, ...]:
    name = f"capture_{table.name}_{event.lower()}"
    noted = []
    for row in rows:
        condition = ""
        if len(rows) > 1 and row == "OLD":
            condition = f" WHERE {_key(table, 'OLD', 'json_array')} <> {_key(table, 'NEW', 'json_array')}"
        noted.append(
            f"INSERT INTO row_changes (table_name, row_key) "
            f"SELECT '{table.name}', {_key(table, row, 'json_array')}{condition};"
        )
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER {event} ON {table.name} BEGIN {' '.join(noted)} END",
    )


def _postgresql(table: Table) -> tuple[str, ...]:
    """Whoever writes past this program waits for its writer here: numbers are given in the order of commits."""
    name = f"capture_{table.name}"
    old, new = (f"{_key(table, row, 'json_build_array')}::text" for row in ("OLD", "NEW"))
    note = f"INSERT INTO row_changes (table_name, row_key) VALUES ('{table.name}', "
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock({WRITERS_LOCK}); "
        f"IF TG_OP = 'DELETE' THEN {note}{old}); "
        f"ELSIF TG_OP = 'UPDATE' AND {old} <> {new} THEN {note}{old}), ('{table.name}', {new}); "
        f"ELSE {note}{new}); END IF; RETURN NULL; END $$",
        f"DROP TRIGGER IF EXISTS {name} ON {table.name}",
        f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table.name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
