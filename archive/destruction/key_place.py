"""The key of a hồ sơ, the first thing that goes: from then on every sealed byte of it anywhere is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from archive.destruction.beginning import KEY
from archive.destruction.place import Outcome, Subject, each


class KeyStore(Protocol):
    """Where the keys of hồ sơ lie; a key's id is that of its hồ sơ."""

    def destroy(self, key_id: str) -> None:
        """Gone from every copy of the key store when this returns; gone already, or never there, is fine."""
        ...

    def holds(self, key_id: str) -> bool:
        """Whether any copy of the key store still has it. Raises LuutruError when one cannot be asked."""
        ...


class KeyPlace:
    """The key store as a place."""

    name = KEY

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        return each(subjects, lambda subject: self._keys.destroy(subject.file_id))

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        return frozenset(subject.file_id for subject in subjects if self._keys.holds(subject.file_id))


class NoKeys:
    """An archive without sealing: there is no key to destroy, and its minutes claim none."""

    def destroy(self, key_id: str) -> None:
        return None

    def holds(self, key_id: str) -> bool:
        return False
