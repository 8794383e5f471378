"""A service over an archive in which a round may be carried out: real packages in the stores, everybody with an account."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.accounts import issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.initialising import initialise
from api.jobs.runner import run_now
from api.settings import load_settings
from archive.access import Author
from archive.catalogue.worker_model import RunState
from archive.local_time import VIETNAM
from samples.holdings import Held, store_packages
from tests.disposal import world
from tests.disposal.world import PEOPLE, World
from tests.servers.elasticsearch import at_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LOCAL = Author("kiem-thu")


@dataclass(frozen=True)
class ExecutingRound:
    """``destroyed``: the packages of the round, one to each hồ sơ, whose id is that of its submission."""

    installation: Installation
    client: TestClient
    world: World
    tokens: Mapping[str, str]
    round_id: str
    destroyed: list[Held]
    kept: Held

    def ask(self, who: str | None, method: str, path: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def about(self, path: str) -> str:
        return f"/rounds/{self.round_id}/{path}"

    def work(self) -> RunState:
        """As the worker's job does it, out of turn."""
        return run_now(self.installation, "destruction", "kiểm thử", threading.Event()).state


@contextmanager
def executing_round(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, count: int = 2, sealing: bool = True, search_url: str = ""
) -> Iterator[ExecutingRound]:
    """Everything was decided a minute ago: the term of the decision is counted by the clock of the machine.

    ``search_url``: of the server that has the index; else the archive has none.
    """
    home = folder / "kho"
    stores = [folder / "kho-1", folder / "kho-2"]
    initialise(home, name="Lưu trữ Sở Nội vụ", code="H99.12", stores=stores, database="", sealing=sealing)
    if search_url:
        at_server(home, search_url)
    at = now() - timedelta(minutes=1)
    monkeypatch.setattr(world, "AT", at)
    monkeypatch.setattr(world, "TODAY", at.astimezone(VIETNAM).date())
    with opened(load_settings(home)) as installation:
        people = World(installation.catalogue)
        *destroyed, kept = store_packages(installation.catalogue, installation.stores, count + 1, size_bytes=4096)
        people.filed((*destroyed, kept))
        round_id = people.round([held.submission_id for held in destroyed], decided_on=world.TODAY)
        tokens = {
            name: issue_token(
                installation.catalogue, people.people[name].username, label="kiểm thử", by=LOCAL, at=now()
            ).secret
            for name in PEOPLE
        }
        with TestClient(create_app(installation)) as client:
            yield ExecutingRound(installation, client, people, tokens, round_id, destroyed, kept)
