"""Every table is in exactly one list; every change of a carried row lands in the next checkpoint; no secret ever does."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, Date, Integer, String, Table, delete, insert, text, update

from archive.catalogue import Catalogue
from archive.catalogue.carried import (
    CARRIED,
    FROM_CHECKPOINTS,
    FROM_LEDGER,
    FROM_PACKAGES,
    NOT_CARRIED,
    SECRET_COLUMNS,
    carried_tables,
)
from archive.catalogue.carried_rows import changed_rows, column_values, newest_change
from archive.catalogue.change_capture import capture_changes
from archive.catalogue.checkpoint_writing import adopt_checkpoint, put_rows
from archive.catalogue.columns import Instant
from archive.catalogue.database import open_engine, writing
from archive.catalogue.tables import metadata
from tests.catalogue.builders import AT, stored_package
from tests.checkpoints.sealed_archive import SealedArchive

SECRET = "argon2-or-sha256-of-something-nobody-may-read-7f3a"


def test_every_table_is_in_exactly_one_list() -> None:
    lists = [CARRIED, FROM_PACKAGES, FROM_LEDGER, FROM_CHECKPOINTS, set(NOT_CARRIED) - {"alembic_version"}]
    listed = sorted(name for names in lists for name in names)
    assert listed == sorted(metadata.tables), set(listed) ^ set(metadata.tables)
    assert all(NOT_CARRIED.values())


def some_value(table: Table, name: str, number: int) -> Any:
    column = table.columns[name]
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(f"{name} IN ("):
            return str(constraint.sqltext).split("'")[1]
    if isinstance(column.type, Instant):
        return AT if name != "valid_until" else AT.replace(year=2030)
    if isinstance(column.type, Date):
        return date(2026, 11, 21)
    if isinstance(column.type, JSON):
        return {"số": number}
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, String):
        if name in SECRET_COLUMNS.get(table.name, ()):
            return f"{SECRET}-{number}"[: column.type.length or 255]
        return f"{name[:8]}{number}"[: column.type.length or 255]
    assert isinstance(column.type, Integer), f"{table.name}.{name}"
    return number


def unbound(connection: Any) -> None:
    """Rows of one table by themselves: what they refer to is not the matter here."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN")
        return
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            connection.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {key.name} CASCADE"))


def test_inserting_changing_rekeying_and_deleting_a_row_of_every_carried_table_is_noted(
    catalogue: Catalogue, url: str
) -> None:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            unbound(connection)
            connection.commit()
            for name in sorted(CARRIED):
                _require_noted(catalogue, connection, metadata.tables[name])
    finally:
        engine.dispose()


def _require_noted(catalogue: Catalogue, connection: Any, table: Table) -> None:
    row = {column.name: some_value(table, column.name, 1) for column in table.columns if column.computed is None}
    keys = [column.name for column in table.primary_key]
    other = {key: some_value(table, key, 2) for key in keys}

    def noted(statement: Any) -> list[Any]:
        before = _newest(catalogue)
        connection.execute(statement)
        connection.commit()
        with catalogue.read() as view:
            return list(changed_rows(view, before, newest_change(view)))

    (made,) = noted(insert(table).values(row))
    assert made.row is not None and set(made.row) == set(row) - SECRET_COLUMNS.get(table.name, frozenset())
    assert {key: column_values(made)[key] for key in keys} == {key: row[key] for key in keys}
    changeable = [column.name for column in table.columns if column.name not in keys and column.computed is None]
    (changed,) = noted(update(table).values({changeable[0]: some_value(table, changeable[0], 1)}))
    assert changed.row is not None
    moved = noted(update(table).values(other))
    assert sorted(item.row is None for item in moved) == ([False, True] if other != _only(row, keys) else [False])
    (gone,) = noted(delete(table))
    assert gone.row is None


def _only(row: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def _newest(catalogue: Catalogue) -> int:
    with catalogue.read() as view:
        return newest_change(view)


def test_every_carried_table_has_its_triggers(catalogue: Catalogue, url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
            expected = {
                f"capture_{table.name}_{event}"
                for table in carried_tables()
                for event in ("insert", "update", "delete")
            }
        else:
            found = set(connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")).scalars())
            expected = {f"capture_{table.name}" for table in carried_tables()}
    engine.dispose()
    assert expected <= found


def test_making_the_triggers_again_changes_nothing(catalogue: Catalogue, url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        for table in carried_tables():
            for statement in capture_changes(connection.dialect.name, table):
                connection.exec_driver_sql(statement)
    engine.dispose()
    stored_package(catalogue)
    with catalogue.read() as view:
        assert {row.table for row in changed_rows(view, 0, newest_change(view))} == {
            "copies",
            "registration_numbers",
            "submissions",
        }


def test_no_secret_is_in_any_object_of_any_store(sealed: SealedArchive) -> None:
    sealed.take_in()
    with sealed.catalogue.transaction() as tx:
        for name in ("accounts", "tokens"):
            table = metadata.tables[name]
            row = {column.name: some_value(table, column.name, 1) for column in table.columns}
            tx.rows(insert(table).values(row | ({"account_id": "id1"} if name == "tokens" else {})))
    sealed.seal()
    with sealed.catalogue.transaction() as tx:
        tx.rows(update(metadata.tables["accounts"]).values(password_hash=SECRET + "2"))
    sealed.seal()
    held = b"".join(b"".join(store.read(key)) for store in sealed.stores for key in store.keys(""))
    assert b"username1" in held and SECRET.encode()[:40] not in held


def test_rows_come_back_into_a_new_catalogue_and_sealing_goes_on(sealed: SealedArchive, new_url: Any) -> None:
    sealed.take_in()
    with sealed.catalogue.transaction() as tx:
        accounts, tokens = metadata.tables["accounts"], metadata.tables["tokens"]
        tx.rows(insert(accounts).values({c.name: some_value(accounts, c.name, 1) for c in accounts.columns}))
        row = {c.name: some_value(tokens, c.name, 1) for c in tokens.columns} | {"account_id": accounts_id(accounts)}
        tx.rows(insert(tokens).values(row))
    sealed.seal()
    chain, _, rows = sealed.read_from(sealed.stores[0])
    wanted = [row for row in rows if row.table in ("accounts", "tokens", "registration_numbers", "submissions")]
    with Catalogue.open(new_url()) as new:
        with new.transaction() as tx:
            for checkpoint in chain:
                adopt_checkpoint(tx, checkpoint)
            assert put_rows(tx, wanted) == len(wanted)
        with new.read() as view:
            found = view.rows(text("SELECT secret_sha256 FROM tokens")).scalar()
            assert found is not None and found.startswith("lost:")
            # What is put back is noted behind what the adopted checkpoints speak of.
            news = list(changed_rows(view, chain[-1].content.last_change, newest_change(view)))
        assert len(news) == len(wanted)


def accounts_id(accounts: Table) -> Any:
    return some_value(accounts, "id", 1)
