"""The coverage clock of every store, worked out again only after a while: it goes over every copy there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.bootstrap import Installation
from archive.catalogue.audit_model import Coverage, Overdue
from archive.catalogue.audit_reading import coverage, overdue

AGE_FOR_PEOPLE = 30.0
AGE_FOR_METRICS = 600.0
"""A million copies take about a second: somebody who looks may wait for it, a scraper every few seconds may not."""


@dataclass
class CoverageClock:
    """Shared by all threads; worked out by one of them while the others wait."""

    installation: Installation
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: tuple[float, tuple[tuple[Coverage, Overdue], ...]] | None = None

    def read(self, at: datetime, *, age_seconds: float = AGE_FOR_PEOPLE) -> Sequence[tuple[Coverage, Overdue]]:
        """Of every store in the policy's order, no older than ``age_seconds``."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > age_seconds:
                self._last = (time.monotonic(), self._worked_out(at))
            return self._last[1]

    def _worked_out(self, at: datetime) -> tuple[tuple[Coverage, Overdue], ...]:
        with self.installation.catalogue.read() as view:
            return tuple(
                (
                    coverage(view, store.name, at),
                    overdue(view, store.name, at, timedelta(days=store.audit.interval_days)),
                )
                for store in self.installation.policy.stores
            )
