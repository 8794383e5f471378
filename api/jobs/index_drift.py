"""At night the index is compared with the catalogue; what differs is indexed anew."""

from __future__ import annotations

import logging

from api.bootstrap import Installation
from api.jobs.job import Daily, Job, Run

_log = logging.getLogger(__name__)


def _run(installation: Installation, run: Run) -> None:
    """By counts and digest. Raises SearchError when the index does not answer: a comparison not made is no answer."""
    from api.drifting import index_drift

    _log.warning("nightly index comparison: %s", index_drift(installation, mend=True))


JOB = Job("index-drift", lambda settings: Daily(settings.nightly_at), _run)
