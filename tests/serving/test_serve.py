"""``luutru serve`` as a process: it starts, says when it is ready, keeps a worker, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from api.exits import Exit
from api.initialising import initialise
from api.running import running
from api.settings import load_settings
from archive.catalogue import Catalogue
from archive.catalogue.worker_reading import heartbeats
from tests.cli.shell import PROGRAM, ROOT, environment, luutru

WAIT_SECONDS = 90.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    initialise(folder, name="Kho thử", code="H99.12")
    file = folder / "luutru.toml"
    text = file.read_text(encoding="utf-8").replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]')
    file.write_text(text.replace("free_bytes_reserve = 1073741824", "free_bytes_reserve = 1048576"), encoding="utf-8")
    return folder


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running service and its address; killed at the end if it still runs."""
    with (home / "out.log").open("wb") as log:
        process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0", *options],
            cwd=ROOT,
            env=environment(LUUTRU_HOME=str(home)),
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        eventually(lambda: running(home) is not None or process.poll() is not None)
        found = running(home)
        assert found is not None, (home / "out.log").read_text(encoding="utf-8")
        yield process, found.address
    finally:
        children = _children(process.pid)
        if process.poll() is None:
            process.kill()
        process.wait(WAIT_SECONDS)
        psutil.wait_procs(children, WAIT_SECONDS)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def health(address: str) -> dict[str, str]:
    """State of each part, and of the whole under ""."""
    try:
        answer = httpx.get(f"{address}/api/v1/health", timeout=30).json()
    except httpx.HTTPError:
        return {"": "unreachable"}
    return {"": answer["state"], **{part["part"]: part["state"] for part in answer["parts"]}}


def workers(home: Path) -> set[int]:
    """The processes that carry, as the catalogue knows them; one that was killed is known for a while."""
    with Catalogue.open(load_settings(home).catalogue_url) as catalogue, catalogue.read() as reading:
        return {sign.pid for sign in heartbeats(reading)}


def test_it_is_ready_once_a_worker_takes_jobs_and_ends_with_nothing_left_when_told(home: Path) -> None:
    with serving(home) as (process, address):
        # The index is nowhere: searching does not work, receiving and keeping does.
        eventually(lambda: health(address)[""] == "degraded")
        assert health(address)["worker"] == "ready" and health(address)["store:kho-1"] == "ready"
        family = _children(process.pid)
        assert family
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0
    assert not [item for item in family if item.is_running() and item.status() != psutil.STATUS_ZOMBIE]
    assert running(home) is None and workers(home) == set()


def test_killed_it_takes_its_worker_with_it(home: Path) -> None:
    with serving(home) as (process, address):
        eventually(lambda: health(address)["worker"] == "ready")
        family = _children(process.pid)
        process.kill()
        process.wait(WAIT_SECONDS)
        _, alive = psutil.wait_procs(family, WAIT_SECONDS)
    assert alive == [] and running(home) is None


def test_a_worker_that_dies_is_started_again_and_health_tells_of_the_gap(home: Path) -> None:
    with serving(home) as (_process, address):
        eventually(lambda: health(address)["worker"] == "ready")
        (first,) = workers(home)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: bool(workers(home) - {first}))
        eventually(lambda: health(address)["worker"] == "ready")


def test_without_a_worker_it_is_not_ready_and_says_why(home: Path) -> None:
    with serving(home, "--no-work") as (_process, address):
        answer = httpx.get(f"{address}/api/v1/health", timeout=30)
        assert answer.status_code == 503
        (worker,) = [part for part in answer.json()["parts"] if part["part"] == "worker"]
        assert worker["state"] == "not_ready" and "không có tiến trình xử lý" in worker["seen"]


def test_stop_ends_the_service_of_this_home(home: Path) -> None:
    with serving(home, "--no-work") as (process, _address):
        said = luutru("stop", home=home)
        assert said.code == Exit.OK and "Đã dừng dịch vụ HTTP" in said.out
        assert process.wait(WAIT_SECONDS) == 0


def test_an_address_somebody_else_has_is_said_and_nothing_starts(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = luutru("serve", "--port", taken.getsockname()[1], home=home)
    assert said.code == Exit.NOT_READY and "Không mở được địa chỉ" in said.err and "--port" in said.err


def test_its_log_is_json_with_the_request_id_and_nothing_of_what_was_asked(home: Path) -> None:
    with serving(home, "--no-work") as (_process, address):
        asked = httpx.get(
            f"{address}/api/v1/search?q=bi-mat-cua-toi",
            headers={"X-Request-ID": "doi-chieu-0001", "Authorization": "Bearer luutru_khong-co-ma-nay"},
            timeout=30,
        )
        assert asked.status_code == 401 and asked.headers["x-request-id"] == "doi-chieu-0001"
        odd = httpx.get(f"{address}/api/v1/health", headers={"X-Request-ID": 'x"} {"'}, timeout=30)
        assert odd.headers["x-request-id"] != 'x"} {"'
        lines = (home / "out.log").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
    (row,) = [row for row in rows if row.get("request_id") == "doi-chieu-0001"]
    assert row["status"] == 401 and row["method"] == "GET" and row["route"].endswith("/search")
    assert "bi-mat" not in "".join(lines) and "khong-co-ma-nay" not in "".join(lines)
