"""The service stands in for workers that say nothing: when none is left to watch, somebody must still tell people so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from api.alerting.round import tell_people
from api.bootstrap import Installation
from api.watching.round import look_round
from archive.catalogue.worker_reading import database_now, last_done
from archive.errors import LuutruError

EVERY_SECONDS = 60.0
PATIENCE = timedelta(minutes=3)
"""Alerts are told every half minute by some worker; not done for so long, nobody does it."""
_log = logging.getLogger(__name__)


def stand_in(installation: Installation, closing: threading.Event, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Until ``closing``: looks round and tells people whenever no worker has for a while. Harmless beside one."""
    while not closing.wait(every_seconds):
        try:
            if nobody_tells(installation):
                _log.warning("no worker tells of alerts: the service does")
                _both(installation, closing.is_set)
        except LuutruError as error:
            _log.warning("standing in: %s %s", error.message, error.detail)
        except Exception:
            if not closing.is_set():
                _log.exception("standing in: defect")


def nobody_tells(installation: Installation) -> bool:
    """Whether no worker has told of alerts within ``PATIENCE``."""
    with installation.catalogue.read() as view:
        done = last_done(view, ["alerts"]).get("alerts")
        return done is None or database_now(view) - done > PATIENCE


def _both(installation: Installation, stopping: Callable[[], bool]) -> None:
    """What could be seen is told, also when not everything could be looked at."""
    try:
        look_round(installation, stopping)
    finally:
        tell_people(installation, stopping)
