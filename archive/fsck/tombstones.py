"""Every tombstone against the ledger, and every end the ledger speaks of against its tombstone."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_reading import (
    packages_without_tombstone,
    tombstone_ids,
    tombstone_packages_of,
    tombstones_by_id,
)
from archive.catalogue.ledger_ends import End, ends, ends_of
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.catalogue.remains import tombstone_remains_sha256
from archive.fsck.differences import Difference, difference

_AT_ONCE = 100


def tombstone_differences(view: Reading) -> Iterator[Difference]:
    """No row ends a hồ sơ, or a package, that the ledger does not end; and none it ends is without its tombstone."""
    for some in pieces(ends(view), _AT_ONCE):
        yield from _begun(view, some)
    yield from _unrecorded(view)


def _begun(view: Reading, some: tuple[End, ...]) -> Iterator[Difference]:
    ids = [end.begun.subject for end in some]
    rows = tombstones_by_id(view, ids)
    packages = tombstone_packages_of(view, ids)
    for end in some:
        file_id = end.begun.subject
        laid = rows.get(file_id)
        if laid is None:
            yield difference("tombstone.row.missing", file_id, "catalogue")
            continue
        told = frozenset(item.aip_id for item in packages.get(file_id, ()))
        if not _agree(laid, end) or told != end.aip_ids or not _remains(view, end):
            yield difference("tombstone.row.changed", file_id, "catalogue")


def _agree(laid: Tombstone, end: End) -> bool:
    destroyed = end.destroyed.seq if end.destroyed else None
    same = (laid.intended_seq, laid.destroyed_seq, laid.destroyed_at is None)
    return same == (end.begun.seq, destroyed, destroyed is None) and laid.round_id == end.begun.data.get("round_id")


def _remains(view: Reading, end: End) -> bool:
    """Whether the digests that remain are those the ledger has; intents of before they were in it say none."""
    stated = end.begun.data.get("remains_sha256")
    return stated is None or stated == tombstone_remains_sha256(view, end.begun.subject)


def _unrecorded(view: Reading) -> Iterator[Difference]:
    """Rows of which the ledger knows nothing: of hồ sơ, and of packages that would be taken for ended by their row alone."""
    for some in pieces(tombstone_ids(view), _AT_ONCE):
        known = ends_of(view, some)
        for file_id in some:
            if file_id not in known:
                yield difference("tombstone.record.missing", file_id, "catalogue")
    for aip_id in packages_without_tombstone(view):
        yield difference("tombstone.record.missing", aip_id, "catalogue")
