"""The light fsck as a run that is kept: what differs, how much of it, and what kept it from comparing all."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from api.bootstrap import Installation, now
from api.verifying import differences
from archive.catalogue.repair_model import FsckRun
from archive.catalogue.repair_writing import record_fsck_run

KEPT = 1000
SETTLING_SECONDS = 60.0
_AWAY = frozenset({"store.place.unreachable", "index.place.unreachable"})
_PASSING = ("quarantine.", "index.entry.")
"""What work under way leaves behind for moments: it counts when it is still so a minute later."""


def light_run(
    installation: Installation, stopping: Callable[[], bool], *, settling_seconds: float = SETTLING_SECONDS
) -> FsckRun | None:
    """The run, kept in the catalogue; None when it was told to stop: then nothing is said of what was not compared.

    Raises CatalogueError when the catalogue itself fails. A store or index that is away is a difference like any other.
    """
    begun = now()
    found = _Found()
    if not found.look(installation, stopping):
        return None
    if any(_passing(item) for item in found.kept):
        until = time.monotonic() + settling_seconds
        while time.monotonic() < until and not stopping():
            time.sleep(min(1.0, settling_seconds))
        found = _Found(before=found)
        if not found.look(installation, stopping):
            return None
    run = FsckRun(str(uuid.uuid4()), "light", begun, now(), found.count, found.kept, found.problem)
    with installation.catalogue.transaction() as tx:
        record_fsck_run(tx, run)
    return run


class _Found:
    """All differences counted, the first of them kept. With ``before``, passing ones count only when they were there then."""

    def __init__(self, before: _Found | None = None) -> None:
        self.count = 0
        self.kept: list[Mapping[str, Any]] = []
        self.problem = ""
        # Where there were more than were kept, nobody can say that one was not among them.
        self._known = None if before is None or before.count > KEPT else {_name(item) for item in before.kept}

    def look(self, installation: Installation, stopping: Callable[[], bool]) -> bool:
        """Whether it came to its end."""
        for item in differences(installation, light=True):
            if stopping():
                return False
            if _passing(item) and self._known is not None and _name(item) not in self._known:
                continue
            self.count += 1
            if item["code"] in _AWAY:
                self.problem = str(item["message"])
            if len(self.kept) < KEPT:
                self.kept.append(item)
        return not stopping()


def _passing(item: Mapping[str, Any]) -> bool:
    return str(item["code"]).startswith(_PASSING)


def _name(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["code"]), str(item["subject"])
