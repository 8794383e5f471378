"""Catalogues to test with: SQLite always, PostgreSQL when its programs are installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from tests.servers.postgresql import programs, running_postgresql
from tests.servers.tables_made import with_tables


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Each call: the address of one more database with nothing in it, all of the same kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'danh mục {os.urandom(6).hex()}.sqlite'}"
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    return running_postgresql().new_url


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return with_tables(new_url())


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened
