"""Audits as the catalogue keeps them: runs, what they found, canaries, and what share was read how lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from archive.fixity import CopyState
from archive.storage.key import Key

WINDOWS = (30, 90, 365, 3 * 365 + 1)
"""Days of the coverage clock; the last are the three years of TT 05/2025, a leap day among them."""


class Scope(StrEnum):
    """Which copies a run is about: all there were when it began, those not looked at for long, or the red ones."""

    ALL = "all"
    DUE = "due"
    RED = "red"


class Depth(StrEnum):
    """How far a run looks. FULL: every byte. DEEP: and every manifest entry and PREMIS digest inside.

    ATTRIBUTES: what the store says of its object, without reading it: weaker, never OK, no coverage.
    """

    FULL = "full"
    DEEP = "deep"
    ATTRIBUTES = "attributes"


class RunState(StrEnum):
    """RUNNING also between two sittings; ABANDONED: another run took its place before it ended."""

    RUNNING = "running"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


class Verdict(StrEnum):
    """What a completed run says. CANARY_MISSED: it found what it found, but nobody may rely on it."""

    GREEN = "green"
    RED = "red"
    CANARY_MISSED = "canary-missed"


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One audit of one store, in one sitting or several. ``counts`` by result, ``trouble`` what stopped the last sitting.

    ``reading_seconds`` are those of its sittings. ``report_sha256`` is of its report once it is completed.
    """

    id: str
    store: str
    scope: Scope
    depth: Depth
    actor: str
    begun_at: datetime
    due_before: datetime
    state: RunState = RunState.RUNNING
    counts: Mapping[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    reading_seconds: int = 0
    trouble: str = ""
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    report_sha256: str | None = None
    holder: str | None = None
    held_until: datetime | None = None
    position: Mapping[str, Any] | None = None

    @property
    def green(self) -> bool:
        return self.state is RunState.COMPLETED and self.verdict is Verdict.GREEN


@dataclass(frozen=True, slots=True)
class Due:
    """One copy to be read. ``seen_at``: when it was last looked at; a result is only noted while that still stands."""

    aip_id: str
    key: Key
    size_bytes: int
    sha256: str
    layout_sha256: str | None
    seen_at: datetime
    state: CopyState


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What a run found of one object that is not right. ``aip_id``: None for an object no record claims."""

    run_id: str
    key: str
    store: str
    aip_id: str | None
    state: CopyState
    found_at: datetime
    size_bytes: int | None = None
    sha256: str | None = None
    detail: str = ""
    findings: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Canary:
    """A package damaged on purpose. The digests are those of the whole one; ``damage`` says what was done to it.

    ``planted``: its bytes lie in the store. ``found_state``: what the audit said of it, None as long as it said nothing.
    """

    id: str
    run_id: str
    store: str
    key: Key
    damage: str
    size_bytes: int
    sha256: str
    layout_sha256: str
    planted_at: datetime
    planted: bool = False
    found_state: CopyState | None = None
    found_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def found(self) -> bool:
        """Whether the audit saw what is wrong with it; one that could not be read was not found."""
        return self.found_state in (CopyState.MISMATCH, CopyState.MISSING)


@dataclass(frozen=True, slots=True)
class Share:
    """So many copies and bytes."""

    copies: int = 0
    size_bytes: int = 0

    def of(self, whole: Share) -> float:
        """The part of ``whole``, by copies; of nothing everything was read."""
        return self.copies / whole.copies if whole.copies else 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage clock of one store at one time: what share of its copies was read whole, and right, how lately.

    ``read`` by days of ``WINDOWS``. A copy that is not OK now counts in none of them, whenever it was read before.
    ``states``: how many copies are in which state. ``oldest_at``: when the copy not looked at for longest was.
    """

    store: str
    at: datetime
    whole: Share
    read: Mapping[int, Share]
    states: Mapping[CopyState, int]
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """Copies whose last full read that was right is older than ``interval``; the oldest such read, None for never."""

    store: str
    interval: timedelta
    whole: Share
    oldest_ok_at: datetime | None = None
