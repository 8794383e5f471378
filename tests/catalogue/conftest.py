"""Catalogues to test with: SQLite always, PostgreSQL when its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own on a socket; it refuses to run as root, so root lends it another user."""
    initdb, postgres = shutil.which("initdb"), shutil.which("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tmp_path_factory.mktemp("postgresql"))
    as_user: dict[str, int] = {}
    if os.getuid() == 0:
        as_user = {"user": 65534, "group": 65534}
        for place in (folder, *folder.parents):
            if place.stat().st_uid == 0 and str(place).startswith("/tmp/"):
                place.chmod(0o755)
        os.chown(folder, 65534, 65534)
    data = folder / "data"
    made = subprocess.run(
        [initdb, "-D", str(data), "-U", "luutru", "-A", "trust", "-E", "UTF8", "--no-sync"],
        capture_output=True,
        cwd=folder,
        **as_user,  # type: ignore[call-overload]  # keyword arguments of Popen
    )
    if made.returncode:
        pytest.skip(f"initdb failed: {made.stderr.decode()[-300:]}")
    server = subprocess.Popen(
        [postgres, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **as_user,  # type: ignore[call-overload]
    )
    try:
        for _ in range(200):
            ready = subprocess.run(["pg_isready", "-h", str(folder), "-q"], check=False)
            if ready.returncode == 0:
                break
            server.poll()
            subprocess.run(["sleep", "0.1"], check=True)
        yield str(folder)
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'danh mục.sqlite'}"
    import psycopg

    folder = request.getfixturevalue("postgresql")
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(host=folder, user="luutru", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://luutru@/{name}?host={folder}"


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened
