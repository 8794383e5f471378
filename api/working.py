"""``luutru work``: carries submissions, keeps the index level with the ledger, sweeps; until told to stop."""

from __future__ import annotations

import logging
import threading

from api.bootstrap import Installation, now
from api.heartbeat import Pulse
from api.nightly import Nightly, compare_index
from api.output import err, plain
from api.submitting import tidy
from ingest.workflow import Carrier, only_worker
from search.errors import SearchError

_log = logging.getLogger(__name__)
FOLLOW_SECONDS = 2.0


def work_until(installation: Installation, stop: threading.Event, *, once: bool = False) -> None:
    """Works until ``stop`` is set; with ``once`` until nothing is left that can be done without a person, or all that is
    left has met a problem of the world, which is said.

    Raises WorkerRunningError when another process of this installation already works.
    """
    with only_worker(installation.settings.home / "work.lock"):
        tidy(installation)
        steps = installation.steps()
        carrier = Carrier(steps, installation.settings.work_database, side_by_side=installation.settings.workers)
        carrier.launch()
        indexer = threading.Thread(target=_follow, args=(installation, stop), daemon=True)
        indexer.start()
        pulse = Pulse(installation.settings.home, now)
        nightly = Nightly(installation.settings.nightly_at, now())

        def sweep() -> None:
            waiting = sum(1 for _ in steps.unfinished())
            pulse.beat(waiting, carrier.under_way, carrier.trouble.message if carrier.trouble else "")
            steps.sweep()
            if not once and nightly.due(now()):
                threading.Thread(target=compare_index, args=(installation,), daemon=True).start()
            if once and (carrier.trouble or all(item.id in carrier.problems for item in steps.unfinished())):
                stop.set()

        try:
            carrier.run(stop, sweep_seconds=0.5 if once else 5.0, sweep=sweep)
        finally:
            stop.set()
            carrier.close()
            indexer.join()
            pulse.end()
        if once:
            for message in {error.message for error in (carrier.trouble, *carrier.problems.values()) if error}:
                err.print(f"[yellow]Chưa xong[/]: {plain(message)}")
            _catch_up(installation)


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
