"""What a lock kept from being destroyed goes when its lock ends: ciphertext without a key, followed up to its last day."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.destruction_places import places_of
from api.jobs.job import Daily, Job, Run
from archive.destruction.locked import follow_up


def _run(installation: Installation, run: Run) -> None:
    follow_up(installation.catalogue, places_of(installation), now=now, stopping=run.stopping)


JOB = Job("locked-remains", lambda _settings: Daily("04:10"), _run)
