"""A hồ sơ as the archive keeps account of it: whose it is, how long it is kept, where in its life it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from archive.retention.file_state import FileState
from archive.retention.period import UNDETERMINED, Period


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is known of a hồ sơ when its row is made. ``period_basis``: why this period, in words.

    ``ended_year``: năm công việc kết thúc, where it has ended. ``paper_code``: of the paper hồ sơ with the same content.
    """

    id: str
    agency_code: str
    file_code: str
    title: str
    profile: str
    profile_version: str
    fonds_code: str = ""
    opened_on: date | None = None
    ended_year: int | None = None
    period: Period = UNDETERMINED
    period_basis: str = ""
    schedule_id: str | None = None
    schedule_version: str | None = None
    schedule_row: str | None = None
    paper_code: str = ""
    plan_id: str | None = None
    plan_ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One hồ sơ. ``review_on``: the first day on which it may be proposed for destruction; None while nobody can say.

    ``event_year``: in which the event of its period came to pass. ``paper_permanent``: its paper original is kept for
    ever, whatever becomes of this one; ``paper_reason`` says why. ``transfer_due_on``: by when it is to be handed over
    next; ``transfer``: what the minutes of that said. ``round_id``: the destruction round it is, or was last, in.
    """

    id: str
    agency_code: str
    file_code: str
    fonds_code: str
    title: str
    state: FileState
    opened_on: date | None
    received_on: date | None
    ended_year: int | None
    closed_at: datetime | None
    period: Period
    event_year: int | None
    period_basis: str
    schedule_id: str | None
    schedule_version: str | None
    schedule_row: str | None
    profile: str
    profile_version: str
    review_on: date | None
    transfer_due_on: date | None
    transferred_at: datetime | None
    paper_code: str
    paper_permanent: bool
    paper_reason: str
    plan_id: str | None
    plan_ordinal: int | None
    round_id: str | None
    destroyed_at: datetime | None
    changed_at: datetime
    transfer: Mapping[str, Any] = field(default_factory=dict)
