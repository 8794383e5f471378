"""Databases that have the tables of the catalogue from the start: copied from one that was made by all the migrations."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

from archive.catalogue import Catalogue
from tests.servers.postgresql import running_postgresql


def with_tables(url: str) -> str:
    """``url``, of a database with nothing in it, which has all tables now: a copy is made in a third of the time."""
    name = make_url(url).database
    assert name is not None
    if url.startswith("sqlite"):
        Path(name).write_bytes(_file())
        return url
    template = _template()
    with running_postgresql().connect() as connection:
        connection.execute(f"DROP DATABASE {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return url


@cache
def _file() -> bytes:
    """Whole in one file: closed, and so without a log beside it."""
    with tempfile.TemporaryDirectory(prefix="luutru-tables-") as name:
        folder = Path(name)
        Catalogue.open(f"sqlite:///{folder / 'made.sqlite'}").close()
        assert [path.name for path in folder.iterdir()] == ["made.sqlite"]
        return (folder / "made.sqlite").read_bytes()


@cache
def _template() -> str:
    server = running_postgresql()
    name = server.new_database()
    Catalogue.open(server.url(name)).close()
    return name
