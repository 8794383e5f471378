"""Addresses of empty databases, as the catalogue's own tests have them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.postgresql import programs, running_postgresql


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Callable[[], str]:
    return lambda: f"sqlite:///{tmp_path / f'{os.urandom(6).hex()}.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, sqlite_url: Callable[[], str]) -> Callable[[], str]:
    """Each call: the address of one more database with nothing in it, all of the same kind."""
    if request.param == "sqlite":
        return sqlite_url
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    return running_postgresql().new_url
