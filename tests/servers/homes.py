"""Homes of archives made from another one, as tests make them by the dozen: the folder, and the database with it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from api.settings import FILE_NAME, load_settings
from archive.catalogue import Catalogue
from ingest.workflow import WORK_SCHEMA
from tests.servers.postgresql import running_postgresql

VARIABLE = "LUUTRU_TEST_DATABASE"

_OF_SQLITE = re.compile(r"\.sqlite(-wal|-shm|-journal)?$")

sqlite_only = pytest.mark.skipif(
    os.environ.get(VARIABLE) == "postgresql", reason="what is tried here is the file of SQLite"
)


def homes_on_postgresql() -> None:
    """From here on an archive that is initialised in this process or by its children lives in a new PostgreSQL database.

    Each database is copied from one that has the tables already: that is faster than making them.
    """
    server = running_postgresql()
    Catalogue.open(server.url("template1")).close()
    os.environ["LUUTRU_DATABASE"] = server.url("home_{home}")


def copied_home(source: Path, target: Path, *, ignore: Callable[[str, list[str]], Iterable[str]] | None = None) -> Path:
    """A home of its own that holds what ``source`` holds, also while a service rests over ``source`` and keeps its house."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if _OF_SQLITE.search(name)} | set(ignore(folder, names) if ignore else ())

    shutil.copytree(source, target, ignore=left_out)
    for file in source.glob("*.sqlite"):
        if not (ignore and file.name in ignore(str(source), [file.name])):
            # Copied as a file while somebody writes, it would be torn: the engine copies it as of one moment.
            with closing(sqlite3.connect(file)) as database, closing(sqlite3.connect(target / file.name)) as taken:
                database.backup(taken)
            shutil.copymode(file, target / file.name)
    url = load_settings(source).database.url
    if url:
        server, name = running_postgresql(), make_url(url).database
        assert name is not None
        with server.connect() as connection:
            # Connections that rest in a pool keep a database from being copied; the pool replaces them.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )
        copy = _copied_database(name)
        file = target / FILE_NAME
        file.write_text(file.read_text(encoding="utf-8").replace(f"/{name}?", f"/{copy}?"), encoding="utf-8")
        assert load_settings(target).database.url != url
    return target


def without_work_database(home: Path) -> None:
    """The engine of the workflows has lost all it knew."""
    settings = load_settings(home)
    if settings.database.url:
        with running_postgresql().connect(make_url(settings.database.url).database or "") as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {WORK_SCHEMA} CASCADE".encode())
    for suffix in ("", "-wal", "-shm"):
        (home / f"work.sqlite{suffix}").unlink(missing_ok=True)


def _copied_database(name: str) -> str:
    for _ in range(50):
        try:
            return running_postgresql().new_database(template=name)
        except psycopg.errors.ObjectInUse:
            continue  # the one that was sent away is not gone yet
    raise AssertionError(f"{name} is in use")
