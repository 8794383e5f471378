"""Destruction in one store: every version of every object of a hồ sơ, what was put aside of it, and unfinished writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from archive.catalogue.destruction_model import TombstonePackage
from archive.catalogue.destruction_reading import store_place
from archive.destruction.place import Outcome, Subject, each
from archive.errors import ObjectMissingError
from archive.storage.key import Key, aip_key
from archive.storage.store import Store


@runtime_checkable
class AbandonsWriting(Protocol):
    """A store in which what was begun to be written under a key, and never finished, can be told and taken away."""

    def unfinished(self, key: Key) -> int: ...

    def abandon(self, key: Key) -> None: ...


class StorePlace:
    """The copies in ``store``. Locked objects stay until their lock ends; that is said, never passed over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.name = store_place(store.name)

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        return each(subjects, self._remove)

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        return frozenset(subject.file_id for subject in subjects if any(map(self._lies, _keys(subject))))

    def _remove(self, subject: Subject) -> None:
        for key in _keys(subject):
            if isinstance(self._store, AbandonsWriting):
                self._store.abandon(key)
            self._store.remove(key)

    def _lies(self, key: Key) -> bool:
        try:
            self._store.size(key)
        except ObjectMissingError:
            pass
        else:
            return True
        if any(True for _ in self._store.aside(key)):
            return True
        return isinstance(self._store, AbandonsWriting) and self._store.unfinished(key) > 0


def _keys(subject: Subject) -> Iterator[Key]:
    for package in subject.packages:
        yield from keys_of(package)


def keys_of(package: TombstonePackage) -> tuple[Key, ...]:
    """Where its object can lie: as it was recorded, and plain or sealed before or after a change of its period."""
    plain = aip_key(package.aip_id)
    return tuple(dict.fromkeys((package.object_key, plain, Key(f"{plain}.age"))))
