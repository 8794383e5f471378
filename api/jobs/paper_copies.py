"""Papers of every round, also of those that are over, in every store: once a day those that one lacks are put there."""

from __future__ import annotations

from api.bootstrap import Installation
from api.jobs.job import Daily, Job, Run
from archive.disposal.paper_keeping import spread_papers


def _run(installation: Installation, run: Run) -> None:
    spread_papers(installation.catalogue, "", installation.stores, stopping=run.stopping)


JOB = Job("paper-copies", lambda _settings: Daily("04:50"), _run)
"""A store that was away, or is new, has them all within a day; those of open rounds are looked after more often."""
