"""One fork server for all interruption tests, and the material they submit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interrupted_homes import Home, Nursery, Offers

from tests.servers.homes import copied_home


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("nursery") / "log")
    yield nursery
    assert nursery.orphans() == []
    nursery.close()


@pytest.fixture(scope="session")
def offers(tmp_path_factory: pytest.TempPathFactory) -> Offers:
    folder = tmp_path_factory.mktemp("offers")
    return Offers(folder / "made", folder / "pki")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery, offers: Offers) -> Home:
    """An empty archive that has worked before: its databases are made."""
    home = Home.made(tmp_path_factory.mktemp("template") / "home", nursery, offers.trust_list)
    assert home.run("work")["status"] == 0
    return home


@pytest.fixture
def home(tmp_path: Path, template: Home) -> Home:
    copied_home(template.folder, tmp_path / "home")
    return Home(tmp_path / "home", template.nursery)
