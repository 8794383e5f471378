"""The service over one archive made for the whole session; who changes it works on a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.rates import Rates
from api.http.routes import presence
from tests.http_contract.world import World, make_world
from tests.servers.elasticsearch import running_elasticsearch
from tests.servers.homes import copied_home


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often one address may ask is tried elsewhere; here what one test asked does not answer the next with 429."""
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=6000, burst=6000))


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The archive as it was made: read by nobody but the copies."""
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        yield make_world(tmp_path_factory.mktemp("world"), url)


@pytest.fixture(scope="module")
def world(made_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy for one file of tests; the index is the same, and only read."""
    home: Path = tmp_path_factory.mktemp("copy") / "home"
    copied_home(made_world.home, home)
    return made_world.at(home)
