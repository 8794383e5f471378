"""Values of destruction: tombstones, and what was done for each place a hồ sơ can have left traces in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from archive.access import Mode
from archive.storage.key import Key


@dataclass(frozen=True, slots=True)
class Approval:
    """The decision a round is carried out by. ``titles_stay``: whether it allows titles to stay on tombstones."""

    round_id: str
    decision_number: str
    decided_on: date | None
    list_sha256: str
    titles_stay: bool


@dataclass(frozen=True, slots=True)
class Needles:
    """What a hồ sơ would be known by if it were met again, as the intent seals it: how many needles, and their digest."""

    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TombstonePackage:
    """One package of a destroyed hồ sơ: its ids, its digests, where its object lay in every store."""

    aip_id: str
    file_id: str
    submission_id: str
    registration_number: str
    object_key: Key
    size_bytes: int
    sha256: str
    transfer_sha256: str


@dataclass(frozen=True, slots=True)
class TombstoneDocument:
    """The digests of one original of a destroyed hồ sơ."""

    aip_id: str
    ordinal: int
    size_bytes: int
    sha256: str
    sha512: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What remains of a hồ sơ. ``destroyed_at`` is None as long as absence was not proven: then it is on its way there.

    ``title`` is None where the decision does not allow it to stay. ``needles_sha256`` is None where it was begun without any
    having been taken: then its absence can never be proven.
    """

    file_id: str
    round_id: str
    line: int
    agency_code: str
    file_code: str
    title: str | None
    decision_number: str
    decided_on: date | None
    list_sha256: str
    ended_year: int | None
    period_text: str
    packages: int
    documents: int
    size_bytes: int
    intended_at: datetime
    intended_seq: int
    destroyed_at: datetime | None = None
    destroyed_seq: int | None = None
    needles: int = 0
    needles_sha256: str | None = None
    mode: Mode = Mode.CONDITIONAL
    """The strictest mode of use its packages had: who might not know of it then may not know of its tombstone."""

    @property
    def destroyed(self) -> bool:
        return self.destroyed_at is not None


class ItemState(StrEnum):
    """Of one hồ sơ in one place. ``absent``: looked for after the removal, and not there."""

    DUE = "due"
    REMOVED = "removed"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    LOCKED = "locked"


_S = ItemState

ITEM_MOVES: Mapping[ItemState, frozenset[ItemState]] = {
    _S.DUE: frozenset({_S.REMOVED, _S.UNREACHABLE, _S.LOCKED}),
    _S.UNREACHABLE: frozenset({_S.REMOVED, _S.LOCKED}),
    _S.LOCKED: frozenset({_S.REMOVED, _S.UNREACHABLE, _S.DUE}),
    _S.REMOVED: frozenset({_S.ABSENT, _S.DUE, _S.UNREACHABLE, _S.LOCKED}),
    _S.ABSENT: frozenset({_S.DUE}),
}
"""Forward only: back to ``due`` goes only what was found again, because something put it there after it had gone, and what
is done once for a round of which a further hồ sơ is begun."""

SETTLED = frozenset({ItemState.ABSENT, ItemState.LOCKED})
"""Nothing more can be done there now; what is locked is taken up again when its lock ends."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One place of one hồ sơ, or (``file_id`` empty) of the whole round.

    ``attempts``: how often anything happened with it: it was tried, noted, or made due again. Moved, it is another than it
    was when somebody read it.
    """

    round_id: str
    file_id: str
    place: str
    state: ItemState
    attempts: int
    problem: str
    locked_until: datetime | None
    changed_at: datetime


class AbsenceVerdict(StrEnum):
    """Looked everywhere and found nothing; found something; or could not look everywhere."""

    ABSENT = "absent"
    FOUND = "found"
    NOT_PROVEN = "not-proven"


@dataclass(frozen=True, slots=True)
class AbsenceRun:
    """One look for what a round destroyed, by another account than the one that destroyed it.

    ``begun_seq``: the end of the ledger when it began; nothing begun after that was looked for.
    """

    id: str
    round_id: str
    verifier_id: str
    executor_id: str
    begun_at: datetime
    begun_seq: int = 0
    ended_at: datetime | None = None
    verdict: AbsenceVerdict | None = None
    report_sha256: str | None = None
    report: Mapping[str, Any] | None = None
