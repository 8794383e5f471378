"""Rounds that wait for a place (a store that is away, another machine) go on by themselves, and stay visible until then."""

from __future__ import annotations

import logging

from api.bootstrap import Installation
from api.destroying import go_on
from api.jobs.job import Every, Job, Run
from archive.catalogue.destruction_reading import rounds_at_work

SECONDS = 600
_log = logging.getLogger(__name__)


def _run(installation: Installation, run: Run) -> None:
    with installation.catalogue.read() as view:
        rounds = rounds_at_work(view)
    for round_id in rounds:
        if run.stopping():
            return
        done = go_on(installation, round_id, stopping=run.stopping)
        if not done.settled:
            _log.warning("round %s waits: %s", round_id, dict(done.waiting))


JOB = Job("destruction", lambda _settings: Every(SECONDS), _run)
