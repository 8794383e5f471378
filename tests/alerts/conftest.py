"""Catalogues of both kinds, and an authority whose certificates the servers of these tests show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from tests.search.tls_front import Authority
from tests.search.tls_front import authority as new_authority
from tests.servers.postgresql import programs, running_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Each call: the address of one more database with nothing in it, all of the same kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'danh mục {os.urandom(6).hex()}.sqlite'}"
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    return running_postgresql().new_url


@pytest.fixture
def catalogue(new_url: Callable[[], str]) -> Iterator[Catalogue]:
    with Catalogue.open(new_url()) as opened:
        yield opened


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))
