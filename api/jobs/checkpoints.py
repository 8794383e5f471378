"""Sealing what is new in the ledger and the catalogue, and bringing every store what it lacks."""

from __future__ import annotations

from api.bootstrap import Installation
from api.jobs.job import Every, Job, Run
from api.sealing_ledger import seal_now


def _run(installation: Installation, run: Run) -> None:
    seal_now(installation)


JOB = Job("checkpoints", lambda settings: Every(settings.ledger.seal_seconds), _run)
