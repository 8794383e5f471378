"""Review tasks: what a person has to look at before a period may be relied on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_NAMESPACE = uuid.UUID("6d3c35d0-0a83-4e33-9f0e-7c1f5f3e8f6b")


class ReviewReason(StrEnum):
    """The row its period was taken from changed, or its period could not be determined."""

    SCHEDULE_CHANGED = "schedule-changed"
    UNDETERMINED = "undetermined"


class ReviewDecision(StrEnum):
    """The period stays as it is, or was determined anew."""

    KEPT = "kept"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Review:
    """One task. ``about``: schedule, version and row that changed (``id/version:row``), or since when it is undetermined."""

    id: str
    file_id: str
    reason: ReviewReason
    about: str
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decision: ReviewDecision | None
    note: str


def review_id(file_id: str, reason: ReviewReason, about: str) -> str:
    """The same for the same task: opening it again opens nothing."""
    return str(uuid.uuid5(_NAMESPACE, f"{file_id}\n{reason.value}\n{about}"))
