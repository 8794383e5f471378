"""A worker answers in time or is replaced, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ingest.workers.errors import WorkerDiedError, WorkerTimeoutError, WorkerUnavailableError
from ingest.workers.line_worker import LineWorker, WorkerSpec
from ingest.workers.pool import WorkerPool

SCRIPT = textwrap.dedent(
    """
    import json, os, signal, sys, time
    print(json.dumps({"ready": True, "versions": {"script": "1"}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        do = request.get("do")
        if do == "exit": print("last words", file=sys.stderr, flush=True); sys.exit(7)
        if do == "abort": os.kill(os.getpid(), signal.SIGABRT)
        if do == "sleep": time.sleep(600)
        if do == "offspring":
            if os.fork() == 0: time.sleep(600)
            time.sleep(600)
        if do == "wrong-id": request["id"] += 1
        if do == "nonsense": print("not json", flush=True); continue
        if do == "flood":
            while True: sys.stdout.write("x" * 65536)
        if do == "noisy": sys.stderr.write("noise " * 200000)
        if do == "twice": print(json.dumps({"id": request["id"], "pid": os.getpid()}), flush=True)
        print(json.dumps({"id": request["id"], "pid": os.getpid(), "last": do == "last", "size": len(line)}), flush=True)
    """
)


def spec(**changes: object) -> WorkerSpec:
    command = (sys.executable, "-c", SCRIPT)
    return WorkerSpec(**{"name": "script", "command": lambda: command, "start_seconds": 30.0, **changes})


@pytest.fixture
def worker() -> Iterator[LineWorker]:
    made = LineWorker(spec(answer_bytes=1 << 20))
    yield made
    made.close()


def descriptors() -> set[str]:
    """The pipes this process holds: what a worker is spoken to by. Sockets and files are others', and come and go."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            found.add(os.readlink(f"/proc/self/fd/{number}"))
    return {name for name in found if name.startswith("pipe:")}


def test_nothing_is_started_before_the_first_request(worker: LineWorker) -> None:
    assert worker.pid is None
    worker.ask({}, 30)
    assert worker.pid is not None


def test_one_process_answers_many_requests_and_names_its_versions(worker: LineWorker) -> None:
    assert {worker.ask({}, 30)["pid"] for _ in range(20)} == {worker.pid}
    assert worker.versions() == {"script": "1"}


def test_a_worker_that_ends_is_named_with_its_exit_code_and_last_words_and_replaced(worker: LineWorker) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        worker.ask({"do": "exit"}, 30)
    assert (caught.value.exit_status, caught.value.reason) == (7, "ended")
    assert "last words" in caught.value.stderr
    assert "last words" not in caught.value.message
    assert worker.ask({}, 30)["pid"] == worker.pid


def test_a_worker_that_crashes_is_named_with_its_signal(worker: LineWorker) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        worker.ask({"do": "abort"}, 30)
    assert caught.value.exit_status == -signal.SIGABRT


def test_a_worker_that_hangs_is_killed_at_its_deadline_with_all_it_started(worker: LineWorker) -> None:
    worker.ask({}, 30)
    group = worker.pid
    with pytest.raises(WorkerTimeoutError) as caught:
        worker.ask({"do": "offspring"}, 0.5)
    assert caught.value.exit_status == -signal.SIGKILL
    wait_until(lambda: not [p for p in psutil.process_iter() if alive_in_group(p, group)])
    assert worker.ask({}, 30)["id"] == 1


@pytest.mark.parametrize("do", ["wrong-id", "nonsense"])
def test_a_worker_out_of_step_is_never_believed(worker: LineWorker, do: str) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        worker.ask({"do": do}, 30)
    assert caught.value.reason == "out-of-step"
    assert worker.ask({}, 30)["id"] == 1


def test_an_answer_too_many_is_not_taken_for_the_next_one(worker: LineWorker) -> None:
    worker.ask({"do": "twice"}, 30)
    with pytest.raises(WorkerDiedError):
        worker.ask({}, 30)
    assert worker.ask({}, 30)["id"] == 1


def test_an_answer_without_end_is_cut_off(worker: LineWorker) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        worker.ask({"do": "flood"}, 60)
    assert caught.value.reason == "answer-too-long"


def test_a_megabyte_on_stderr_neither_blocks_nor_is_kept(worker: LineWorker) -> None:
    assert worker.ask({"do": "noisy"}, 30)["id"] == 1
    with pytest.raises(WorkerDiedError) as caught:
        worker.ask({"do": "exit"}, 30)
    assert len(caught.value.stderr) <= 16 << 10


def test_a_request_longer_than_a_pipe_arrives_whole(worker: LineWorker) -> None:
    assert worker.ask({"text": "x" * 3_000_000}, 30)["size"] > 3_000_000


def test_a_worker_that_reads_nothing_meets_its_deadline_too() -> None:
    deaf = ("-c", "import time; print('{\"ready\": true}', flush=True); time.sleep(600)")
    worker = LineWorker(spec(command=lambda: (sys.executable, *deaf)))
    with pytest.raises(WorkerTimeoutError):
        worker.ask({"text": "x" * 3_000_000}, 0.5)
    assert worker.pid is None


def test_a_worker_is_retired_after_its_number_of_requests_and_when_it_says_so() -> None:
    worker = LineWorker(spec(retire_after=3))
    pids = [worker.ask({}, 30)["pid"] for _ in range(6)]
    assert [len(set(pids)), pids[0], pids[3]] == [2, pids[2], pids[5]]
    worker.ask({"do": "last"}, 30)
    assert worker.pid is None
    worker.close()


def test_a_worker_killed_while_idle_is_replaced_without_blaming_anyone(worker: LineWorker) -> None:
    worker.ask({}, 30)
    before = worker.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: psutil.Process(before).status() == psutil.STATUS_ZOMBIE)
    assert worker.ask({}, 30)["pid"] != before


@pytest.mark.parametrize(
    "command", [("/no/such/program",), (sys.executable, "-c", "print('hello')"), (sys.executable, "-c", "")]
)
def test_a_tool_that_cannot_start_is_unavailable_and_leaks_nothing(command: tuple[str, ...]) -> None:
    worker = LineWorker(spec(command=lambda: command))
    before = descriptors()
    for _ in range(3):
        with pytest.raises(WorkerUnavailableError) as caught:
            worker.ask({}, 30)
    assert "/no/such" not in caught.value.message
    assert not descriptors() - before


def test_no_descriptor_and_no_zombie_is_left_after_every_kind_of_end() -> None:
    worker = LineWorker(spec(answer_bytes=1 << 20))
    before = descriptors()
    for do in ("exit", "abort", "wrong-id", "nonsense", "flood"):
        with pytest.raises(WorkerDiedError):
            worker.ask({"do": do}, 60)
    worker.ask({}, 30)
    worker.close()
    assert not descriptors() - before
    zombies = [p for p in psutil.Process().children() if p.status() == psutil.STATUS_ZOMBIE]
    assert zombies == []


def test_a_pool_serves_more_threads_than_it_has_workers() -> None:
    answers: list[int] = []
    with WorkerPool(lambda: LineWorker(spec()), 2) as pool:
        ask = lambda: answers.extend(pool.ask({}, 30)["pid"] for _ in range(10))  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pool.versions() == {"script": "1"}
    assert (len(answers), len(set(answers)) <= 2) == (60, True)


def test_a_pool_stays_whole_when_its_workers_die() -> None:
    with WorkerPool(lambda: LineWorker(spec()), 1) as pool:
        for _ in range(3):
            with pytest.raises(WorkerDiedError):
                pool.ask({"do": "exit"}, 30)
        assert pool.ask({}, 30)["id"] == 1


def test_a_closed_pool_answers_nobody_and_wakes_those_who_wait() -> None:
    before = {child.pid for child in psutil.Process().children()}
    pool = WorkerPool(lambda: LineWorker(spec()), 1)
    failures: list[str] = []

    def ask(do: str) -> None:
        try:
            pool.ask({"do": do}, 2)
        except (WorkerUnavailableError, WorkerTimeoutError) as error:
            failures.append(error.code)

    threads = [threading.Thread(target=ask, args=(do,)) for do in ("sleep", "")]
    threads[0].start()
    wait_until(lambda: not pool._idle)
    threads[1].start()
    pool.close()
    for thread in threads:
        thread.join()
    assert sorted(failures) == ["worker.timeout", "worker.unavailable"]
    assert {child.pid for child in psutil.Process().children()} <= before


def test_an_inspector_dies_with_its_parent_even_in_a_loop_that_holds_the_interpreter(tmp_path: Path) -> None:
    """T29: no worker outlives the program that started it, whatever it is doing."""
    busy = "from ingest.inspector.lifeline import Lifeline\nimport os\nprint(os.getpid(), flush=True)\n"
    busy += "with Lifeline(0):\n    print('held', flush=True)\n    sum(range(10**12))\n"
    parent = (
        "import subprocess, sys, os\n"
        f"child = subprocess.Popen([sys.executable, '-c', {busy!r}], stdin=subprocess.PIPE, start_new_session=True)\n"
        "child.wait()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    process.stdout.close()
    child.wait(timeout=30)


def alive_in_group(process: psutil.Process, group: int | None) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def wait_until(holds: object, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.01)
