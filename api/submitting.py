"""``luutru submit``: hand in, carry (or wait for whoever carries), bring the index level, say what became of each."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.bootstrap import Installation
from api.recovering import note_return
from api.scratch import sweep_scratch
from archive.catalogue import Submission
from archive.catalogue.worker_writing import forget_claims
from archive.errors import LuutruError, StoreError
from archive.lifecycle import State
from ingest.steps import Steps
from ingest.workflow import Carrier, WorkerRunningError, resting, wait_for

WAIT_SECONDS = 0.2
SWEEP_SECONDS = 60.0
"""How long one store is waited for; what takes longer goes on by itself, and is not asked again before it has ended."""


@dataclass(frozen=True)
class Handed:
    """One path handed in: the submission it became, or why it was not received. ``again``: it had been received before."""

    path: Path
    submission: Submission | None
    again: bool = False
    error: LuutruError | None = None


def hand_in(
    installation: Installation, paths: Sequence[Path], *, client_key: str | None, received: Callable[[], None]
) -> list[Handed]:
    """Each path received or refused for a stated reason; one that cannot be received does not stop the others."""
    intake = installation.intake()
    handed = []
    for path in paths:
        try:
            result = intake.receive(path, client_key=client_key)
            handed.append(Handed(path, result.submission, result.again))
        except LuutruError as error:
            handed.append(Handed(path, None, error=error))
        received()
    return handed


def carry(
    installation: Installation,
    submissions: Sequence[str],
    *,
    ended: Callable[[str, State], None] = lambda _submission, _state: None,
    document: Callable[[str, str], None] = lambda _submission, _document: None,
) -> dict[str, LuutruError]:
    """Returns when each of ``submissions`` is where nothing happens without a person, or has met a problem of the world
    (returned by submission; it is tried again by the next ``luutru work``). Waits while another process carries, and
    carries them itself when nobody else does, also when that process ends before they are done."""
    steps = installation.steps(document)
    waiting = deque(submissions)
    while waiting:
        try:
            return _carried(installation, steps, waiting, ended)
        except WorkerRunningError:
            while waiting and (state := resting(steps, waiting[0])) is not None:
                ended(waiting.popleft(), state)
            if waiting:
                time.sleep(WAIT_SECONDS)
    return {}


def _carried(
    installation: Installation, steps: Steps, submissions: Collection[str], ended: Callable[[str, State], None]
) -> dict[str, LuutruError]:
    """Carries until all of ``submissions`` rest or have met a problem. Raises WorkerRunningError."""
    from api.working import carrying

    problems: dict[str, LuutruError] = {}
    with carrying(installation, steps) as (carrier, _):
        carrier.hand_in(submissions)
        done = threading.Event()
        # Someone else may hand in while we carry; they must not wait for the next ``luutru work``.
        runner = threading.Thread(target=carrier.run, args=(done,), kwargs={"sweep_seconds": 1.0}, daemon=True)
        runner.start()
        try:
            for submission_id in submissions:
                try:
                    problem = partial(_problem, carrier)
                    ended(submission_id, wait_for(steps, submission_id, problem=problem))
                except LuutruError as error:
                    problems[submission_id] = error
        finally:
            done.set()
            runner.join()
    return problems


def _problem(carrier: Carrier, submission_id: str) -> LuutruError | None:
    return carrier.problems.get(submission_id) or carrier.trouble


def tidy(installation: Installation) -> None:
    """Removes what processes that died left half-written in quarantine, stores and the home's scratch folder, and claims.

    A store that is away, or does not answer, is passed over: nobody's work waits for it.
    """
    note_return(installation)
    with suppress(OSError):
        sweep_scratch(installation.settings.home)
    with suppress(StoreError):  # the store that machines share may be the one
        installation.intake().sweep()
    if installation.settings.database.shared:
        with installation.catalogue.transaction() as tx:
            forget_claims(tx)
    for store in installation.patient_stores:
        if store.worth_asking():
            with suppress(StoreError):
                store.asked(lambda one: one.sweep(), SWEEP_SECONDS)
