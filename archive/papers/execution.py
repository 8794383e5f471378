"""The papers of the destruction itself as data: hand-over, minutes, and the certificate of what was and was not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from archive.papers.paper import Letterhead, ListReference, PaperKind


@dataclass(frozen=True, slots=True)
class HandingParty:
    """One side of a hand-over: the unit, and who stands for it."""

    unit: str
    representative: str
    position: str


@dataclass(frozen=True, slots=True)
class HandoverMinutes:
    """Biên bản bàn giao tài liệu hủy: from the archive to who destroys."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    decision: str
    at: datetime
    giver: HandingParty
    receiver: HandingParty
    fonds: str
    files: int
    documents: int
    size_bytes: int
    condition: str
    kind: PaperKind = PaperKind.HANDOVER_MINUTES


@dataclass(frozen=True, slots=True)
class PlaceOutcome:
    """One place where content or keys were: what was done there, what was not and why, and what a verifier then found.

    ``state``: ``absent`` (searched, nothing found), ``locked`` (sealed bytes remain under a lock of the medium until
    ``locked_until``; their key is destroyed), or ``residue`` (the medium may keep old blocks; said, not claimed away).
    """

    name: str
    medium: str
    done: tuple[str, ...]
    not_done: tuple[str, ...]
    state: Literal["absent", "locked", "residue"]
    checked_at: datetime
    searched: str
    locked_until: date | None = None


@dataclass(frozen=True, slots=True)
class DestructionMinutes:
    """Biên bản hủy tài liệu hết giá trị: by whom, before whom, how, and place by place what was done."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    decision: str
    handover: str
    begun_at: datetime
    ended_at: datetime
    executors: tuple[HandingParty, ...]
    witnesses: tuple[HandingParty, ...]
    fonds: str
    files: int
    documents: int
    size_bytes: int
    method: tuple[str, ...]
    places: tuple[PlaceOutcome, ...]
    reservations: tuple[str, ...] = ()
    kind: PaperKind = PaperKind.DESTRUCTION_MINUTES


@dataclass(frozen=True, slots=True)
class DestroyedLine:
    """The tombstone of one hồ sơ: its line in the list and the digests of its packages. ``title`` is empty unless the
    decision allows it to be kept."""

    ordinal: int
    file_code: str
    title: str
    packages: tuple[tuple[str, str], ...]
    """(AIP id, SHA-256 of its object in the stores) of every package."""
    destroyed_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """Giấy chứng nhận hủy: what an independent verifier searched and did not find, and what it cannot say."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    number: str
    decision: str
    decided_on: date
    archive_name: str
    verifier: str
    issued_at: datetime
    lines: tuple[DestroyedLine, ...]
    places: tuple[PlaceOutcome, ...]
    keys_destroyed: int
    rotated_at: datetime | None
    limits: tuple[str, ...] = ()
    kind: PaperKind = PaperKind.CERTIFICATE
