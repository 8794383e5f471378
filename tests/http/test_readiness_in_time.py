"""Whoever asks whether the service is ready is answered in time, also when a part of it hangs."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, opened
from api.http import readiness
from api.http.app import create_app
from api.http.deadlines import Deadlines, Late
from api.http.readiness import Probes
from api.settings import load_settings
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from tests.servers.homes import copied_home

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


class Hanging:
    """A medium that does not come back from a call while it ``hangs``; how often it was asked is counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.asked = 0
        self.answers = threading.Event()
        self.answers.set()
        create = DirectoryStore.create

        def slow(store: DirectoryStore, key: Key) -> Any:
            if store.name == name:
                self.asked += 1
                assert self.answers.wait(120)
            return create(store, key)

        monkeypatch.setattr(DirectoryStore, "create", slow)


class Hurried(Deadlines[Any]):
    """Waits a moment for what hangs by intention, and for everything else as long as a slow machine needs."""

    def __init__(self, hanging: Hanging, names: set[str]) -> None:
        super().__init__(1.0)
        self._hanging, self._names = hanging, names

    def _answer(self, name: str, asked: Any, deadline: float) -> Any:
        hangs = name in self._names and not self._hanging.answers.is_set()
        return super()._answer(name, asked, time.monotonic() + (0.3 if hangs else 120))


def probes(app: Any, hanging: Hanging, *names: str) -> Probes:
    made = Probes(app.state.service)
    made._asking = Hurried(hanging, {"store:kho-2", *names})
    return made


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    made = Hanging(monkeypatch, "kho-2")
    yield made
    made.answers.set()
    # Whoever was late asks the catalogue after all: not once it is closed.
    for thread in threading.enumerate():
        if thread.name.startswith("ask "):
            thread.join(120)


@pytest.fixture
def home(tmp_path: Path, service_home: Any) -> Path:
    copied_home(service_home.folder, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def installation(home: Path) -> Iterator[Installation]:
    with opened(load_settings(home)) as made:
        yield made


@pytest.fixture
def client(installation: Installation, hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(readiness, "KEPT_SECONDS", -1.0)  # each who asks has it looked at
    app = create_app(installation)
    app.state.probes = probes(app, hanging)
    app.state.service.store_questions = Hurried(hanging, {"kho-2"})
    with TestClient(app) as made:
        yield made


def parts(client: TestClient) -> dict[str, dict[str, str]]:
    return {part["part"]: part for part in client.get("/api/v1/health").json()["parts"]}


def test_a_store_that_hangs_is_named_and_the_other_parts_answer(client: TestClient, hanging: Hanging) -> None:
    before = parts(client)
    assert before["store:kho-2"]["state"] == "ready"
    hanging.answers.clear()
    answer = client.get("/api/v1/health")
    assert answer.status_code == 503 and answer.json()["state"] == "not_ready"
    found = {part["part"]: part for part in answer.json()["parts"]}
    assert list(found) == list(before)
    assert found["store:kho-2"]["state"] == "not_ready"
    assert found["store:kho-2"]["seen"].startswith("không trả lời trong 1 giây; lần trả lời trước: ghi được")
    assert {name: part["state"] for name, part in found.items() if name != "store:kho-2"} == {
        name: part["state"] for name, part in before.items() if name != "store:kho-2"
    }


def test_a_store_that_hangs_is_asked_once_however_many_want_to_know_and_counts_again_when_it_is_back(
    client: TestClient, hanging: Hanging
) -> None:
    hanging.answers.clear()
    asked = hanging.asked
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _number: parts(client)["store:kho-2"]["state"], range(4)))
    assert states == ["not_ready"] * 4 and hanging.asked == asked + 1
    hanging.answers.set()
    deadline = time.monotonic() + 60
    while parts(client)["store:kho-2"]["state"] != "ready":
        assert time.monotonic() < deadline


def test_a_store_that_may_lag_and_hangs_leaves_the_service_degraded(
    home: Path, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = home / "storage-policy.toml"
    text = policy.read_text(encoding="utf-8").replace("version = 1", "version = 2", 1)
    head, mark, last = text.rpartition("required = true")
    assert mark and "kho-2" in text
    policy.write_text(f"{head}required = false{last}", encoding="utf-8")
    with opened(load_settings(home)) as installation:
        app = create_app(installation)
        app.state.probes = probes(app, hanging)
        hanging.answers.clear()
        with TestClient(app) as client:
            found = parts(client)["store:kho-2"]
    assert (found["state"], found["seen"]) == ("degraded", "không trả lời trong 1 giây")


def test_measurements_go_on_beside_a_store_that_hangs(client: TestClient, hanging: Hanging, service_home: Any) -> None:
    hanging.answers.clear()
    text = client.get("/api/v1/metrics", headers=service_home.bearer("administrator")).text
    up = {
        line.split('"')[1]: line.split()[-1] for line in text.splitlines() if line.startswith("luutru_store_writable{")
    }
    assert up == {"kho-1": "1.0", "kho-2": "0.0"}


def test_a_catalogue_that_hangs_is_named_too(
    installation: Installation, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, read = create_app(installation), installation.catalogue.read

    def slow() -> Any:
        hanging.answers.wait(120)
        return read()

    asking = ("catalogue", "worker", "alerts", "index")
    app.state.probes = probes(app, hanging, *asking)
    monkeypatch.setattr(installation.catalogue, "read", slow)
    hanging.answers.clear()
    with TestClient(app) as client:
        found = parts(client)
        hanging.answers.set()
    late = {name for name, part in found.items() if part["seen"] == "không trả lời trong 1 giây"}
    assert {"catalogue", "worker"} <= late and found["store:kho-1"]["state"] == "ready"


def test_the_service_waits_for_no_part_longer_than_seconds(client: TestClient) -> None:
    assert readiness.DEADLINE_SECONDS <= 5.0
    assert Probes(client.app.state.service)._asking.seconds == readiness.DEADLINE_SECONDS  # type: ignore[attr-defined]


def test_what_fails_is_told_and_what_is_late_counts_when_it_has_come() -> None:
    asking: Deadlines[int] = Deadlines(0.05)
    comes = threading.Event()

    def late() -> int:
        comes.wait(120)
        return 7

    def failing() -> int:
        raise ValueError("của ta")

    assert asking.answers({"late": late}) == {"late": Late(None)}
    with pytest.raises(ValueError, match="của ta"):
        Deadlines[int](60).answers({"failing": failing})
    comes.set()
    deadline = time.monotonic() + 60
    while asking.answers({"late": late}) != {"late": 7}:
        assert time.monotonic() < deadline
    comes.clear()
    assert asking.answers({"late": late}) == {"late": Late(7)}
    comes.set()
