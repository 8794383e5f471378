"""A place a hồ sơ can have left traces in: what removes them there, and what is asked again afterwards.

Stores are places here; quarantine, pictures, uploads and the index implement the same where they belong, and the
composition root puts them together. Nothing of a place is believed: it removes, and is then asked whether anything is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.catalogue.destruction_model import ItemState, Tombstone, TombstonePackage
from archive.errors import LockedError, LuutruError


@dataclass(frozen=True, slots=True)
class Subject:
    """One hồ sơ on its way: all that anybody still knows of it, and what every place is given."""

    tombstone: Tombstone
    packages: tuple[TombstonePackage, ...]
    documents: Callable[[], Sequence[str]]
    """The SHA-256 of each of its originals; read when asked for."""
    returned: tuple[str, ...] = ()
    """Submissions of it that became no package."""

    @property
    def file_id(self) -> str:
        return self.tombstone.file_id

    @property
    def submissions(self) -> tuple[str, ...]:
        """The id of everything that was ever handed in of it."""
        return (*(package.submission_id for package in self.packages), *self.returned)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a removal: ``removed``, ``unreachable`` or ``locked``, with what stood in the way."""

    state: ItemState
    problem: str = ""
    locked_until: datetime | None = None


REMOVED = Outcome(ItemState.REMOVED)


class Place(Protocol):
    """Both methods may be repeated at will, by several processes at once, and after any interruption."""

    @property
    def name(self) -> str:
        """The same for ever: ``store:kho-1``, ``index``, ``quarantine@máy-1``. Work is noted under it."""
        ...

    def remove(self, subjects: Sequence[Subject]) -> Mapping[str, Outcome]:
        """Takes away what is there of each, and says what came of it by id of the hồ sơ. Raises nothing of the world."""
        ...

    def left(self, subjects: Sequence[Subject]) -> frozenset[str]:
        """The ids of those of which anything is there now. Raises LuutruError when it cannot be asked."""
        ...


class RoundPlace(Protocol):
    """What is done once for a whole round, when everything of its hồ sơ has gone elsewhere; repeatable like a place."""

    @property
    def name(self) -> str: ...

    def finish(self, round_id: str) -> Outcome:
        """Does it, and looks that it was done. Raises nothing of the world."""
        ...


def each(subjects: Sequence[Subject], remove: Callable[[Subject], None]) -> dict[str, Outcome]:
    """``remove`` for one hồ sơ after the other: one that fails does not keep the others from going."""
    return {subject.file_id: tried(lambda subject=subject: remove(subject)) for subject in subjects}  # type: ignore[misc]


def tried(remove: Callable[[], None]) -> Outcome:
    """What came of ``remove``; an error of the world is said, a defect of ours is raised."""
    try:
        remove()
    except LockedError as error:
        return Outcome(ItemState.LOCKED, error.message, error.until)
    except (LuutruError, OSError) as error:
        return Outcome(ItemState.UNREACHABLE, told(error))
    return REMOVED


def told(error: LuutruError | OSError) -> str:
    """What stood in the way, without the path it stood at: that can be somebody's title, and what is noted stays."""
    if isinstance(error, LuutruError):
        return f"{error.code}: {error.message}"
    return f"{type(error).__name__}: {error.strerror or error.errno}"
