"""Telling people of alerts, every half minute."""

from __future__ import annotations

from api.alerting.round import tell_people
from api.bootstrap import Installation
from api.jobs.job import Every, Job, Run


def _run(installation: Installation, run: Run) -> None:
    tell_people(installation, run.stopping)


JOB = Job("alerts", lambda _settings: Every(30), _run)
