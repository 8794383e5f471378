"""Merging the checkpoints of a day into one, and now and then all that there is; then reading in every store what was
sealed, all of it in the second case, and putting back what a store does not have whole.
"""

from __future__ import annotations

from api.bootstrap import Installation, now
from api.jobs.job import Daily, Job, Run
from api.sealing_ledger import full_is_due, seal_now
from api.verifying_ledger import GRACE, ledger_differences
from archive.checkpoints.statement import Kind
from archive.checkpoints.thinning import thin
from archive.errors import LedgerBrokenError


def _run(installation: Installation, run: Run) -> None:
    full = full_is_due(installation)
    try:
        seal_now(installation, Kind.FULL if full else Kind.DAY)
    except LedgerBrokenError:
        # What goes back further than the last seal sees more than it: where it is broken must be known all the same.
        _verify(installation, run, full=True)
        raise
    thin(installation.catalogue, installation.stores)
    _verify(installation, run, full=full)


def _verify(installation: Installation, run: Run, *, full: bool) -> None:
    for _ in ledger_differences(installation, full=full, now=now(), grace=GRACE, repair_as="luutru"):
        if run.stopping():
            return


JOB = Job("checkpoint-days", lambda settings: Daily(settings.ledger.merge_at), _run)
