"""Holds and rounds as values: what is known of them, and what is given to make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from archive.disposal.round_state import RoundState
from archive.disposal.snapshot import Snapshot
from archive.disposal.words import (
    COUNCIL,
    ArchiveKind,
    Duty,
    HoldKind,
    LineState,
    ListingReason,
    Outcome,
    Signature,
    Verdict,
)
from archive.retention.file_state import FileState


@dataclass(frozen=True, slots=True)
class NewHold:
    """``case_code``: vụ việc, for holds by case. ``query``: as it was asked, for holds by query. ``until``: last day."""

    id: str
    kind: HoldKind
    reason: str
    basis: str
    case_code: str = ""
    query: Mapping[str, Any] | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. ``list_sha256``: over the ids it was placed on, which never change. In force until it is released."""

    id: str
    kind: HoldKind
    case_code: str
    query: Mapping[str, Any] | None
    query_sha256: str | None
    reason: str
    basis: str
    until: date | None
    file_count: int
    list_sha256: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None

    @property
    def in_force(self) -> bool:
        return self.released_at is None

    def overdue(self, on: date) -> bool:
        """Meant to end before ``on``, and still in force: somebody has to release it, or to say for how long yet."""
        return self.in_force and self.until is not None and self.until < on


@dataclass(frozen=True, slots=True)
class TooLate:
    """A hồ sơ that could not be held: its destruction had begun ``since`` then."""

    file_id: str
    state: FileState
    since: datetime


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """``pieces``: how many pieces of its list are still to be spread over the index; it holds all of them already."""

    hold: Hold
    too_late: tuple[TooLate, ...]
    pieces: int


@dataclass(frozen=True, slots=True)
class NewRound:
    """``code``: as people call it (năm/đợt). ``submitting``: whether the agency hands in to a historical archive."""

    id: str
    code: str
    profile: str
    agency_code: str = ""
    archive_kind: ArchiveKind = ArchiveKind.CURRENT
    submitting: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    account_id: str
    duty: Duty
    ordinal: int
    appointed_by: str
    appointed_at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """One destruction round with its persons, in the order of their appointment."""

    id: str
    code: str
    agency_code: str
    archive_kind: ArchiveKind
    submitting: bool
    profile: str
    profile_version: str
    state: RoundState
    opened_at: datetime
    changed_at: datetime
    council_number: str | None
    council_decided_on: date | None
    list_sha256: str | None
    frozen_at: datetime | None
    abandoned_reason: str | None
    dossier_aip_id: str | None
    persons: tuple[Person, ...]

    def holder(self, duty: Duty) -> str | None:
        """The account appointed last to this duty."""
        held = [person.account_id for person in self.persons if person.duty is duty]
        return held[-1] if held else None

    def duty_of(self, account_id: str | None) -> Duty | None:
        return next((person.duty for person in self.persons if person.account_id == account_id), None)

    @property
    def members(self) -> tuple[Person, ...]:
        """The council."""
        return tuple(person for person in self.persons if person.duty in COUNCIL)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A hồ sơ proposed for destruction. ``duplicate_of``: the one that keeps what this one repeats."""

    file_id: str
    reason: ListingReason
    explanation: str
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member votes for, or what a line comes to. ``years``: for EXTEND alone, at least one."""

    outcome: Outcome
    years: int | None = None

    def __post_init__(self) -> None:
        if (self.outcome is Outcome.EXTEND) != (self.years is not None) or (self.years is not None and self.years < 1):
            raise ValueError("years belong to an extension, and to no other outcome")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. ``settled_*``: when, by whom and why it ceased to be merely listed."""

    round_id: str
    ordinal: int
    file_id: str
    agency_code: str
    file_code: str
    came_from: FileState
    reason: ListingReason
    explanation: str
    duplicate_of: str | None
    snapshot: Snapshot
    choice: Choice | None
    line_sha256: str | None
    state: LineState
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's vote on one line. ``opinion``: what he wants said in the minutes (ý kiến khác, when outvoted)."""

    line: int
    choice: Choice
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    session: int
    line: int
    account_id: str
    duty: Duty
    choice: Choice
    opinion: str
    cast_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    number: int
    held_on: date
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the competent body says (thẩm định, cho ý kiến). ``number``: of its letter."""

    body: str
    number: str
    given_on: date
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Quyết định hủy. ``titles_stay``: whether titles may remain in what is left of the destroyed."""

    ordinal: int
    number: str
    decided_on: date
    list_sha256: str
    titles_stay: bool
    decided_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper whose bytes lie in the stores already. ``list_sha256``: the hash of the list it speaks of.

    ``signature`` and ``signers`` are what whoever looked at its signatures found.
    """

    kind: str
    object_key: str
    sha256: str
    size_bytes: int
    list_sha256: str
    signature: Signature
    signers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    kind: str
    ordinal: int
    object_key: str
    sha256: str
    size_bytes: int
    list_sha256: str
    decision_ordinal: int | None
    signature: Signature
    signers: tuple[str, ...]
    attached_by: str
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """Destruction of this hồ sơ has begun. ``again``: it had been begun in this round before; nothing was written."""

    round_id: str
    file_id: str
    line: Line
    list_sha256: str
    decision: Decision
    again: bool
