"""``luutru submit``: hand in, carry (or wait for whoever carries), bring the index level, say what became of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import Installation
from archive.catalogue import Submission
from archive.errors import LuutruError
from archive.lifecycle import State
from ingest.workflow import Carrier, WorkerRunningError, only_worker, wait_for


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
    (returned by submission; it is tried again by the next ``luutru work``). Carries them itself when nobody else does."""
    steps = installation.steps(document)

    def await_all(problem: Callable[[str], LuutruError | None]) -> dict[str, LuutruError]:
        problems = {}
        for submission_id in submissions:
            try:
                ended(submission_id, wait_for(steps, submission_id, problem=problem))
            except LuutruError as error:
                problems[submission_id] = error
        return problems

    try:
        with only_worker(installation.settings.home / "work.lock"):
            carrier = Carrier(steps, installation.settings.work_database, side_by_side=installation.settings.workers)
            carrier.launch()
            done = threading.Event()
            # Someone else may hand in while we carry; they must not wait for the next ``luutru work``.
            runner = threading.Thread(target=carrier.run, args=(done,), kwargs={"sweep_seconds": 1.0}, daemon=True)
            runner.start()
            try:
                return await_all(carrier.problems.get)
            finally:
                done.set()
                runner.join()
                carrier.close()
    except WorkerRunningError:
        return await_all(lambda _submission: None)
