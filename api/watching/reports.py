"""Reports that are due, or late, and that nobody has said were sent."""

from __future__ import annotations

from api.activity_reporting import ALERT, reports_due
from api.watching.watch import Watch

WATCH = Watch("reports", frozenset({ALERT}), reports_due)
