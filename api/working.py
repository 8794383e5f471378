"""``luutru work``: carries submissions, keeps the index level with the ledger, runs what is due; until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from api.bootstrap import Installation
from api.heartbeat import Doing, Pulse
from api.jobs.runner import JobRunner
from api.output import err, plain
from api.submitting import tidy
from ingest.claims import Claims, new_worker_id
from ingest.steps import Steps
from ingest.workflow import Carrier, only_worker
from search.errors import SearchError

_log = logging.getLogger(__name__)
FOLLOW_SECONDS = 2.0
TIDY_SECONDS = 300.0
OTHERS_CARRY_SECONDS = 5.0


@contextmanager
def carrying(installation: Installation, steps: Steps) -> Iterator[tuple[Carrier, str]]:
    """A carrier of this process, launched, and the name of its worker; known as alive while the block runs.

    On SQLite there is one at a time: raises WorkerRunningError. On PostgreSQL there may be any number.
    """
    settings, worker = installation.settings, new_worker_id()
    claims = Claims(installation.catalogue, worker) if settings.database.shared else None
    with only_worker(settings.home / "work.lock", shared=settings.database.shared):
        tidy(installation)
        launched: list[Carrier] = []

        def doing() -> Doing:
            for carrier in launched:
                return Doing(carrier.waiting, carrier.under_way, carrier.trouble.message if carrier.trouble else "")
            return Doing()

        with Pulse(installation.catalogue, worker, doing):
            carrier = Carrier(steps, settings.work_url, side_by_side=settings.workers, claims=claims)
            try:
                carrier.launch()
                launched.append(carrier)
                yield carrier, worker
            finally:
                carrier.close()


def work_until(
    installation: Installation, stop: threading.Event, *, once: bool = False, jobs: bool | None = None
) -> None:
    """Works until ``stop`` is set; with ``once`` until nothing is left that can be done without a person, or all that is
    left has met a problem of the world (which is said) or is carried by others. ``jobs``: what is
    scheduled is run too (unless ``once``, when it is not said).

    Raises WorkerRunningError when another process of this installation already works and the database is SQLite.
    """
    jobs = not once if jobs is None else jobs
    steps = installation.steps()
    with carrying(installation, steps) as (carrier, worker):
        indexer = threading.Thread(target=_follow, args=(installation, stop), daemon=True)
        indexer.start()
        runner = JobRunner(installation, worker, stop) if jobs else None
        if runner is not None and not once:
            runner.start()
        tidied, idle = time.monotonic(), time.monotonic()

        def sweep() -> None:
            nonlocal tidied, idle
            steps.sweep()
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                tidy(installation)
            if carrier.under_way:
                idle = time.monotonic()
            if once and (carrier.trouble or _nothing_to_do(steps, carrier, time.monotonic() - idle)):
                stop.set()

        try:
            if once and runner is not None:
                runner.run_due(first_is_skipped=False)
            carrier.run(stop, sweep_seconds=0.5 if once else 5.0, sweep=sweep)
        finally:
            stop.set()
            if runner is not None and not once:
                runner.join()
            indexer.join()
        if once:
            for message in {error.message for error in (carrier.trouble, *carrier.problems.values()) if error}:
                err.print(f"[yellow]Chưa xong[/]: {plain(message)}")
            _catch_up(installation)


def _nothing_to_do(steps: Steps, carrier: Carrier, idle_seconds: float) -> bool:
    if all(item.id in carrier.problems for item in steps.unfinished()):
        return True
    return not carrier.leads() and idle_seconds > OTHERS_CARRY_SECONDS


def _follow(installation: Installation, stop: threading.Event) -> None:
    """An index that is down costs nothing but findability: it is said once, and caught up with when it is back."""
    said = False
    while not stop.is_set():
        try:
            installation.follower(installation.search_index()).follow()
            said = False
        except SearchError as error:
            if not said:
                err.print(f"[yellow]Chỉ mục tìm kiếm[/]: {plain(error.message)}")
                _log.warning("index: %s %s", error.message, error.detail)
            said = True
        stop.wait(FOLLOW_SECONDS)


def _catch_up(installation: Installation) -> None:
    try:
        installation.follower(installation.search_index()).follow()
    except SearchError as error:
        err.print(f"[yellow]Chỉ mục tìm kiếm chưa cập nhật[/]: {plain(error.message)}")
