"""Checkpoints a rebuild had to fall back from: put beside the chain, so that the archive can seal on from where it is.

They stay in their store, under a name nobody takes for a checkpoint: proof of what was there, as far as it can be read.
"""

from __future__ import annotations

from collections.abc import Iterator

from archive.checkpoints.placing import place
from archive.checkpoints.reading import numbers_in
from archive.checkpoints.statement import checkpoint_key, timestamp_key
from archive.digest import digests_of
from archive.errors import ObjectMissingError
from archive.storage.key import Key
from archive.storage.store import Store


def superseded(store: Store, last: int) -> list[int]:
    """The numbers behind ``last`` that lie in ``store``. Raises StoreError."""
    return [number for number in numbers_in(store) if number > last]


def supersede(store: Store, last: int) -> None:
    """No checkpoint behind ``last`` stands in ``store`` any more; each lies under ``backup/superseded``. Repeatable.

    Raises StoreError, LockedError where a lock keeps one in its place.
    """
    for key in _keys(store, last):
        try:
            data = b"".join(store.read(key))
        except ObjectMissingError:
            continue
        digests = digests_of([data])
        name, _, suffix = key.segments[-1].partition(".")
        kept = Key(f"backup/superseded/{name}-{digests.sha256[:16]}.{suffix}")
        place(store, kept, [data], digests.sha256, digests.size_bytes)
        store.remove(key)


def _keys(store: Store, last: int) -> Iterator[Key]:
    """The newest first, each behind its time-stamp: killed between, the rest is found again by its number."""
    for number in reversed(superseded(store, last)):
        yield timestamp_key(number)
        yield checkpoint_key(number)
