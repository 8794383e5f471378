"""What a report of a look comes to; the same for one machine and for what several saw together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.catalogue.destruction_model import AbsenceVerdict

NAMED = 200
"""So many traces of each sort a report names; the counts are of all, and so are the hồ sơ of what was found."""


def verdict_of(report: Mapping[str, Any]) -> AbsenceVerdict:
    """ABSENT only when everything was looked at, nothing is open, and nothing was found.

    Lines that are still to be begun come first: the last steps wait for them, so what lies in old bytes is no news.
    """
    if report["to_begin"]["count"]:
        return AbsenceVerdict.NOT_PROVEN
    if report["found"]["count"]:
        return AbsenceVerdict.FOUND
    waiting = any(report[name]["count"] for name in ("unsettled", "needles_missing", "under_way"))
    open_ends = report["not_looked"] or waiting
    return AbsenceVerdict.NOT_PROVEN if open_ends or not report["places"] else AbsenceVerdict.ABSENT
