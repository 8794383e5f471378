"""Archives for several processes at once, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.initialising import initialise
from tests.multi.processes import Processes
from tests.servers.postgresql import programs, running_postgresql


def archive(folder: Path, database: str) -> Path:
    """A new archive whose index is nowhere: nothing here is about searching."""
    initialise(folder, name="Kho thử", code="H99.12", database=database)
    file = folder / "luutru.toml"
    text = file.read_text(encoding="utf-8").replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]')
    file.write_text(text.replace("free_bytes_reserve = 1073741824", "free_bytes_reserve = 1048576"), encoding="utf-8")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An archive on each kind of database."""
    if request.param == "postgresql" and programs() is None:
        pytest.skip("PostgreSQL is not installed")
    return archive(tmp_path / "home", running_postgresql().new_url() if request.param == "postgresql" else "")


@pytest.fixture
def new_home(tmp_path: Path) -> Callable[[str], Path]:
    """Each call: one more archive on the database at this address."""
    count = iter(range(1000))
    return lambda database: archive(tmp_path / f"home-{next(count)}", database)


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Begins processes, each in a group of its own; whatever still runs at the end is killed, paused or not."""
    with Processes() as begun:
        yield begun
