"""The daily backup: full on the first of the month, what has changed on all other days (TT 02/2019 Điều 10)."""

from __future__ import annotations

from api.backing_up import back_up
from api.bootstrap import Installation
from api.jobs.job import Daily, Job, Run, Schedule
from api.settings import Settings


def _schedule(settings: Settings) -> Schedule | None:
    return Daily(settings.backup.at) if settings.backup.at else None


def _run(installation: Installation, run: Run) -> None:
    if not run.stopping():
        back_up(installation)


JOB = Job("backup", _schedule, _run)
