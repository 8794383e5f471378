"""The time people read: Vietnam's, written out with its offset; storage and ledger keep instants in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "+07:00")


def local_text(at: datetime) -> str:
    """``at`` (aware) in Vietnam's time, ISO 8601 to the second, as ``2026-11-21T09:00:00+07:00``."""
    return at.astimezone(VIETNAM).isoformat(timespec="seconds")
