"""Worlds to audit: each kind of store, each kind of database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from tests.servers.postgresql import programs, running_postgresql
from tests.servers.s3 import RUNNING

sys.path.insert(0, str(Path(__file__).parent))
from audited import World, directory, memory, on_s3


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalogue:
        yield catalogue


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / f'{os.urandom(6).hex()}.sqlite'}"
    elif programs() is None:
        pytest.skip("PostgreSQL is not installed")
    else:
        url = running_postgresql().new_url()
    with Catalogue.open(url) as opened:
        yield opened


@pytest.fixture(params=["directory", "memory", "minio", "versitygw"])
def kept(request: pytest.FixtureRequest, sqlite: Catalogue, tmp_path: Path) -> Iterator[World]:
    """In each kind of store."""
    if request.param == "directory":
        yield World(sqlite, directory(tmp_path), tmp_path / "audit")
    elif request.param == "memory":
        yield World(sqlite, memory(), tmp_path / "audit")
    else:
        with RUNNING[request.param]() as bucket:
            yield World(sqlite, on_s3(bucket), tmp_path / "audit")


@pytest.fixture
def world(sqlite: Catalogue, tmp_path: Path) -> World:
    """In a folder, under SQLite."""
    return World(sqlite, directory(tmp_path), tmp_path / "audit")


@pytest.fixture
def worlds(catalogue: Catalogue, tmp_path: Path) -> Callable[[], World]:
    """In a folder, under each database."""
    return lambda: World(catalogue, directory(tmp_path), tmp_path / "audit")
