"""Every night: figures of a half-year or a year that is over are made, so that they are there before they are due."""

from __future__ import annotations

from api.activity_reporting import closed_reports, make_report, spread_reports
from api.bootstrap import Installation, now
from api.jobs.job import Daily, Job, Run
from api.settings import Settings

ACTOR = "luutru"


def _schedule(settings: Settings) -> Daily | None:
    return Daily(settings.nightly_at) if settings.reports.scheduled else None


def _run(installation: Installation, run: Run) -> None:
    for time, year in closed_reports(installation, now()):
        if run.stopping():
            return
        make_report(installation, time, year, actor=ACTOR, at=now())
    if not run.stopping():
        spread_reports(installation)


JOB = Job("activity-reports", _schedule, _run)
