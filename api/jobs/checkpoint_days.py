"""Merging the checkpoints of a day into one, and now and then all that there is, so that the way back stays short."""

from __future__ import annotations

from api.bootstrap import Installation
from api.jobs.job import Daily, Job, Run
from api.sealing_ledger import full_is_due, seal_now
from archive.checkpoints.statement import Kind
from archive.checkpoints.thinning import thin


def _run(installation: Installation, run: Run) -> None:
    seal_now(installation, Kind.FULL if full_is_due(installation) else Kind.DAY)
    thin(installation.catalogue, installation.stores)


JOB = Job("checkpoint-days", lambda settings: Daily(settings.ledger.merge_at), _run)
