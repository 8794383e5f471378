"""Packages whose hồ sơ got another period are stored sealed, or open, as it asks: every ten minutes what there is."""

from __future__ import annotations

import logging

from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from archive.reforming import Reforming

SECONDS = 600
_log = logging.getLogger(__name__)


def reforming(installation: Installation) -> Reforming | None:
    """None where nothing is sealed."""
    if installation.keys is None:
        return None
    return Reforming(installation.catalogue, installation.stores, installation.required_stores, installation.keys, now)


def _run(installation: Installation, run: Run) -> None:
    made = reforming(installation)
    if made is not None:
        for item in made.run(run.stopping):
            _log.info(
                "package %s: %s", item.aip_id, item.error.code if item.error else "sealed" if item.sealed else "open"
            )


JOB = Job("package_forms", lambda _settings: Every(SECONDS), _run)
