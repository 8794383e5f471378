"""What ``luutru storage`` and the doctor tell of the stores: each asked for a short time, the rest from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.bootstrap import Installation, now
from archive.catalogue.policy_reading import (
    adopted_policy,
    awaited_count,
    awaited_since,
    bad_count,
    read_span,
    store_places,
)
from archive.errors import StoreError
from archive.lagging import LaggingStore
from archive.storage_policy import StorePolicy

ASKED_SECONDS = 10.0
COUNTED = 1_000_000
"""No copies are counted beyond so many: a figure this large says enough."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """One store as it is now. ``free_bytes`` None and ``trouble``: it could not be asked.

    ``behind_hours``: since when its longest awaited copy is awaited. ``filled``: every package has a row for it.
    """

    policy: StorePolicy
    free_bytes: int | None
    trouble: str
    awaited: int
    awaited_since: datetime | None
    bad: int
    oldest_read: datetime | None
    newest_read: datetime | None
    filled: bool
    retired: bool

    def late(self, at: datetime, hours: int) -> bool:
        """Whether somebody should look at it: it has been behind for longer than the policy allows."""
        return self.awaited_since is not None and at - self.awaited_since > timedelta(hours=hours)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.policy.name,
            "kind": self.policy.kind.value,
            "place": dict(self.policy.place),
            "location": self.policy.location,
            "medium": self.policy.medium,
            "required": self.policy.required,
            "present": not self.trouble,
            "trouble": self.trouble,
            "free_bytes": self.free_bytes,
            "awaited": self.awaited,
            "awaited_since": _text(self.awaited_since),
            "bad": self.bad,
            "oldest_read": _text(self.oldest_read),
            "newest_read": _text(self.newest_read),
            "filled": self.filled,
            "retired": self.retired,
        }


def store_statuses(installation: Installation) -> Iterator[StoreStatus]:
    """One for each store of the policy, in its order."""
    with installation.catalogue.read() as view:
        places = {place.name: place for place in store_places(view)}
    for store in installation.patient_stores:
        policy = installation.policy.store(store.name)
        assert policy is not None, "the stores are those of the policy"
        free, trouble = _asked(store)
        with installation.catalogue.read() as view:
            span = read_span(view, store.name)
            place = places.get(store.name)
            yield StoreStatus(
                policy,
                free,
                trouble,
                awaited_count(view, store.name, COUNTED),
                awaited_since(view, store.name),
                bad_count(view, store.name, COUNTED),
                span[0] if span else None,
                span[1] if span else None,
                place is not None and place.filled,
                place is not None and place.retired_at is not None,
            )


def policy_state(installation: Installation) -> dict[str, Any]:
    """The version in the file and the one that stands."""
    with installation.catalogue.read() as view:
        standing = adopted_policy(view)
    same = standing is not None and standing.sha256 == installation.policy.sha256
    return {
        "version": installation.policy.version,
        "sha256": installation.policy.sha256,
        "copies": installation.policy.copies,
        "adopted": None
        if standing is None
        else {
            "version": standing.version,
            "sha256": standing.sha256,
            "adopted_at": standing.adopted_at.isoformat(),
            "adopted_by": standing.adopted_by,
        },
        "stands": same,
        "from_old_stores": installation.settings.policy_from_old_stores,
        "at": now().isoformat(),
    }


def _asked(store: LaggingStore) -> tuple[int | None, str]:
    try:
        return store.asked(lambda asked: asked.free_bytes(), ASKED_SECONDS), ""
    except StoreError as error:
        return None, error.message


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
