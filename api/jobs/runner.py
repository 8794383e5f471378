"""Runs the scheduled jobs: each time of running by one of all workers, taken over when it dies, again when it fails."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import api.jobs
from api.bootstrap import Installation
from api.jobs.job import Job
from archive.catalogue import Reading
from archive.catalogue.fence import fenced
from archive.catalogue.worker_model import FRESH, JobRun, RunState
from archive.catalogue.worker_reading import database_now, job_run
from archive.catalogue.worker_writing import beat_run, begin_run, end_run, require_run
from archive.errors import LuutruError, StaleClaimError

LOOK_SECONDS = 5.0
BEAT_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_log = logging.getLogger(__name__)


class JobMissingError(LuutruError):
    """There is no job of this name."""

    code = "job.missing"


class JobRunningError(LuutruError):
    """This job runs already, here or on another machine."""

    code = "job.running"


@cache
def all_jobs() -> tuple[Job, ...]:
    """Every ``JOB`` of the modules beside this one, by name."""
    found = []
    for module in pkgutil.iter_modules(api.jobs.__path__):
        job = getattr(importlib.import_module(f"{api.jobs.__name__}.{module.name}"), "JOB", None)
        if isinstance(job, Job):
            found.append(job)
    return tuple(sorted(found, key=lambda job: job.name))


def job_named(name: str) -> Job:
    for job in all_jobs():
        if job.name == name:
            return job
    raise JobMissingError(f"Không có công việc định kỳ «{name}».", remedy="Xem danh sách: «luutru jobs».")


class Running:
    """One run under way, as the job sees it (``api.jobs.job.Run``); it beats for the run from a thread of its own."""

    def __init__(self, installation: Installation, run: JobRun, stop: threading.Event) -> None:
        self._installation = installation
        self._run = run
        self._stop = stop
        self._ended = threading.Event()
        self._lost = False
        self._alive_at = time.monotonic()
        self.was_stopped = False
        """Whether the job was told to stop: then its return is no end."""

    @property
    def slot(self) -> str:
        return self._run.slot

    def stopping(self) -> bool:
        # A process that was paused finds the time gone before it finds out whether another has its run.
        silent = time.monotonic() - self._alive_at > FRESH.total_seconds()
        self.was_stopped |= self._stop.is_set() or self._lost or silent
        return self.was_stopped

    def beats(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                with self._installation.catalogue.signing() as tx:
                    beat_run(tx, self._run)
                self._alive_at = time.monotonic()
            except StaleClaimError:
                self._lost = True
                return
            except LuutruError as error:
                _log.warning("job %s %s: %s %s", self._run.job, self._run.slot, error.message, error.detail)

    def ended(self) -> None:
        self._ended.set()


def carried_out(installation: Installation, job: Job, run: JobRun, stop: threading.Event) -> JobRun | None:
    """Runs ``job`` in this thread and keeps what became of it; None when another worker has taken it over.

    Whatever it writes into the catalogue from this thread is written only as long as the run is its own.
    """
    running = Running(installation, run, stop)
    beating = threading.Thread(target=running.beats, name=f"job-{job.name}-pulse", daemon=True)
    beating.start()
    state, detail, pause = RunState.DONE, "", timedelta()
    try:
        with fenced(lambda tx: require_run(tx, run)):
            job.run(installation, running)
        if running.was_stopped:
            state, detail = RunState.FAILED, "dừng giữa chừng"
    except StaleClaimError:
        running.stopping()
        _log.warning("job %s %s: taken over by another worker", job.name, run.slot)
        return None
    except LuutruError as error:
        _log.warning("job %s %s: %s %s %s", job.name, run.slot, error.code, error.message, error.detail)
        state, detail, pause = RunState.FAILED, f"{error.code}: {error.message}", _pause(run.attempt)
    except Exception as error:
        _log.exception("job %s %s: defect", job.name, run.slot)
        state, detail, pause = RunState.FAILED, f"lỗi phần mềm: {type(error).__name__}", _pause(run.attempt)
    finally:
        running.ended()
        beating.join()
    try:
        with installation.catalogue.transaction() as tx:
            end_run(tx, run, state, detail, database_now(tx) + pause if state is RunState.FAILED else None)
            return job_run(tx, run.job, run.slot)
    except StaleClaimError:
        return None


class JobRunner:
    """Looks every few seconds what is due, and runs it beside the work of this process, each job in a thread."""

    def __init__(
        self,
        installation: Installation,
        worker: str,
        stop: threading.Event,
        *,
        jobs: Sequence[Job] | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._installation = installation
        self._worker = worker
        self._stop = stop
        self._jobs = all_jobs() if jobs is None else jobs
        self._look_seconds = look_seconds
        self._threads: dict[str, threading.Thread] = {}
        self._looking = threading.Thread(target=self._look, name="jobs", daemon=True)

    def start(self) -> None:
        self._looking.start()

    def join(self) -> None:
        """Returns when every job has come to a place where it can be taken up; ``stop`` is set by the caller before."""
        self._looking.join()
        for thread in list(self._threads.values()):
            thread.join()

    def run_due(self, *, first_is_skipped: bool = True) -> None:
        """Everything due now, one after the other, in this thread."""
        for job in self._jobs:
            run = self._begun(job, first_is_skipped=first_is_skipped)
            if run is not None:
                carried_out(self._installation, job, run, self._stop)

    def _look(self) -> None:
        while not self._stop.is_set():
            for job in self._jobs:
                thread = self._threads.get(job.name)
                if thread is not None and thread.is_alive():
                    continue
                run = self._begun(job)
                if run is not None:
                    arguments = (self._installation, job, run, self._stop)
                    thread = threading.Thread(target=carried_out, args=arguments, name=f"job-{job.name}", daemon=True)
                    self._threads[job.name] = thread
                    thread.start()
            self._stop.wait(self._look_seconds)

    def _begun(self, job: Job, *, first_is_skipped: bool = True) -> JobRun | None:
        """The run this worker has won, or None. A job whose schedule is broken does not keep the others from running."""
        try:
            with self._installation.catalogue.read() as reading:
                slot = due_slot(reading, self._installation, job)
            if slot is None:
                return None
            with self._installation.catalogue.transaction() as tx:
                return begin_run(tx, job.name, slot, self._worker, first_is_skipped=first_is_skipped)
        except LuutruError as error:
            _log.warning("job %s: %s %s %s", job.name, error.code, error.message, error.detail)
        except Exception:
            _log.exception("job %s: defect in its schedule", job.name)
        return None


def due_slot(reading: Reading, installation: Installation, job: Job) -> str | None:
    """The time of running that is due by the database's clock, unless it is known to be over: asked without writing."""
    schedule = job.schedule(installation.settings)
    if schedule is None:
        return None
    now = database_now(reading)
    slot = schedule.slot(now)
    run = job_run(reading, job.name, slot)
    if run is None:
        return slot
    if run.state in (RunState.DONE, RunState.SKIPPED) or run.live(now):
        return None
    return None if run.state is RunState.FAILED and run.try_at is not None and now < run.try_at else slot


def run_now(installation: Installation, name: str, worker: str, stop: threading.Event) -> JobRun:
    """Runs the job in this thread, out of turn. Raises JobMissingError, and JobRunningError when it runs anywhere."""
    job = job_named(name)
    with installation.catalogue.transaction() as tx:
        slot = f"now-{database_now(tx).isoformat(timespec='milliseconds')}"
        run = begin_run(tx, name, slot, worker, first_is_skipped=False, in_turn=False)
    if run is None:
        raise JobRunningError(f"Công việc «{name}» đang chạy.", remedy="Chờ nó xong, hoặc xem «luutru jobs».")
    ended = carried_out(installation, job, run, stop)
    if ended is None:
        raise StaleClaimError(f"Công việc «{name}» đã được một tiến trình khác tiếp nhận.")
    return ended


def _pause(attempt: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempt - 1, 10)))
