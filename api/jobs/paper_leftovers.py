"""Papers that came and were never asked about are swept from the stores, once a day."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Daily, Job, Run
from api.paper_leftovers import sweep_papers


def _run(installation: Installation, run: Run) -> None:
    sweep_papers(installation, now())


JOB = Job("paper-leftovers", lambda _settings: Daily("04:20"), _run)
"""Once a day by one machine: where several take turns each counts its own days, and none is removed too early."""
