"""Destruction by the worker: what people asked for at once, and every ten minutes what still waits for a place.

Rounds that wait (a store that is away, another machine) go on by themselves, and stay visible until then.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from api.bootstrap import Installation, now
from api.destroying import go_on
from api.destruction_orders import carry_out_orders, finish_rounds
from api.jobs.job import Every, Job, Run
from archive.catalogue.destruction_reading import rounds_at_work, work_noted_at

SECONDS = 15
PAUSE = timedelta(seconds=600)
"""So long after its last try what could not be done is tried again."""
_log = logging.getLogger(__name__)


def _run(installation: Installation, run: Run) -> None:
    done, trouble = carry_out_orders(installation, at_once=not _in_turn(run), stopping=run.stopping)
    with installation.catalogue.read() as view:
        noted = {round_id: work_noted_at(view, round_id) for round_id in rounds_at_work(view)}
    for round_id, tried_at in noted.items():
        if run.stopping():
            return
        if round_id in done or (_in_turn(run) and tried_at is not None and now() - tried_at < PAUSE):
            continue
        progress = go_on(installation, round_id, stopping=run.stopping)
        if not progress.settled:
            _log.warning("round %s waits: %s", round_id, dict(progress.waiting))
    trouble = finish_rounds(installation, stopping=run.stopping) or trouble
    if trouble is not None:
        raise trouble


def _in_turn(run: Run) -> bool:
    """Whether the clock let it run; who asks for a run out of turn wants everything tried now."""
    return run.slot.isdecimal()


JOB = Job("destruction", lambda _settings: Every(SECONDS), _run)
