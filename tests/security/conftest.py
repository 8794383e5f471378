"""What attackers find: a service over an archive of two agencies, in this process and behind a real socket."""

from __future__ import annotations

import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from api.bootstrap import Installation, opened
from api.http.app import create_app
from api.serving import configured, listening
from api.settings import load_settings
from archive.ledger import Record
from samples.pki import create_pki
from samples.workshop import Workshop
from tests.http.peopled import Peopled, Template, make_template, peopled
from tests.http_contract.world import World, make_world
from tests.security.hostile import hand_in
from tests.servers.elasticsearch import running_elasticsearch
from tests.servers.homes import copied_home

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@dataclass(frozen=True)
class Arena:
    """A service over a copy of the archive that is changed by nobody else."""

    world: World
    installation: Installation
    app: FastAPI
    client: TestClient

    def ask(self, who: str | None, method: str, path: str, **options: Any) -> Any:
        """The answer to ``who``: the name of an account, a token, or None for nobody."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.world.tokens.get(who, who)}"
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def follow(self) -> None:
        """The index is level with the catalogue, and searches see it."""
        index = self.installation.search_index(start=False)
        self.installation.follower(index).follow()
        index.refresh()
        self.app.state.service.forget_index()

    def ledger(self, after: int = 0) -> list[Record]:
        with self.installation.catalogue.read() as reading:
            return reading.records(after, limit=100_000)

    def ledger_end(self) -> int:
        """The number of its last record."""
        with self.installation.catalogue.read() as reading:
            end = reading.ledger_end()
        assert end is not None
        return end[0]


@pytest.fixture(scope="session")
def search_url() -> Iterator[str]:
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        yield url


@dataclass(frozen=True)
class Made:
    """The archive as it was made, and the submission in it whose every field is an attack."""

    world: World
    hostile: str


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, search_url: str) -> Made:
    """Read by nobody but the copies."""
    folder = tmp_path_factory.mktemp("world")
    world = make_world(folder, search_url)
    with opened(load_settings(world.home)) as installation:
        submission_id = hand_in(installation, Workshop(create_pki(folder / "pki")))
        installation.follower(installation.search_index(start=False)).follow()
    return Made(world, submission_id)


@pytest.fixture(scope="session")
def made_world(made: Made) -> World:
    return made.world


@contextmanager
def over(world: World, home: Path) -> Iterator[Arena]:
    copied_home(world.home, home)
    with opened(load_settings(home)) as installation:
        app = create_app(installation)
        with TestClient(app) as client:
            yield Arena(world.at(home), installation, app, client)


@pytest.fixture(scope="session")
def arena(made_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """For attacks that change nothing in what is held, nor in who may do what."""
    with over(made_world, tmp_path_factory.mktemp("arena") / "home") as made:
        yield made


@pytest.fixture
def own_arena(made_world: World, tmp_path: Path) -> Iterator[Arena]:
    """For one attack alone; what it does to the index, others would see."""
    with over(made_world, tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    """An archive with an account of every role and one hồ sơ without bytes; nobody else's."""
    with peopled(template, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Wire:
    """A socket to the server as ``luutru serve`` sets it up: says exactly the bytes it is given."""

    address: tuple[str, int]

    def say(self, *pieces: bytes, hang_up: bool = False) -> bytes:
        """Everything the server answers until it closes the connection, or falls silent."""
        with socket.create_connection(self.address, timeout=20) as connection:
            # What is too much is refused while it is still being said.
            with suppress(OSError):
                for piece in pieces:
                    connection.sendall(piece)
            if hang_up:
                return b""
            said = b""
            with suppress(OSError):
                while chunk := connection.recv(65536):
                    said += chunk
            return said

    def ask(self, line: str, *headers: str, body: bytes = b"") -> bytes:
        """One request on a connection of its own."""
        head = "\r\n".join([f"{line} HTTP/1.1", "Host: kho.example.vn", "Connection: close", *headers, "", ""])
        return self.say(head.encode("latin-1"), body)


@contextmanager
def wired(app: FastAPI, installation: Installation) -> Iterator[Wire]:
    """The service of ``app``, started already, behind a socket of its own."""
    config = configured(app, installation.settings)
    config.lifespan = "off"
    with listening("127.0.0.1", 0) as bound:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        yield Wire(bound.getsockname())
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def peopled_once(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[Peopled]:
    """The same as ``people`` for a whole file of attacks that change nothing."""
    with peopled(template, tmp_path_factory.mktemp("peopled")) as made:
        yield made


@pytest.fixture(scope="module")
def wire(peopled_once: Peopled) -> Iterator[Wire]:
    with wired(peopled_once.app, peopled_once.installation) as made:
        yield made


def status(said: bytes) -> int:
    """Of the first answer."""
    return int(said.split(b" ", 2)[1])
