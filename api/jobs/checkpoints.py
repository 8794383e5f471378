"""Sealing what is new in the ledger and the catalogue, and bringing every store what it lacks."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from api.ledger_runs import note_sealing
from api.sealing_ledger import seal_now
from archive.checkpoints.errors import CheckpointConflictError
from archive.errors import LedgerBrokenError


def _run(installation: Installation, run: Run) -> None:
    try:
        seal_now(installation)
    except (LedgerBrokenError, CheckpointConflictError) as error:
        note_sealing(installation.catalogue, error, now())
        raise
    note_sealing(installation.catalogue, None, now())


JOB = Job("checkpoints", lambda settings: Every(settings.ledger.seal_seconds), _run)
