"""An instant as letters and screens write it; data keeps ISO 8601."""

from __future__ import annotations

from datetime import datetime

from archive.local_time import VIETNAM


def moment(text: str) -> str:
    """An ISO time as people write it: day/month/year and the hour in Việt Nam; anything else as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}" if at.tzinfo else text
