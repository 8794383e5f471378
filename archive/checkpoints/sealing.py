"""Sealing: everything up to now becomes one signed checkpoint, in every store that answers.

FULL, DAY:  what takes long, while others go on sealing ─┐
turn taken → view → what is new → parts in the stores, read back → the signed statement in the catalogue
           → the statement in the stores → noted what each store has, turn given back

What was signed is in the catalogue before any store sees it, so one number has one content for ever. Killed before, only
parts nobody speaks of are left (their names hold their own range or digest; the next one writes its own). Killed after,
``ship`` goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from archive.catalogue.carried_rows import newest_change
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import checkpoint_numbered, last_checkpoint, lease
from archive.catalogue.checkpoint_writing import drop_lease, record_checkpoint, take_lease
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.versions import NEWEST
from archive.checkpoints.drafting import Draft, draft_rows, draft_segments, end_of
from archive.checkpoints.errors import CheckpointError, CheckpointMissingError
from archive.checkpoints.placing import file_pieces, place
from archive.checkpoints.reading import checkpoint_in
from archive.checkpoints.shipping import conflict, ship
from archive.checkpoints.statement import (
    ORIGIN,
    Checkpoint,
    Content,
    Kind,
    Link,
    Part,
    PartKind,
    checkpoint_key,
    signed_checkpoint,
)
from archive.errors import ObjectMissingError, StoreError
from archive.signing import ArchiveKey
from archive.storage.store import Store
from archive.temporary import temporary_folder

SOFTWARE = "luutru"
LONGEST_TURN = timedelta(seconds=10)
"""After a sealer was killed, the next one waits no longer. Two at once cost only work done twice."""


class Archive(Protocol):
    """Whose checkpoints they are."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...


def seal(
    catalogue: Catalogue,
    stores: Sequence[Store],
    key: ArchiveKey,
    archive: Archive,
    *,
    now: datetime,
    kind: Kind = Kind.NEWS,
    software: str = SOFTWARE,
    scratch: Path | None = None,
) -> Checkpoint | None:
    """Every record and every change of a row up to now in one new checkpoint; None when nothing is new, or when another
    sealer has the turn or was faster.

    DAY and FULL checkpoints are made whether or not anything is new; the very first is FULL. Stores that fail are passed
    over as long as one takes it, and get theirs by ``ship``. Safe for any number at once. Flat memory; ``scratch`` is
    where its parts lie meanwhile.

    Raises StoreError when no store takes it, LedgerBrokenError when the ledger is not whole, CheckpointConflictError
    when a store has another checkpoint of that number.
    """
    run = _Run(catalogue, tuple(stores), key, archive, now, software, uuid.uuid4().hex)
    with temporary_folder("seal", scratch) as folder:
        begun = run.begun(kind, folder)
        if begun is None:
            return None
        with run.turn() as mine:
            if not mine:
                run.take_back(begun.drafts)
                return None
            return run.finished(begun, folder)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a checkpoint holds already: ``drafts`` that lie in ``placed``, up to the record and the change named."""

    kind: Kind
    since: Link
    changes_after: int
    ledger: Link
    change: int
    drafts: tuple[Draft, ...]
    placed: tuple[Store, ...]
    merged: int
    """The last DAY or FULL checkpoint at that time: changes are forgotten only when there have been two since."""


@dataclass(frozen=True)
class _Run:
    catalogue: Catalogue
    stores: tuple[Store, ...]
    key: ArchiveKey
    archive: Archive
    now: datetime
    software: str
    holder: str

    def begun(self, kind: Kind, folder: Path) -> _Begun | None:
        """The parts that may take long, made and placed while others seal; none of NEWS. None: nothing is new."""
        with self.catalogue.read() as view:
            last = last_checkpoint(view)
            if last is None:
                kind, since, after = Kind.FULL, ORIGIN, 0
            else:
                goes_back_to = _goes_back_to(view, kind, last)
                since, after = goes_back_to.link, goes_back_to.content.last_change
                if kind is Kind.NEWS and not _anything_new(view, last):
                    return None
            if kind is Kind.NEWS:
                return _Begun(kind, since, after, since, after, (), self.stores, 0)
            end, change = end_of(view), max(after, newest_change(view))
            drafts = list(draft_segments(view, since, last.link if last else ORIGIN, end, folder))
            rows = draft_rows(view, _number(last), kind, after, change, folder)
            drafts += [] if rows is None else [rows]
            merged = _goes_back_to(view, Kind.DAY, last).number if last else 0
        placed = self._placed(self.stores, drafts)
        return _Begun(kind, since, after, end, change, tuple(drafts), placed, merged)

    def finished(self, begun: _Begun, folder: Path) -> Checkpoint | None:
        """The checkpoint, with what has come meanwhile. Another one may have been made since ``begun``: it is the previous."""
        with self.catalogue.read() as view:
            last = last_checkpoint(view)
            if begun.kind is Kind.NEWS:
                if last is None or not _anything_new(view, last):
                    return None
                after = last.content.last_change
                begun = _Begun(Kind.NEWS, last.link, after, last.link, after, (), begun.placed, 0)
            elif last and not _still_noted(view, last, begun):
                self.take_back(begun.drafts)
                return None
            previous = last.link if last else ORIGIN
            end, change = end_of(view), max(begun.change, newest_change(view))
            fresh = folder / "fresh"
            fresh.mkdir()
            drafts = list(draft_segments(view, begun.ledger, previous, end, fresh))
            number = previous.number + 1
            if change > begun.change:
                rows = draft_rows(view, number, Kind.NEWS, begun.change, change, fresh)
                drafts += [] if rows is None else [rows]
        placed = self._placed(begun.placed, drafts, number)
        content = Content(
            number=number,
            kind=begun.kind,
            previous=previous,
            since=begun.since,
            at=self.now,
            archive_code=self.archive.code,
            archive_name=self.archive.name,
            ledger_last=end.ledger_last,
            ledger_hash=end.ledger_hash,
            first_change=min(begun.changes_after + 1, change),
            last_change=change,
            parts=_ordered((*begun.drafts, *drafts)),
            catalogue_version=NEWEST,
            software=self.software,
        )
        checkpoint = signed_checkpoint(content, self.key)
        with self.catalogue.transaction() as tx:
            recorded = record_checkpoint(tx, checkpoint)
        if not recorded:
            self.take_back((*begun.drafts, *drafts))
            return None
        names = frozenset(store.name for store in placed)
        ship(self.catalogue, placed, checkpoint, at=self.now, placed=names, only_following=True, ends=self.holder)
        return checkpoint

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to seal. It spares work done twice; that no number is given twice is the catalogue's."""
        with self.catalogue.transaction() as tx:
            mine = take_lease(tx, self.holder, self.now, LONGEST_TURN)
        try:
            yield mine
        finally:
            if mine:
                self._give_back()

    def _give_back(self) -> None:
        with self.catalogue.read() as view:
            standing = lease(view)
        if standing is not None and standing[0] == self.holder:
            with self.catalogue.transaction() as tx:
                drop_lease(tx, self.holder)

    def _placed(self, stores: Sequence[Store], drafts: Sequence[Draft], number: int = 0) -> tuple[Store, ...]:
        """The stores that took all parts of the checkpoint ``number`` (0: none yet). Raises the first store's error when none did."""

        def put(store: Store) -> StoreError | None:
            try:
                if number and self._taken(store, number):
                    raise conflict(store, number)
                for draft in drafts:
                    part = draft.part
                    place(store, part.key, file_pieces(draft.path), part.sha256, part.size_bytes)
            except StoreError as error:
                return error
            return None

        with ThreadPoolExecutor(max(1, len(stores))) as pool:
            errors = list(pool.map(put, stores))
        placed = tuple(store for store, error in zip(stores, errors, strict=True) if error is None)
        if not placed:
            raise next((error for error in errors if error is not None), StoreError("Chưa khai báo kho nào."))
        return placed

    def _taken(self, store: Store, number: int) -> bool:
        """Whether the store has a checkpoint of ours of this number that the catalogue does not know.

        Raises StoreError for bytes there that are none: who can write into one store must not end sealing for all.
        """
        try:
            store.size(checkpoint_key(number))
        except ObjectMissingError:
            return False
        with self.catalogue.read() as view:
            if checkpoint_numbered(view, number) is not None:
                return False
        try:
            checkpoint_in(store, number, [self.key.private.public_key()])
        except CheckpointMissingError:
            return False
        except CheckpointError as error:
            raise StoreError(
                f"Kho «{store.name}» có đối tượng lạ ở chỗ của điểm niêm phong số {number}.",
                remedy="Chạy «luutru fsck»; cất đối tượng đó ra khỏi kho để điều tra.",
                detail=error.detail,
            ) from error
        return True

    def take_back(self, drafts: Sequence[Draft]) -> None:
        """Another sealer was faster: rows nobody speaks of go; segments are true and may lie where a lock keeps them."""
        with self.catalogue.read() as view:
            last = last_checkpoint(view)
        spoken_of = {part.key for part in last.content.parts} if last else set()
        for draft in drafts:
            if draft.part.kind is PartKind.ROWS and draft.part.key not in spoken_of:
                for store in self.stores:
                    with suppress(StoreError):
                        store.remove(draft.part.key)


def _goes_back_to(view: LedgerReading, kind: Kind, last: Checkpoint) -> Checkpoint:
    match kind:
        case Kind.NEWS:
            return last
        case Kind.DAY:
            found = last_checkpoint(view, Kind.DAY, Kind.FULL)
        case Kind.FULL:
            found = last_checkpoint(view, Kind.FULL)
    assert found is not None, "the first checkpoint is a full one"
    return found


def _anything_new(view: LedgerReading, last: Checkpoint) -> bool:
    return end_of(view).ledger_last != last.content.ledger_last or newest_change(view) > last.content.last_change


def _still_noted(view: LedgerReading, last: Checkpoint, begun: _Begun) -> bool:
    """Whether no change behind ``begun`` can have been forgotten, and it still goes back to what it should."""
    merged = _goes_back_to(view, Kind.DAY, last)
    same = _goes_back_to(view, begun.kind, last).link == begun.since
    return same and (merged.number == begun.merged or merged.content.since.number == begun.merged)


def _number(last: Checkpoint | None) -> int:
    return last.number + 1 if last else 1


def _ordered(drafts: Sequence[Draft]) -> tuple[Part, ...]:
    """Segments in order, then rows in the order in which they are laid over each other."""
    parts = [draft.part for draft in drafts]
    return tuple(sorted(parts, key=lambda part: part.kind is PartKind.ROWS))
