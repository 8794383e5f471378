"""Rounds and holds in each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.catalogue import Catalogue
from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)
from tests.disposal.world import World
from tests.servers.postgresql import programs, running_postgresql


@pytest.fixture
def world(catalogue: Catalogue) -> World:  # noqa: F811
    return World(catalogue)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for a whole module; whoever changes it does so inside ``undone``."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('danh mục') / 'c.sqlite'}"
    elif programs() is None:
        pytest.skip("PostgreSQL is not installed")
    else:
        address = running_postgresql().new_url()
    with Catalogue.open(address) as opened:
        yield World(opened)
