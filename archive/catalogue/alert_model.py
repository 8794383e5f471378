"""An alert, what is to be told of it, and the telling: values without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """``red``: somebody must act now, at night too. ``yellow``: somebody must look. ``info``: good to know."""

    RED = "red"
    YELLOW = "yellow"
    INFO = "info"

    def worse_than(self, other: Severity) -> bool:
        order = tuple(Severity)
        return order.index(self) < order.index(other)


class NoticeKind(StrEnum):
    """What happened to an alert that people are told of."""

    OPENED = "opened"
    WORSE = "worse"
    REMINDER = "reminder"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is, or was, wrong. Open until ``resolved_at``; an acknowledgement closes nothing."""

    number: int
    code: str
    subject: str
    severity: Severity
    text: str
    data: Mapping[str, Any]
    opened_at: datetime
    last_at: datetime
    count: int
    told_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    resolved_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell of one alert, as it was when it happened."""

    number: int
    alert: Alert
    kind: NoticeKind
    severity: Severity
    at: datetime
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way through one channel: of one notice, or of many gathered together."""

    number: int
    channel: str
    notices: tuple[int, ...]
    created_at: datetime
    due_at: datetime
    attempts: int
    claimed_until: datetime | None = None
    last_at: datetime | None = None
    last_error: str = ""
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A state somebody found that ought to be an alert as long as it lasts."""

    code: str
    subject: str
    severity: Severity
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
