"""Sealing: everything up to now becomes one signed checkpoint, in every store that answers.

view → parts beside the stores → parts in the stores, read back → the signed statement in the catalogue
     → the statement in the stores → noted what each store has

What was signed is in the catalogue before any store sees it, so one number has one content for ever. Killed before, only
parts nobody speaks of are left (their names hold their own range or digest; the next one writes its own). Killed after,
``ship`` goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from archive.catalogue.carried_rows import newest_change
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.catalogue.checkpoint_writing import record_checkpoint
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.versions import NEWEST
from archive.checkpoints.drafting import Draft, draft_rows, draft_segments, end_of
from archive.checkpoints.placing import file_pieces, place
from archive.checkpoints.shipping import conflict, ship
from archive.checkpoints.statement import (
    ORIGIN,
    Checkpoint,
    Content,
    Kind,
    Link,
    checkpoint_key,
    signed_checkpoint,
)
from archive.errors import ObjectMissingError, StoreError
from archive.signing import ArchiveKey
from archive.storage.store import Store

SOFTWARE = "luutru"


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
    """Every record and every change of a row up to now in one new checkpoint, or None when nothing is new.

    DAY and FULL checkpoints are made whether or not anything is new; the very first is FULL. Stores that fail are passed
    over as long as one takes it, and get theirs by ``ship``. Safe for any number at once: one of them makes the
    checkpoint, the others None. Flat memory; ``scratch`` is where its parts lie meanwhile.

    Raises StoreError when no store takes it, LedgerBrokenError when the ledger is not whole, CheckpointConflictError
    when a store has another checkpoint of that number.
    """
    with tempfile.TemporaryDirectory(prefix="luutru-seal-", dir=scratch) as folder:
        with catalogue.read() as view:
            chosen = _chosen(view, kind)
            if chosen is None:
                return None
            drafts = _drafts(view, chosen, Path(folder))
        content = Content(
            number=chosen.previous.number + 1,
            kind=chosen.kind,
            previous=chosen.previous,
            since=chosen.since,
            at=now,
            archive_code=archive.code,
            archive_name=archive.name,
            ledger_last=chosen.end.ledger_last,
            ledger_hash=chosen.end.ledger_hash,
            first_change=min(chosen.changes_after + 1, chosen.last_change),
            last_change=chosen.last_change,
            parts=tuple(draft.part for draft in drafts),
            catalogue_version=NEWEST,
            software=software,
        )
        placed = _placed(stores, drafts, content.number)
    checkpoint = signed_checkpoint(content, key)
    with catalogue.transaction() as tx:
        recorded = record_checkpoint(tx, checkpoint)
    if not recorded:
        _take_back(placed, drafts, catalogue)
        return None
    ship(
        catalogue,
        placed,
        checkpoint,
        at=now,
        placed=frozenset(store.name for store in placed),
        only_following=True,
    )
    return checkpoint


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the next checkpoint is to hold."""

    kind: Kind
    previous: Link
    since: Link
    end: Link
    changes_after: int
    last_change: int


def _chosen(view: LedgerReading, kind: Kind) -> _Chosen | None:
    last = last_checkpoint(view)
    if last is None:
        return _Chosen(Kind.FULL, ORIGIN, ORIGIN, end_of(view), 0, newest_change(view))
    match kind:
        case Kind.NEWS:
            since: Checkpoint | None = last
        case Kind.DAY:
            since = last_checkpoint(view, Kind.DAY, Kind.FULL)
        case Kind.FULL:
            since = last_checkpoint(view, Kind.FULL)
    assert since is not None, "the first checkpoint is a full one"
    end = end_of(view)
    changed = max(newest_change(view), last.content.last_change)
    if kind is Kind.NEWS and (end.ledger_last, changed) == (last.content.ledger_last, last.content.last_change):
        return None
    return _Chosen(kind, last.link, since.link, end, since.content.last_change, changed)


def _drafts(view: LedgerReading, chosen: _Chosen, folder: Path) -> tuple[Draft, ...]:
    drafts = list(draft_segments(view, chosen.since, chosen.previous, chosen.end, folder))
    number = chosen.previous.number + 1
    rows = draft_rows(view, number, chosen.kind, chosen.changes_after, chosen.last_change, folder)
    return tuple(drafts if rows is None else [*drafts, rows])


def _placed(stores: Sequence[Store], drafts: Sequence[Draft], number: int) -> tuple[Store, ...]:
    """The stores that took all parts. Raises the first store's error when none did."""

    def put(store: Store) -> StoreError | None:
        try:
            with suppress(ObjectMissingError):
                store.size(checkpoint_key(number))
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


def _take_back(stores: Sequence[Store], drafts: Sequence[Draft], catalogue: Catalogue) -> None:
    """Another sealer was faster: rows nobody speaks of go; segments are true and may lie where a lock keeps them."""
    with catalogue.read() as view:
        last = last_checkpoint(view)
    spoken_of = {part.key for part in last.content.parts} if last else set()
    for draft in drafts:
        if draft.part.key.startswith("rows/") and draft.part.key not in spoken_of:
            for store in stores:
                with suppress(StoreError):
                    store.remove(draft.part.key)
