"""Copies that audits found damaged or missing are healed, once a minute a bounded part of them."""

from __future__ import annotations

import logging
from collections import Counter

from api.bootstrap import Installation
from api.jobs.job import Every, Job, Run
from api.repairing import repair_round

SECONDS = 60
_log = logging.getLogger(__name__)


def _run(installation: Installation, run: Run) -> None:
    made = repair_round(installation, stopping=run.stopping)
    if made.repaired or made.paused or made.dropped:
        outcomes = dict(Counter(item.outcome.value for item in made.repaired))
        _log.warning("repair: %s, paused %s, dropped %d", outcomes, made.paused, made.dropped)


JOB = Job("repair", lambda _settings: Every(SECONDS), _run)
