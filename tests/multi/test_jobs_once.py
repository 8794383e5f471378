"""Scheduled jobs among many processes: each time of running once, taken over from the dead, kept with its outcome."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.bootstrap import Installation, opened
from api.job_commands import next_slot_at
from api.jobs.job import Daily, Every, Job, Monthly, Run
from api.jobs.runner import JobMissingError, JobRunner, all_jobs, carried_out, job_named, run_now
from api.settings import load_settings
from archive.catalogue.worker_model import FRESH, JobRun, RunState
from archive.catalogue.worker_reading import job_run, job_runs
from archive.catalogue.worker_tables import schedule_runs
from archive.catalogue.worker_writing import begin_run, end_run
from archive.errors import LuutruError, StaleClaimError
from archive.events import Event
from tests.multi.processes import Processes, said, signalled

RUNNER = """
import sys, threading, time
from pathlib import Path
from api.bootstrap import opened
from api.jobs.job import Every, Job
from api.jobs.runner import JobRunner
from api.settings import load_settings
home, seconds, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def quick(installation, run):
    with (home / "lines").open("a") as file:
        file.write(run.slot + "\\n")

def long(installation, run):
    print("begun", run.slot, flush=True)
    while not run.stopping():
        time.sleep(0.02)
    print("stopping", flush=True)

stop = threading.Event()
with opened(load_settings(home)) as installation:
    job = Job("trial", lambda settings: Every(seconds), {"quick": quick, "long": long}[kind])
    runner = JobRunner(installation, f"worker-{sys.argv[4]}", stop, jobs=[job], look_seconds=0.05)
    runner.start()
    print("ready", flush=True)
    time.sleep(float(sys.argv[5]))
    stop.set()
    runner.join()
"""


@pytest.fixture
def installation(home: Path) -> Iterator[Installation]:
    with opened(load_settings(home)) as installation:
        yield installation


def trial(run: object = lambda _installation, _run: None, seconds: int = 1_000_000_000) -> Job:
    return Job("trial", lambda _settings: Every(seconds), run)  # type: ignore[arg-type]


def the_run(installation: Installation) -> JobRun:
    with installation.catalogue.read() as reading:
        return job_runs(reading, "trial", 1)[0]


def silent_for_long(installation: Installation, worker: str) -> None:
    """As if its last sign of life were older than it is."""
    with installation.catalogue.transaction() as tx:
        c = schedule_runs.c
        tx.rows(update(schedule_runs).where(c.worker == worker).values(beat_at=datetime.now(UTC) - 2 * FRESH))


def test_each_time_of_running_is_run_once_among_many_processes(home: Path, processes: Processes) -> None:
    begun = [processes.python(RUNNER, home, 1, "quick", number, 6) for number in range(4)]
    for process in begun:
        assert process.wait(60) == 0, process.stderr.read() if process.stderr else ""
    slots = Counter((home / "lines").read_text().split())
    assert len(slots) >= 3 and set(slots.values()) == {1}
    with opened(load_settings(home)) as installation, installation.catalogue.read() as reading:
        runs = {run.slot: run for run in job_runs(reading, "trial")}
    assert all((runs[slot].state, runs[slot].attempt) == (RunState.DONE, 1) for slot in slots)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_run_whose_worker_is_gone_is_taken_over_and_the_first_finds_out(
    installation: Installation, home: Path, processes: Processes, number: int
) -> None:
    with installation.catalogue.transaction() as tx:  # seen before, so that the slot of now is due
        run = begin_run(tx, "trial", "0", "worker-0", first_is_skipped=False)
        assert run is not None
        end_run(tx, run, RunState.DONE, "")
    first = processes.python(RUNNER, home, 1_000_000_000, "long", 1, 600)
    assert (said(first), said(first).split()[0]) == ("ready", "begun")
    second = processes.python(RUNNER, home, 1_000_000_000, "long", 2, 600)
    assert said(second) == "ready"
    signalled(first, number)
    assert the_run(installation).worker == "worker-1"
    silent_for_long(installation, "worker-1")
    assert said(second).split()[0] == "begun"
    assert (the_run(installation).worker, the_run(installation).attempt) == ("worker-2", 2)
    if number == signal.SIGSTOP:
        signalled(first, signal.SIGCONT)
        assert said(first) == "stopping"
        assert (the_run(installation).worker, the_run(installation).state) == ("worker-2", RunState.RUNNING)


def test_what_a_run_writes_after_it_was_taken_over_is_not_written(installation: Installation) -> None:
    written: list[str] = []

    def overtaken(_installation: Installation, run: Run) -> None:
        other = threading.Thread(target=taken_over)  # the fence is this thread's, not the other's
        other.start()
        other.join()
        with installation.catalogue.transaction() as tx:
            tx.append(Event.ARCHIVE_BACKUP_COMPLETED, "archive", actor="luutru", at=datetime.now(UTC), data={})
            written.append(run.slot)

    def taken_over() -> None:
        silent_for_long(installation, "one")
        with installation.catalogue.transaction() as tx:
            assert begin_run(tx, "trial", "5", "two") is not None

    with installation.catalogue.transaction() as tx:
        run = begin_run(tx, "trial", "5", "one", first_is_skipped=False)
    assert run is not None
    assert carried_out(installation, trial(overtaken), run, threading.Event()) is None
    assert written == [] and the_run(installation).worker == "two"


def test_a_failed_run_is_tried_again_after_a_pause_that_doubles(installation: Installation) -> None:
    class FullError(LuutruError):
        code = "store.full"

    def failing(_installation: Installation, _run: Run) -> None:
        raise FullError("Kho đầy.")

    pauses = []
    for attempt in (1, 2, 3):
        with installation.catalogue.transaction() as tx:
            run = begin_run(tx, "trial", "1", "one", first_is_skipped=False)
            assert run is not None and run.attempt == attempt
        ended = carried_out(installation, trial(failing), run, threading.Event())
        assert ended is not None and ended.try_at is not None and ended.ended_at is not None
        assert (ended.state, ended.detail) == (RunState.FAILED, "store.full: Kho đầy.")
        pauses.append(round((ended.try_at - ended.ended_at).total_seconds()))
        with installation.catalogue.transaction() as tx:
            assert begin_run(tx, "trial", "1", "one") is None  # its pause is not over
            tx.rows(update(schedule_runs).values(try_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert pauses == [30, 60, 120]


def test_a_defect_of_one_job_is_kept_and_keeps_no_other_from_running(installation: Installation) -> None:
    ran = threading.Event()
    broken = Job("broken", lambda _settings: 1 / 0, lambda _installation, _run: None)  # type: ignore[arg-type, return-value]
    wrong = Job("wrong", lambda _settings: Every(7), lambda _installation, _run: [][0])
    good = Job("good", lambda _settings: Every(7), lambda _installation, _run: ran.set())
    JobRunner(installation, "one", threading.Event(), jobs=[broken, wrong, good]).run_due(first_is_skipped=False)
    assert ran.is_set()
    with installation.catalogue.read() as reading:
        assert job_runs(reading, "wrong")[0].detail == "lỗi phần mềm: IndexError"


def test_only_the_newest_time_runs_and_older_ones_are_marked_skipped(installation: Installation) -> None:
    with installation.catalogue.transaction() as tx:
        assert begin_run(tx, "trial", "1", "one", first_is_skipped=False) is not None
    silent_for_long(installation, "one")
    with installation.catalogue.transaction() as tx:
        assert begin_run(tx, "trial", "2", "two") is not None
        assert begin_run(tx, "trial", "3", "three") is None  # one at a time
        old = job_run(tx, "trial", "1")
    assert old is not None and (old.state, old.worker) == (RunState.SKIPPED, "one")


def test_a_job_never_seen_before_waits_for_its_next_time(installation: Installation) -> None:
    ran: list[str] = []
    runner = JobRunner(
        installation, "one", threading.Event(), jobs=[trial(lambda _installation, run: ran.append(run.slot))]
    )
    runner.run_due()
    runner.run_due()
    assert ran == [] and the_run(installation).state is RunState.SKIPPED


def test_a_run_that_was_told_to_stop_is_not_done_and_is_due_again_at_once(installation: Installation) -> None:
    stop = threading.Event()

    def long(_installation: Installation, run: Run) -> None:
        stop.set()
        assert run.stopping()

    with installation.catalogue.transaction() as tx:
        run = begin_run(tx, "trial", "1", "one", first_is_skipped=False)
    assert run is not None
    ended = carried_out(installation, trial(long), run, stop)
    assert ended is not None and ended.state is RunState.FAILED
    with installation.catalogue.transaction() as tx:
        again = begin_run(tx, "trial", "1", "two")
    assert again is not None and again.attempt == 2


def test_a_job_can_be_run_now_and_only_one_that_exists(installation: Installation) -> None:
    with pytest.raises(JobMissingError):
        run_now(installation, "no such job", "one", threading.Event())
    assert "index-drift" in {job.name for job in all_jobs()} and job_named("index-drift").name == "index-drift"
    ended = run_now(installation, "index-drift", "one", threading.Event())
    assert ended.state is RunState.FAILED and ended.detail.startswith("search.")  # the index is nowhere
    assert ended.slot.startswith("now-")


@pytest.mark.parametrize("outcome", [RunState.FAILED, RunState.DONE])
def test_a_run_out_of_turn_stands_for_the_one_that_failed_only_when_it_is_done(
    installation: Installation, outcome: RunState
) -> None:
    for slot, in_turn, state in (("1", True, RunState.FAILED), ("now-1", False, outcome)):
        with installation.catalogue.transaction() as tx:
            run = begin_run(tx, "trial", slot, "one", first_is_skipped=False, in_turn=in_turn)
            assert run is not None
        with installation.catalogue.transaction() as tx:
            end_run(tx, run, state, "")
    with installation.catalogue.transaction() as tx:
        again = begin_run(tx, "trial", "1", "two")
    assert (again is not None) is (outcome is RunState.FAILED)


def test_only_so_many_runs_of_a_job_are_remembered(installation: Installation) -> None:
    with installation.catalogue.transaction() as tx:
        for number in range(130):
            run = begin_run(tx, "trial", str(number), "one", first_is_skipped=False)
            assert run is not None
            end_run(tx, run, RunState.DONE, "")
        kept = tx.rows(select(schedule_runs.c.slot)).scalars().all()
        with pytest.raises(StaleClaimError):
            end_run(tx, run, RunState.DONE, "")
    assert 100 <= len(kept) <= 102 and "129" in kept


def test_the_next_time_of_every_schedule_is_found() -> None:
    now = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
    assert next_slot_at(Every(60), now) == datetime(2026, 11, 21, 12, 1, tzinfo=UTC)
    assert next_slot_at(Daily("01:30"), now) == datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
    assert next_slot_at(Monthly(1, "00:00"), now) == datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
