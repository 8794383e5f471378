"""Catalogues to test with: SQLite always, PostgreSQL when its programs are installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue import Catalogue

NOBODY = 65534


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of our own on a socket; it refuses to run as root, so root lends it another user."""
    programs = [shutil.which(name) for name in ("initdb", "postgres", "pg_isready")]
    if None in programs:
        pytest.skip("PostgreSQL is not installed")
    initdb, postgres, pg_isready = map(str, programs)
    # A folder of its own: pytest's is closed to every other user.
    folder = Path(tempfile.mkdtemp(prefix="luutru-pg-"))
    user = NOBODY if os.getuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)
    try:
        options = ["-D", str(folder / "data"), "-U", "luutru", "-A", "trust", "-E", "UTF8", "--no-sync"]
        made = subprocess.run([initdb, *options], capture_output=True, cwd=folder, user=user, group=user)
        assert made.returncode == 0, made.stderr.decode()
        server = subprocess.Popen(
            [postgres, "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user=user,
            group=user,
        )
        try:
            for _ in range(300):
                if subprocess.run([pg_isready, "-h", str(folder), "-q"]).returncode == 0:
                    break
                assert server.poll() is None, "the server has ended"
                time.sleep(0.1)
            yield str(folder)
        finally:
            # At once: nobody will read what it holds.
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Each call: the address of one more database with nothing in it, all of the same kind.

    In PostgreSQL a schema of its own: a database would copy hundreds of files first.
    """
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'danh mục {os.urandom(6).hex()}.sqlite'}"
    import psycopg

    folder = request.getfixturevalue("postgresql")

    def created() -> str:
        name = f"test_{os.urandom(6).hex()}"
        with psycopg.connect(host=folder, user="luutru", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://luutru@/postgres?host={folder}&options=-csearch_path%3D{name}"

    return created


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened
