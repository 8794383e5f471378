"""Policies that stood, places of stores, copies that are awaited, moves to other media: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from archive.storage.key import Key


@dataclass(frozen=True, slots=True)
class AdoptedPolicy:
    """One version of the storage policy, its exact text, and who made it stand when."""

    version: int
    sha256: str
    text: str
    adopted_at: datetime
    adopted_by: str


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store the archive has, or had. ``filled``: every package has a row for it (proven or awaited)."""

    name: str
    added_at: datetime
    filled: bool
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class AwaitedCopy:
    """A copy a store still has to get, with what it must be. ``since``: from when on it is awaited."""

    aip_id: str
    submission_id: str
    store: str
    since: datetime
    object_key: Key
    sha256: str
    size_bytes: int
    layout_sha256: str | None


class MoveKind(StrEnum):
    """Why a store's copies are gone through."""

    MEDIUM = "medium"
    RETIREMENT = "retirement"


@dataclass(frozen=True, slots=True)
class MediumMove:
    """A store on its way to another medium, or out of the archive.

    ``from_seq``: the last ledger record before it began. ``after_key``: the id of the last package that was proven.
    ``objects``, ``size_bytes``: gone through so far. ``report``: until it has ended, what is to be remembered for it.
    """

    id: str
    store: str
    kind: MoveKind
    began_at: datetime
    began_by: str
    old_place: Mapping[str, Any]
    new_place: Mapping[str, Any]
    from_seq: int
    after_key: str = ""
    objects: int = 0
    size_bytes: int = 0
    ended_at: datetime | None = None
    report: Mapping[str, Any] | None = None
