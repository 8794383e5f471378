"""What is known of repairs, incidents and runs of fsck: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from archive.fixity import CopyState


@dataclass(frozen=True, slots=True)
class Repair:
    """One healing of one copy, from the intent to its end. ``outcome`` and ``from_store``: what it ended as; before its
    end, what the attempt under way is meant to do."""

    id: str
    aip_id: str
    store: str
    was: CopyState
    damaged_sha256: str | None
    damaged_size_bytes: int | None
    asides_before: Sequence[str]
    from_store: str | None
    begun_at: datetime
    attempts: int
    retry_at: datetime
    problem: str
    ended_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class KeptAside:
    """Damaged bytes a store keeps, and until when. ``name``: the store's own word for them."""

    store: str
    name: str
    aip_id: str
    object_key: str
    size_bytes: int
    sha256: str | None
    repair_id: str | None
    put_at: datetime
    drop_after: datetime
    dropped_at: datetime | None = None


class IncidentKind(StrEnum):
    """COPIES: no copy of a package is whole. PROOF: ledger and catalogue contradict each other about its bytes.
    STORE: so many copies of a store are bad at once that a person must say whether it is the right one.
    """

    COPIES = "copies"
    PROOF = "proof"
    STORE = "store"


class IncidentOutcome(StrEnum):
    """HEALED: what was bad is whole again. OVER: what it was about is no longer so. DECIDED: a person closed it."""

    HEALED = "healed"
    OVER = "over"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something nothing but a person, or what a person brings, can put right."""

    id: str
    kind: IncidentKind
    subject: str
    opened_at: datetime
    report: Mapping[str, Any]
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: IncidentOutcome | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FsckRun:
    """One comparison of everything, ended. ``problem``: what kept it from comparing all, "" if nothing did."""

    id: str
    kind: str
    begun_at: datetime
    ended_at: datetime
    differences: int
    found: Sequence[Mapping[str, Any]]
    problem: str = ""
