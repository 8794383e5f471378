"""The durable carrier of the steps: after kill -9 at any instruction, every submission ends exactly once."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archive.catalogue.model import Submission
from archive.catalogue.postgresql import connect_options
from archive.errors import LuutruError, StaleClaimError
from archive.lifecycle import State, is_final
from ingest.claims import Claims
from ingest.steps import Steps, StoppedError

QUEUE = "ingest"
APPLICATION_VERSION = "1"
"""Bound to the shape of the workflow below, not to the release: workflows begun by an older build go on."""

WORK_SCHEMA = "luutru_work"
"""Where the engine's tables lie in PostgreSQL, beside the catalogue's."""
_CONNECTIONS = 12
"""Of the engine of one process to PostgreSQL, whose connections are counted for all machines."""

_log = logging.getLogger(__name__)


class DefectError(LuutruError):
    """A step failed for no reason the world gives: a defect of this software. The submission stays where it was."""

    code = "ingest.defect"


class WorkDatabaseError(LuutruError):
    """The engine's own database cannot be read or written; no submission is lost by that."""

    code = "work.database-failed"


class WorkerRunningError(LuutruError):
    """Another process of this installation already carries the workflows."""

    code = "work.already-running"


@contextmanager
def only_worker(lock_file: Path, *, shared: bool = False) -> Iterator[None]:
    """Held by the one process that carries workflows on SQLite; released by its end, however it ends.

    ``shared``: the database lets any number carry, and nothing is held. Raises WorkerRunningError.
    """
    if shared:
        yield
        return
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkerRunningError(
                "Đã có một tiến trình «luutru work» đang chạy cho kho này.", remedy="Không cần chạy thêm."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def next_step(steps: Steps, state: State) -> Callable[[str], State] | None:
    """The step of each state; None where nothing is left to do but ``finish``."""
    return {
        State.RECEIVED: steps.check,
        State.CHECKED: steps.decide,
        State.ACCEPTED: steps.package,
        State.PACKAGED: steps.store,
    }.get(state)


class Carrier:
    """Carries submissions through their steps, several at once, on a durable queue in the database at ``url``.

    On SQLite by one process (``only_worker``). On PostgreSQL by any number of them, each with ``claims`` of its own: what
    a worker that died, or was cut off, had under way is begun anew by another.
    """

    def __init__(self, steps: Steps, url: str, *, side_by_side: int, claims: Claims | None = None) -> None:
        # dbos takes a second to import: only what carries workflows pays for it.
        from dbos import DBOS, DBOSConfig, SetWorkflowID

        self._steps = steps
        self._dbos = DBOS
        self._set_id = SetWorkflowID
        self._side_by_side = side_by_side
        self._claims = claims
        self.waiting = 0
        """How many submissions were unfinished when they were last looked for."""
        self.problems: dict[str, LuutruError] = {}
        """What last kept a submission from going on, for whoever waits for it; it is tried again all the same."""
        self.trouble: LuutruError | None = None
        """What keeps all of them from going on."""
        self._under_way = 0
        self._changed = threading.Condition()
        config: DBOSConfig = {
            "name": "luutru-ingest",
            "system_database_url": url,
            "application_version": APPLICATION_VERSION,
            "executor_id": claims.worker if claims else "luutru",
            # A step that fails is ours to report (``problems``); dbos would print its traceback to the user.
            "log_level": "CRITICAL",
            "run_migrations": True,
            "notification_listener_polling_interval_sec": 0.5,
            "max_executor_threads": max(8, 4 * side_by_side),
        }
        if url.startswith("sqlite:///"):
            with _engine_errors():
                _use_write_ahead_log(Path(url.removeprefix("sqlite:///")))
        else:
            config["dbos_system_schema"] = WORK_SCHEMA
            config["sys_db_pool_size"] = _CONNECTIONS
            config["sys_db_idle_transaction_timeout_sec"] = 10.0
            config["db_engine_kwargs"] = {"connect_args": connect_options(url)}
        DBOS(config=config)
        self._workflow = self._declared()

    def _declared(self) -> Callable[[str, str], str]:
        dbos, steps = self._dbos, self._steps

        def done(step: Callable[[str], State], submission_id: str, before: str) -> str:
            try:
                with self._one_under_way():
                    state = step(submission_id).value
            except StoppedError:
                return before
            except Exception as error:
                self._told(step.__name__, submission_id, error)
                raise
            self.problems.pop(submission_id, None)
            return state

        def carried(submission_id: str, begun_in: str) -> str:
            if self._claims is None:
                return steps_from(submission_id, begun_in)
            with ExitStack() as held:
                try:
                    held.enter_context(self._claims.held(submission_id, self._attempt()))
                except StaleClaimError:
                    return begun_in
                except LuutruError as error:
                    self.problems[submission_id] = self._known(submission_id, error)
                    raise
                try:
                    # What fails inside has been told by ``done``, while the claim still said whose it is.
                    return steps_from(submission_id, begun_in)
                except StaleClaimError:
                    return begun_in

        def steps_from(submission_id: str, begun_in: str) -> str:
            state = State(begun_in)
            while not steps.stopping.is_set() and (step := next_step(steps, state)) is not None:
                state = State(dbos.run_step({"name": step.__name__}, done, step, submission_id, state.value))
            if not steps.stopping.is_set():
                dbos.run_step({"name": "finish"}, done, steps.finish, submission_id, state.value)
            return state.value

        declared: Callable[[str, str], str] = dbos.workflow(name="ingest", max_recovery_attempts=1_000_000)(carried)
        return declared

    def _attempt(self) -> int:
        """The number at the end of the name of the workflow this thread carries."""
        return int(str(self._dbos.workflow_id).rpartition("-")[2])

    def _told(self, step: str, submission_id: str, error: Exception) -> None:
        """Keeps what went wrong for whoever waits; of a submission that another worker has taken over, nothing."""
        lost = isinstance(error, StaleClaimError)
        if lost or (self._claims and self._claims.lost(submission_id, self._attempt())):
            # Nothing was changed here; what went wrong afterwards says nothing of the submission.
            _log.warning("submission %s: taken over from this worker in step %s", submission_id, step)
        elif isinstance(error, LuutruError):
            self.problems[submission_id] = self._known(submission_id, error)
        else:
            # A defect of ours, not of the submission: loud in the log, said to whoever waits, tried again later.
            _log.error("submission %s: defect in step %s", submission_id, step, exc_info=error)
            self.problems[submission_id] = DefectError(
                "Lỗi của chính phần mềm khi xử lý hồ sơ; hồ sơ vẫn nguyên trong khu cách ly.",
                remedy="Báo người quản trị kèm nhật ký; «luutru work» sẽ thử lại.",
                detail=f"{type(error).__name__}: {error}",
            )

    @staticmethod
    def _known(submission_id: str, error: LuutruError) -> LuutruError:
        _log.warning("submission %s: %s %s %s", submission_id, error.code, error.message, error.detail)
        return error

    @property
    def under_way(self) -> int:
        """How many steps are being carried out at this moment."""
        with self._changed:
            return self._under_way

    @contextmanager
    def _one_under_way(self) -> Iterator[None]:
        with self._changed:
            self._steps.go_on()
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def launch(self) -> None:
        """Starts carrying: what was under way when the last process ended goes on, what was only received begins."""
        with _engine_errors():
            self._dbos.launch()
            self._dbos.register_queue(
                QUEUE, worker_concurrency=self._side_by_side, polling_interval_sec=0.1, on_conflict="always_update"
            )
        self.take_up()

    def take_up(self) -> int:
        """Hands every unfinished submission to the queue; one that is there already is not doubled. Says how many.

        Of several workers the longest alive does it for all, and takes from the dead what they had under way.
        """
        unfinished = list(self._steps.unfinished())
        self.waiting = len(unfinished)
        if self.leads():
            self._take_over()
            self._hand_in(unfinished)
        return len(unfinished)

    def leads(self) -> bool:
        """Whether this process hands in what others received."""
        return self._claims is None or self._claims.leads()

    def hand_in(self, submission_ids: Collection[str]) -> None:
        """The same for these alone, whoever leads: for a process that waits for them."""
        wanted = frozenset(submission_ids)
        self._hand_in([item for item in self._steps.unfinished() if item.id in wanted])

    def _take_over(self) -> None:
        """Ends the workflows of workers that give no sign of life; their submissions begin anew with the next attempt."""
        if self._claims is None:
            return
        alive = self._claims.alive()
        with _engine_errors():
            under_way = self._dbos.list_workflows(
                name="ingest", status="PENDING", queue_name=QUEUE, load_input=False, load_output=False
            )
            abandoned = [item.workflow_id for item in under_way if item.executor_id not in alive]
            if abandoned:
                _log.warning("taken over from workers that are gone: %s", ", ".join(abandoned))
                self._dbos.cancel_workflows(abandoned)

    def _hand_in(self, submissions: Sequence[Submission]) -> None:
        claimed = self._claims.attempts([item.id for item in submissions]) if self._claims else {}
        for submission in submissions:
            with _engine_errors():
                self._enqueue(submission.id, submission.state, claimed.get(submission.id))

    def _enqueue(self, submission_id: str, state: State, claimed: int | None) -> None:
        """A submission has one workflow under way at most: handing in twice is harmless.

        A workflow that has ended leaves a submission unfinished when a person has decided since, or when it failed for
        a reason of the world (disk full, a copy that did not come back): then the next one begins, after a pause that
        doubles with every failure. An attempt that was once claimed is never given out again, even when the engine has
        lost its database: it may still lie with a paused worker.
        """
        attempt = claimed or 0
        while (status := self._dbos.get_workflow_status(f"{submission_id}-{attempt}")) is not None:
            if status.status in ("PENDING", "ENQUEUED", "DELAYED"):
                return
            if status.status not in ("SUCCESS", "CANCELLED") and _pausing(status.updated_at, attempt):
                return
            attempt += 1
        if attempt == claimed:
            attempt += 1
        with self._set_id(f"{submission_id}-{attempt}"):
            self._dbos.enqueue_workflow(QUEUE, self._workflow, submission_id, state.value)

    def close(self) -> None:
        """Ends carrying when the steps under way have ended: whoever carries next must not meet them.

        No new one begins, and a check is given up at the next document; the next process repeats it.
        """
        self._steps.stopping.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way)
        self._dbos.destroy(workflow_completion_timeout_sec=0)

    def run(
        self, stop: threading.Event, *, sweep_seconds: float = 5.0, sweep: Callable[[], Any] = lambda: None
    ) -> None:
        """Carries on until ``stop``: takes up what others handed in, retries what failed, and sweeps.

        Trouble with the catalogue or the engine's database is said (``trouble``) and met again; it does not end this.
        """
        while not stop.is_set():
            try:
                self.take_up()
                self.trouble = None
            except LuutruError as error:
                _log.warning("carrying: %s %s %s", error.code, error.message, error.detail)
                self.trouble = error
            try:
                sweep()
            except LuutruError as error:
                _log.warning("sweeping: %s %s %s", error.code, error.message, error.detail)
            stop.wait(sweep_seconds)


def wait_for(
    steps: Steps,
    submission_id: str,
    *,
    poll_seconds: float = 0.05,
    problem: Callable[[str], LuutruError | None] = lambda _submission: None,
) -> State:
    """The state in which nothing more happens without a person: polled from the catalogue, whoever carries it.

    Raises what ``problem`` tells of the submission: then it waits for a later attempt, and nothing is lost.
    """
    while True:
        if (error := problem(submission_id)) is not None:
            raise error
        if (state := resting(steps, submission_id)) is not None:
            return state
        time.sleep(poll_seconds)


def resting(steps: Steps, submission_id: str) -> State | None:
    """The state in which nothing more happens without a person, or None while something does."""
    with steps.catalogue.read() as reading:
        submission = reading.submission(submission_id)
    if submission.state is State.IN_REVIEW:
        return submission.state
    if is_final(submission.state) and (submission.state is State.RETURNED or submission.content_removed_at):
        return submission.state
    return None


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Whatever the engine raises about its database becomes one typed error."""
    try:
        yield
    except LuutruError:
        raise
    except Exception as error:
        raise WorkDatabaseError(
            "Không đọc hoặc ghi được sổ công việc của quy trình tiếp nhận.",
            remedy="Kiểm tra dung lượng đĩa và quyền ghi thư mục kho. Nếu sổ hỏng thì xóa work.sqlite: không hồ sơ nào bị mất, "
            "bước đang dở sẽ được làm lại.",
            detail=f"{type(error).__name__}: {error}",
        ) from error


def _pausing(ended_at_ms: int | None, failures: int) -> bool:
    """Whether the pause after this many failures is not over: 2, 4, 8 … seconds, ten minutes at most."""
    pause_seconds = min(600.0, 2.0 ** (failures + 1))
    return ended_at_ms is not None and time.time() - ended_at_ms / 1000 < pause_seconds


def _use_write_ahead_log(database: Path) -> None:
    database.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
