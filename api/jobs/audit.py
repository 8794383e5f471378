"""The scheduled reading of all copies: goes on where it stopped, and begins a cycle when the interval asks for one."""

from __future__ import annotations

import time
from collections.abc import Callable

from api.auditing import audit_all, due_now, file_reports, outside_window
from api.bootstrap import Installation, now
from api.jobs.job import Every, Job, Run
from api.settings import Settings
from archive.audit import AuditRunningError
from archive.errors import LuutruError

SITTING_SECONDS = 24 * 3600.0
"""So long the stores that were due are read before it is asked again which are."""


def _schedule(settings: Settings) -> Every | None:
    return Every(settings.audit.check_minutes * 60) if settings.audit.scheduled else None


def _run(installation: Installation, run: Run) -> None:
    """Looks again after each sitting: reading one slow store for weeks keeps no other from its turn."""
    while not run.stopping():
        begun = time.monotonic()

        def over(begun: float = begun) -> bool:
            return time.monotonic() - begun > SITTING_SECONDS

        _sit(installation, run, over)
        if not over():
            return


def _sit(installation: Installation, run: Run, over: Callable[[], bool]) -> None:
    """Raises what kept a store from being audited, once the others are done; a run in other hands is no trouble."""
    troubles: list[LuutruError] = []
    for done in audit_all(
        installation,
        due_now(installation, now()),
        actor=installation.settings.audit.checker,
        stopping=lambda store: run.stopping() or over() or outside_window(installation, store),
    ):
        if done.error is not None and not isinstance(done.error, AuditRunningError):
            troubles.append(done.error)
    file_reports(installation)
    if troubles:
        raise troubles[0]


JOB = Job("audit", _schedule, _run)
