"""Stores that lag are caught up with, twice a minute."""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from archive.catchup import CatchUp

SECONDS = 30


def catch_up(installation: Installation, run: Run) -> None:
    """A bounded part of what stores are waiting for; what is left is for the next time."""
    caught_up(installation).run(run.stopping)


def caught_up(installation: Installation) -> CatchUp:
    """The one of this installation in this process: it remembers which copies to leave alone for a while."""
    installation.require_policy()
    found = installation.__dict__.get("_catch_up")
    if not isinstance(found, CatchUp):
        found = CatchUp(installation.catalogue, installation.policy, installation.patient_stores, now)
        installation.__dict__["_catch_up"] = found
    return found


JOB = Job("catch_up", lambda _settings: Every(SECONDS), catch_up)
