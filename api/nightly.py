"""What runs at night: the comparison of the index with the catalogue, and the repair of what differs."""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta

from api.bootstrap import Installation
from archive.errors import LuutruError
from archive.local_time import VIETNAM

_log = logging.getLogger(__name__)


class Nightly:
    """Says once a day that it is time: at ``at`` (``HH:MM``) of Vietnam, or as soon after it as it is asked.

    A process begun after that hour waits for the next night.
    """

    def __init__(self, at: str, begun: datetime) -> None:
        hour, minute = map(int, at.split(":"))
        self._at = time(hour, minute)
        self._next = self._following(begun)

    def due(self, now: datetime) -> bool:
        if now < self._next:
            return False
        self._next = self._following(now)
        return True

    def _following(self, now: datetime) -> datetime:
        local = now.astimezone(VIETNAM)
        today = datetime.combine(local.date(), self._at, VIETNAM)
        return today if today > local else today + timedelta(days=1)


def compare_index(installation: Installation) -> None:
    """The index against the catalogue by counts and digest; what differs is indexed anew. Never ends the worker."""
    from api.drifting import index_drift

    try:
        found = index_drift(installation, mend=True)
        _log.warning("nightly index comparison: %s", found)
    except LuutruError as error:
        _log.warning("nightly index comparison: %s %s", error.message, error.detail)
    except Exception:
        _log.exception("nightly index comparison: defect")
