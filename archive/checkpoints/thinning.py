"""Letting go of what a later checkpoint holds again: objects stay few, and old rows do not outlive what they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import (
    full_checkpoints,
    last_checkpoint,
    named_parts,
    shipments,
    timestamped_numbers,
    way_back,
)
from archive.catalogue.ledger_reading import LedgerReading
from archive.checkpoints.statement import Checkpoint, Kind, checkpoint_key, needed
from archive.errors import StoreError
from archive.storage.key import Key
from archive.storage.store import Store

_CHECKPOINT = re.compile(r"checkpoint/(\d{10})\.json")
_SEGMENT = re.compile(r"ledger/\d{12}-(\d{12})\.jsonl")
"""What does not look like ours is left for fsck to name."""
KEPT_FULLS = 2
"""The rows of so many whole checkpoints are kept, and all that has come since the older of them."""


def thin(catalogue: Catalogue, stores: Sequence[Store], *, keep_fulls: int = KEPT_FULLS) -> int:
    """Removes from each store what its newest checkpoint does not need and the last ``keep_fulls`` whole ones replace.

    Rows go; segments and checkpoints go where no lock keeps them. Checkpoints with a time-stamp stay. Tells how many
    objects went. A store that fails, or does not have the newest whole checkpoint yet, is left as it is. Repeatable.
    """
    removed = 0
    for store in stores:
        with suppress(StoreError):
            with catalogue.read() as view:
                outdated = [*outdated_rows(view, store, keep_fulls=keep_fulls), *_replaced(view, store, keep_fulls)]
            for key in outdated:
                with suppress(StoreError):
                    store.remove(key)
                    removed += 1
    return removed


def thin_medium(
    catalogue: Catalogue, medium: Store, proven: Iterable[Checkpoint], *, keep_fulls: int = KEPT_FULLS
) -> int:
    """Removes from a backup medium that is no store the rows nothing needs, as ``thin`` does; tells how many went.

    ``proven``: the checkpoints that were just read on it byte for byte, with all they speak of. Unless the newest whole
    one is among them everything stays. A medium that refuses keeps what it has. Repeatable.
    """
    read = {checkpoint.link for checkpoint in proven}
    with catalogue.read() as view:
        fulls = full_checkpoints(view, keep_fulls)
        if not fulls or fulls[0].link not in read:
            return 0
        outdated = list(unneeded_rows(view, medium, fulls[-1].number))
    removed = 0
    for key in outdated:
        with suppress(StoreError):
            medium.remove(key)
            removed += 1
    return removed


def outdated_rows(view: LedgerReading, store: Store, *, keep_fulls: int = KEPT_FULLS) -> Iterator[Key]:
    """Rows in ``store`` that nothing needs: older than the kept whole checkpoints, or of attempts that came to nothing.

    Those of an attempt that may still be under way are not among them.
    """
    boundary = _boundary(view, store, keep_fulls)
    if boundary:
        yield from unneeded_rows(view, store, boundary)


def unneeded_rows(view: LedgerReading, store: Store, boundary: int) -> Iterator[Key]:
    """Rows lying in ``store`` that the whole checkpoint ``boundary`` and those after it do not speak of, and that are of
    no attempt that may still come to something. What has no number is nobody's, and older than all."""
    kept = set(named_parts(view, boundary)) | _needed(view)
    settled = _settled(last_checkpoint(view, Kind.DAY, Kind.FULL))
    for key in store.keys("rows"):
        number = key.segments[-1][:10]
        if key not in kept and (not number.isdigit() or int(number) <= settled):
            yield key


def _settled(merged: Checkpoint | None) -> int:
    """Up to this number no attempt is under way that could still be recorded.

    A whole checkpoint ends every attempt begun before it: none goes back any more to what it should. Beside the checkpoint
    of a day a whole one begun before it may yet be finished; and the very first, made by whoever seals, replaces nothing.
    """
    if merged is None:
        return 0
    since = merged.content.since.number
    return merged.number if merged.content.kind is Kind.FULL and since else since


def _replaced(view: LedgerReading, store: Store, keep_fulls: int) -> Iterator[Key]:
    """Segments and checkpoints from before the kept whole ones that are not on the way back."""
    boundary = _boundary(view, store, keep_fulls)
    if not boundary:
        return
    kept = set(named_parts(view, boundary)) | _needed(view)
    stamped = {checkpoint_key(number) for number in timestamped_numbers(view)}
    for key in store.keys("checkpoint"):
        named = _CHECKPOINT.fullmatch(key)
        if named and int(named[1]) < boundary and key not in kept and key not in stamped:
            yield key
    end = max((item.content.ledger_last for item in full_checkpoints(view, keep_fulls)), default=0)
    for key in store.keys("ledger"):
        named = _SEGMENT.fullmatch(key)
        if named and int(named[1]) <= end and key not in kept:
            yield key


def _boundary(view: LedgerReading, store: Store, keep_fulls: int) -> int:
    """The oldest whole checkpoint that is kept; 0 when the store does not have the newest of them."""
    fulls = full_checkpoints(view, keep_fulls)
    mark = shipments(view).get(store.name)
    if not fulls or mark is None or mark.number < fulls[0].number:
        return 0
    return fulls[-1].number


def _needed(view: LedgerReading) -> set[Key]:
    newest = last_checkpoint(view)
    if newest is None:
        return set()
    found: set[Key] = set()
    for checkpoint, parts in needed(way_back(view, newest)):
        found.add(checkpoint.key)
        found |= {part.key for part in parts}
    return found
