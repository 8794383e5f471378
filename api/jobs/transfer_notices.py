"""Once a day people are told which hồ sơ are to be handed over within 30 days, and which are late."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Daily, Job, Run
from archive.retention.transfer_notices import tell_of_transfers


def _run(installation: Installation, run: Run) -> None:
    if not run.stopping():
        tell_of_transfers(installation.catalogue, now())


JOB = Job("transfer-notices", lambda settings: Daily(settings.nightly_at), _run)
