"""The monthly rehearsal of recovery, each time from another store."""

from __future__ import annotations

from api.bootstrap import Installation
from api.drilling import run_drill
from api.jobs.job import Job, Monthly, Run, Schedule
from api.settings import Settings


def _schedule(settings: Settings) -> Schedule | None:
    return Monthly(settings.backup.drill_day, settings.backup.drill_at) if settings.backup.drill_at else None


def _run(installation: Installation, run: Run) -> None:
    if not run.stopping():
        run_drill(installation)


JOB = Job("restore-drill", _schedule, _run)
