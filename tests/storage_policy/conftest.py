"""An archive of made-up packages over real stores, one of which may be in a bad mood; on both databases."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from tests.servers.postgresql import programs, running_postgresql
from tests.servers.tables_made import with_tables

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))

from small_archive import SmallArchive


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'danh mục {os.urandom(6).hex()}.sqlite'}"
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    return running_postgresql().new_url


@pytest.fixture
def catalogue(new_url: Callable[[], str]) -> Iterator[Catalogue]:
    with Catalogue.open(with_tables(new_url())) as opened:
        yield opened


@pytest.fixture
def small(catalogue: Catalogue, tmp_path: Path) -> Iterator[SmallArchive]:
    archive = SmallArchive(catalogue, tmp_path)
    yield archive
    for store in archive.stores:
        store.let_go.set()
