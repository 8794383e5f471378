"""Scheduled jobs that fail again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue.worker_model import JobRun, RunState
from archive.catalogue.worker_reading import job_runs

CODE = "job.failed"
FAILURES = 3
"""One failure is tried again; so many in a row somebody should know of."""


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    from api.jobs.runner import all_jobs

    with installation.catalogue.read() as view:
        return [
            Standing(CODE, job.name, Severity.YELLOW, f"Việc «{job.name}» nhiều lần liền không thành công.")
            for job in all_jobs()
            if keeps_failing(job_runs(view, job.name, FAILURES * 2))
        ]


def keeps_failing(runs: Sequence[JobRun]) -> bool:
    """The newest first: whether the last ``FAILURES`` attempts that came to an end were none."""
    attempts = 0
    for run in runs:
        if run.state is RunState.DONE:
            break
        if run.state is RunState.FAILED:
            attempts += run.attempt
        elif run.state is RunState.RUNNING:
            attempts += run.attempt - 1
    return attempts >= FAILURES


WATCH = Watch("jobs", frozenset({CODE}), _look)
