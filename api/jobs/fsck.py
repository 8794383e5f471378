"""Once a week everything is compared but the bytes of the copies, which audits read: ledger, catalogue, stores, index."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from api.bootstrap import Installation
from api.comparing import light_run
from api.jobs.job import Job, Run
from archive.local_time import VIETNAM

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Once a week, on ``weekday`` (Monday is 0) at ``at`` (``HH:MM``) of Vietnam."""

    weekday: int
    at: str

    def slot(self, now: datetime) -> str:
        hour, minute = map(int, self.at.split(":"))
        local = now.astimezone(VIETNAM)
        day = local.date() - timedelta(days=(local.weekday() - self.weekday) % 7)
        this = datetime.combine(day, time(hour, minute), VIETNAM)
        return (this if this <= local else this - timedelta(days=7)).isoformat()


def _run(installation: Installation, run: Run) -> None:
    done = light_run(installation, run.stopping)
    if done is not None and (done.differences or done.problem):
        _log.error("fsck %s: %d differences %s", done.id, done.differences, done.problem)


JOB = Job("fsck", lambda _settings: Weekly(6, "03:30"), _run)
