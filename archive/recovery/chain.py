"""The newest checkpoint that can be trusted whole, out of one or several stores: everything else is built on it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.checkpoints.errors import CheckpointError
from archive.checkpoints.reading import checkpoint_in, lines_of, numbers_in, records_in
from archive.checkpoints.statement import Checkpoint, Part, checkpoint_key, needed, timestamp_key
from archive.errors import StoreError
from archive.recovery.problems import Problem, RebuildError, problem
from archive.storage.key import Key
from archive.storage.store import Store


@dataclass(frozen=True)
class WholeParts:
    """Reads each part of a chain from a store in which it was proven. Of a ``Store`` it is what readers of parts use."""

    name: str
    places: dict[Key, Store] = field(default_factory=dict)

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        return self.places[key].read(key, offset, length)

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        return self.places[key].open(key, cold=cold)

    def size(self, key: Key) -> int:
        return self.places[key].size(key)


@dataclass(frozen=True)
class Chain:
    """Checkpoints ascending to the newest whole one, each part of each proven; ``parts`` is where they are read.

    ``held_by``: the names of stores that were seen to hold all of it.
    """

    checkpoints: tuple[Checkpoint, ...]
    parts: WholeParts
    problems: tuple[Problem, ...]
    held_by: tuple[str, ...] = ()

    @property
    def newest(self) -> Checkpoint:
        return self.checkpoints[-1]

    @property
    def store(self) -> Store:
        return cast(Store, self.parts)


def whole_chain(stores: Sequence[Store], public_keys: Sequence[Ed25519PublicKey], newest: int | None = None) -> Chain:
    """The chain to the newest checkpoint of any of ``stores`` that is signed, unbroken and whole in all its parts.

    Whatever had to be passed over is among its problems. ``newest``: only this one counts. Raises RebuildError when
    there is none.
    """
    search = _Search(stores, public_keys)
    numbers = [newest] if newest is not None else search.numbers()
    for number in numbers:
        for newest_one in search.signed(number):
            chain = search.chain(newest_one)
            if chain is not None:
                return Chain(chain, search.parts, tuple(search.problems.values()), search.held_by(chain))
        search.note("checkpoint.chain.damaged", number)
    raise RebuildError(
        "Không có điểm niêm phong nào dùng được để dựng lại kho.",
        remedy="Kiểm tra khóa công khai có đúng của kho này không; thử thêm bản lưu khác bằng --from.",
        detail="; ".join(f"{item.code} {item.subject} {item.detail}" for item in search.problems.values())[:2000],
    )


def all_checkpoints(
    stores: Sequence[Store], public_keys: Sequence[Ed25519PublicKey], newest: Checkpoint
) -> Iterator[Checkpoint]:
    """Every signed checkpoint up to ``newest`` that lies in any of ``stores``, ascending; those of one chain only."""
    found: dict[int, list[Store]] = {}
    for store in stores:
        for number in numbers_in(store):
            if number <= newest.number:
                found.setdefault(number, []).append(store)
    expected = newest.content.previous
    kept: list[int] = [newest.number]
    places: dict[int, Store] = {}
    for number in range(newest.number - 1, 0, -1):
        for store in found.get(number, ()):
            try:
                checkpoint = checkpoint_in(store, number, public_keys)
            except (CheckpointError, StoreError):
                continue
            if expected.number != number or checkpoint.link == expected:
                kept.append(number)
                places[number] = store
                expected = checkpoint.content.previous
                break
    for number in reversed(kept[1:]):
        yield checkpoint_in(places[number], number, public_keys)
    yield newest


@dataclass
class _Search:
    stores: Sequence[Store]
    public_keys: Sequence[Ed25519PublicKey]
    problems: dict[tuple[str, str, str], Problem] = field(default_factory=dict)
    parts: WholeParts = field(default_factory=lambda: WholeParts("các bản lưu"))
    _whole: dict[str, bool] = field(default_factory=dict)
    _lost: set[Key] = field(default_factory=set)
    _signed: dict[int, list[Checkpoint]] = field(default_factory=dict)
    _holders: dict[str, set[str]] = field(default_factory=dict)
    _numbers: dict[str, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {store.name: frozenset(numbers_in(store)) for store in self.stores}

    def numbers(self) -> list[int]:
        return sorted(frozenset[int]().union(*self._numbers.values()), reverse=True)

    def signed(self, number: int) -> list[Checkpoint]:
        """Each checkpoint of this number that is signed and lies in a store; more than one when somebody sealed twice."""
        if number not in self._signed:
            found: dict[str, Checkpoint] = {}
            for store in self.stores:
                if number not in self._numbers[store.name]:
                    continue  # a store that lags merely has not got it yet
                try:
                    checkpoint = checkpoint_in(store, number, self.public_keys)
                except (CheckpointError, StoreError) as error:
                    self.note("checkpoint.object.damaged", checkpoint_key(number), store.name, error.message)
                    continue
                found[checkpoint.sha256] = checkpoint
                self._holders.setdefault(checkpoint.sha256, set()).add(store.name)
            self._signed[number] = list(found.values())
        return self._signed[number]

    def chain(self, newest: Checkpoint) -> tuple[Checkpoint, ...] | None:
        """The proven chain to ``newest``, each link and each part of it from wherever it is whole."""
        way = [newest]
        while (since := way[-1].content.since).number:
            named = [item for item in self.signed(since.number) if item.link == since]
            if not named:
                self.note("checkpoint.object.damaged", checkpoint_key(since.number), detail="nowhere as it was signed")
                return None
            way.append(named[0])
        chain = tuple(reversed(way))
        return chain if all([self._is_whole(checkpoint, parts) for checkpoint, parts in needed(chain)]) else None

    def held_by(self, chain: Sequence[Checkpoint]) -> tuple[str, ...]:
        """The one store that was seen to hold all of it."""
        places = {self.parts.places[part.key].name for _, parts in needed(chain) for part in parts}
        if len(places) != 1:
            return ()
        for checkpoint in chain:
            places &= self._holders[checkpoint.sha256]
        return tuple(places)

    def note(self, code: str, subject: object, store: str = "", detail: str = "") -> None:
        self.problems.setdefault((code, str(subject), store), problem(code, subject, store, detail))

    def _is_whole(self, checkpoint: Checkpoint, parts: tuple[Part, ...]) -> bool:
        """Whether these parts of it lie somewhere whole; rows that a later checkpoint replaces are not asked for."""
        if not all([self._found(part) for part in parts]):
            return False
        known = self._whole.get(checkpoint.sha256)
        if known is None:
            known = self._whole[checkpoint.sha256] = self._follow(checkpoint)
        return known

    def _found(self, part: Part) -> bool:
        if part.key in self.parts.places:
            return True
        if part.key in self._lost:
            return False
        absent = []
        for store in self.stores:
            try:
                for _ in lines_of(store, part):
                    pass
            except (CheckpointError, StoreError) as error:
                if error.detail == "missing":
                    absent.append(store.name)
                else:
                    self.note("checkpoint.object.damaged", part.key, store.name, error.detail or error.message)
                continue
            self.parts.places[part.key] = store
            return True
        for name in absent:
            self.note("checkpoint.object.damaged", part.key, name, "missing")
        self._lost.add(part.key)
        return False

    def _follow(self, checkpoint: Checkpoint) -> bool:
        """Whether the records in it follow one another to the end that was signed."""
        try:
            for _ in records_in(cast(Store, self.parts), checkpoint):
                pass
        except (CheckpointError, StoreError) as error:
            self.note("checkpoint.object.damaged", checkpoint.key, self.parts.name, error.detail or error.message)
            return False
        return True


def timestamps_in(stores: Sequence[Store], newest: Checkpoint) -> Iterator[tuple[int, bytes]]:
    """Number and time-stamp token of every stamped checkpoint up to ``newest`` that lies in any of ``stores``.

    One that cannot be read is taken from another store, or comes back with the next time-stamp: it is no record.
    """
    seen: set[int] = set()
    for store in stores:
        for key in store.keys("checkpoint"):
            name = key.segments[-1]
            if name.endswith(".tsr") and name[:-4].isdigit() and int(name[:-4]) <= newest.number:
                number = int(name[:-4])
                if number not in seen and timestamp_key(number) == key:
                    try:
                        token = b"".join(store.read(key))
                    except StoreError:
                        continue
                    seen.add(number)
                    yield number, token
