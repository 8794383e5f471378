"""A real PostgreSQL server for tests: one for each process that asks, ended with it; a fresh database for each caller.

It listens on a socket in a folder of its own and on a free port of loopback (what is cut off or paused in tests goes
over TCP), and nothing it writes is synced: it is thrown away.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers.ports import free_port

NOBODY = 65534
_NEW = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")


def programs() -> dict[str, str] | None:
    """Debian keeps the server's programs out of the path; None when it is not installed."""
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = {name: shutil.which(name, path=os.pathsep.join(places)) for name in ("initdb", "postgres")}
    return None if None in found.values() else {name: str(path) for name, path in found.items()}


@dataclass
class PostgreSql:
    """One server. It can be stopped, killed and begun again; its data stays until ``close``."""

    folder: Path
    port: int
    durable: bool = False
    """Whether a commit is on the disk, as in service: for measurements."""
    process: subprocess.Popen[bytes] | None = None
    survives_kills: bool = False
    """What was committed is there after SIGKILL; without it a commit may still be in the server's own memory."""

    @property
    def host(self) -> str:
        return str(self.folder)

    def url(self, database: str, *, port: int | None = None) -> str:
        """Over the socket; with ``port`` over TCP, to this server (``self.port``) or to what stands before it."""
        if port is None:
            return f"postgresql://luutru@/{database}?host={self.host}&port={self.port}"
        return f"postgresql://luutru@127.0.0.1:{port}/{database}?sslmode=disable"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=self.host, port=self.port, user="luutru", dbname=database, autocommit=True, connect_timeout=5
        )

    def new_database(self, *, template: str = "template0") -> str:
        """The name of one more database with nothing in it (or what ``template`` holds)."""
        name = f"test_{os.urandom(6).hex()}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return name

    def new_url(self) -> str:
        return self.url(self.new_database())

    def start(self) -> None:
        options = ["listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}"]
        options += [f"synchronous_commit={'on' if self.survives_kills or self.durable else 'off'}"]
        options += [] if self.durable else ["fsync=off", "full_page_writes=off"]
        options += ["max_connections=300"]
        options += ["autovacuum=off", "shared_buffers=32MB", "max_wal_size=256MB"]
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", str(self.folder / "data"), *(f"--{option}" for option in options)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **_owner(),
        )
        for _ in range(300):
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
            assert self.process.poll() is None, "the server has ended"
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def end(self, number: int = signal.SIGQUIT) -> None:
        """Ends the server: SIGQUIT and SIGKILL at once, SIGINT as an administrator would restart it."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _program(self, name: str) -> str:
        found = programs()
        assert found is not None, "PostgreSQL is not installed"
        return found[name]


def begun(*, durable: bool = False) -> PostgreSql:
    """A server of the caller's own, running; the caller closes it."""
    # A folder of its own: pytest's is closed to every other user, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="luutru-pg-"))
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    server = PostgreSql(folder, free_port(), durable)
    made = subprocess.run(
        [server._program("initdb"), "-D", str(folder / "data"), "-U", "luutru", "-A", "trust", *_NEW],
        capture_output=True,
        cwd=folder,
        **owner,
    )
    assert made.returncode == 0, made.stderr.decode()
    server.start()
    return server


@functools.cache
def running_postgresql() -> PostgreSql:
    """The server of this process, begun when first asked for and ended with it."""
    server, owner = begun(), os.getpid()
    atexit.register(lambda: server.close() if os.getpid() == owner else None)
    return server


@contextlib.contextmanager
def one_more_server(*, durable: bool = False) -> Iterator[PostgreSql]:
    """A server that may be stopped and killed without anybody else noticing."""
    server = begun(durable=durable)
    try:
        yield server
    finally:
        server.close()


def _owner() -> dict[str, int]:
    """It refuses to run as root, so root lends it another user."""
    return {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
