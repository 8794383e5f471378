"""Looking at what can go wrong, every minute."""

from __future__ import annotations

from api.bootstrap import Installation
from api.jobs.job import Every, Job, Run
from api.watching.round import look_round


def _run(installation: Installation, run: Run) -> None:
    look_round(installation, run.stopping)


JOB = Job("watching", lambda _settings: Every(60), _run)
