"""Everything sealed compared again: stores against what was signed, the catalogue against what is sealed.

The catalogue proves nothing about itself: the reference is the longest chain of checkpoints, the catalogue's or a store's,
of which every link is signed. Only what the reference needs is read; what a later checkpoint replaced may be gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.catalogue.checkpoint_reading import (
    Shipment,
    ledger_rows_between,
    noted_checkpoints,
    shipments,
    timestamps_after,
)
from archive.catalogue.ledger_reading import LedgerReading, LedgerRow
from archive.checkpoints.difference_words import difference
from archive.checkpoints.errors import CheckpointError, CheckpointMissingError
from archive.checkpoints.lost_numbers import Ranges, joined, lost_by_record, unexplained
from archive.checkpoints.reading import VerifiedCheckpoint, checkpoint_in, checkpoints_in, lines_of, proven
from archive.checkpoints.statement import ORIGIN, Checkpoint, Link, Part, PartKind, needed, timestamp_key
from archive.checkpoints.thinning import outdated_rows
from archive.checkpoints.timestamps import TimestampError, proven_time
from archive.errors import ObjectMissingError, StoreError
from archive.fixity import CopyState, verify_copy
from archive.fsck.differences import Difference
from archive.ledger import read_record
from archive.storage.store import Store

_MOST_SEGMENTS = 20


def checkpoint_differences(
    view: LedgerReading,
    stores: Sequence[Store],
    public_keys: Sequence[Ed25519PublicKey],
    *,
    full: bool = True,
    roots: Sequence[x509.Certificate] = (),
    now: datetime | None = None,
    grace: timedelta = timedelta(0),
    lost: Ranges = (),
) -> Iterator[Difference]:
    """Every difference between ledger, checkpoints and what lies in the stores; none means they agree. Flat memory.

    ``full``: every byte in every store and every record of the ledger; else only what no earlier verification has read
    (``checkpoint_writing.record_verification``), and of older records that the ends of the seals still stand. ``roots``:
    certificates time-stamps are proven by; none: they are not judged. ``grace``: how old a checkpoint may be (at ``now``)
    before a store that lacks it is a difference. ``lost``: numbers a rebuild whose record is not in the ledger yet did not
    find in any copy (``Rebuilt.checkpoints_lost``). Never raises for what it finds, nor for a store that is away.
    """
    chains: list[tuple[VerifiedCheckpoint, ...]] = []
    known = _Catalogue(view, public_keys, joined(lost, lost_by_record(view)))
    yield from known.look()
    chains.append(known.way)
    reachable: list[Store] = []
    for store in stores:
        try:
            chain = tuple(checkpoints_in(store, public_keys))
            reachable.append(store)
            chains.append(chain)
            # A store may be ahead of the catalogue by what was sealed since this view was opened, at most.
            yield from _ahead(known, store, chain, now, grace)
        except CheckpointError:
            # Named below, object by object, against the reference.
            reachable.append(store)
        except StoreError as error:
            yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
    reference = max(chains, key=lambda chain: chain[-1].number if chain else 0)
    yield from _forks(reference, chains)
    marks = shipments(view)
    for store in reachable:
        mark = marks.get(store.name)
        try:
            yield from _store_differences(store, reference, mark, public_keys, full=full, now=now, grace=grace)
            yield from _timestamp_differences(view, store, known, mark, roots, full=full)
            if full:
                # What issue and law want gone must not lie on in rows nobody looks at.
                for key in outdated_rows(view, store):
                    yield difference("checkpoint.part.extra", key, f"store:{store.name}", store=store.name)
        except StoreError as error:
            yield difference("store.place.unreachable", store.name, f"store:{store.name}", reason=error.message)
    yield from _ledger_differences(view, reference, reachable, full=full)


def store_differences(
    store: Store, public_keys: Sequence[Ed25519PublicKey], roots: Sequence[x509.Certificate] = ()
) -> Iterator[Difference]:
    """What is wrong with the checkpoints of one store, seen from it alone: nothing else is asked. Flat memory.

    That the newest checkpoints were taken away cannot be seen so. Raises StoreError when the store cannot be read.
    """
    try:
        chain = tuple(checkpoints_in(store, public_keys))
    except CheckpointError as error:
        yield difference("checkpoint.chain.broken", store.name, f"store:{store.name}", reason=error.message)
        return
    if not chain:
        # Nothing stands that could be proven: that is not the same as nothing being wrong.
        yield difference("checkpoint.chain.absent", store.name, f"store:{store.name}")
        return
    yield from _store_differences(store, chain, None, public_keys, full=True, now=None, grace=timedelta(0), alone=True)
    for checkpoint in chain:
        try:
            token = b"".join(store.read(timestamp_key(checkpoint.number)))
        except ObjectMissingError:
            continue
        yield from _judged(token, checkpoint, f"store:{store.name}", roots)


@dataclass
class _Catalogue:
    """The checkpoints as the catalogue has them; ``way`` is proven, and empty when the newest cannot be."""

    view: LedgerReading
    public_keys: Sequence[Ed25519PublicKey]
    lost: Ranges
    newest: int = 0
    way: tuple[VerifiedCheckpoint, ...] = ()

    def look(self) -> Iterator[Difference]:
        """Signature, digest and ``previous`` of every checkpoint; then the way back from the newest whole one."""
        previous: Link | None = ORIGIN
        last = 0
        for noted in noted_checkpoints(self.view, 0):
            if noted.number != last + 1:
                for number in unexplained(last + 1, noted.number - 1, self.lost):
                    yield difference("checkpoint.row.changed", number, "catalogue", reason="missing")
                previous = None
            last = noted.number
            try:
                found = proven(noted.document, noted.number, self.public_keys)
            except CheckpointError as error:
                yield difference("checkpoint.row.changed", noted.number, "catalogue", reason=error.detail)
                previous = None
                continue
            if not noted.repeats(found) or previous not in (None, found.content.previous):
                yield difference("checkpoint.row.changed", noted.number, "catalogue", reason="columns or order")
            previous, self.newest = found.link, noted.number
        self.way = self._back(self.newest)

    def checkpoint(self, number: int) -> VerifiedCheckpoint | None:
        noted = next(noted_checkpoints(self.view, number - 1), None)
        try:
            return proven(noted.document, number, self.public_keys) if noted and noted.number == number else None
        except CheckpointError:
            return None

    def _back(self, number: int) -> tuple[VerifiedCheckpoint, ...]:
        found: list[VerifiedCheckpoint] = []
        while number:
            checkpoint = self.checkpoint(number)
            if checkpoint is None or (found and found[-1].content.since != checkpoint.link):
                return ()
            found.append(checkpoint)
            number = checkpoint.content.since.number
        return tuple(reversed(found))


def _ahead(
    known: _Catalogue, store: Store, chain: Sequence[Checkpoint], now: datetime | None, grace: timedelta
) -> Iterator[Difference]:
    if chain and chain[-1].number > known.newest and not _young(chain[-1], now, grace):
        yield difference(
            "checkpoint.catalogue.behind", chain[-1].number, "catalogue", store=store.name, noted=known.newest
        )


def _young(checkpoint: Checkpoint, now: datetime | None, grace: timedelta) -> bool:
    return now is not None and timedelta(0) <= now - checkpoint.content.at < grace


def _forks(reference: Sequence[Checkpoint], chains: Sequence[Sequence[Checkpoint]]) -> Iterator[Difference]:
    """Two checkpoints of one number, both signed by us: somebody sealed twice, from two states."""
    standing = {checkpoint.number: checkpoint.sha256 for checkpoint in reference}
    told: set[int] = set()
    for chain in chains:
        for checkpoint in chain:
            expected = standing.get(checkpoint.number, checkpoint.sha256)
            if expected != checkpoint.sha256 and checkpoint.number not in told:
                told.add(checkpoint.number)
                yield difference("checkpoint.chain.forked", checkpoint.number, "ledger")


def _store_differences(
    store: Store,
    reference: Sequence[Checkpoint],
    mark: Shipment | None,
    public_keys: Sequence[Ed25519PublicKey],
    *,
    full: bool,
    now: datetime | None,
    grace: timedelta,
    alone: bool = False,
) -> Iterator[Difference]:
    """Each checkpoint of the reference and its parts in ``store``: there, and byte for byte what was signed."""
    behind = f"store:{store.name}"
    shipped = reference[-1].number if alone and reference else mark.number if mark else 0
    verified = 0 if full or mark is None else mark.verified_number
    lacking = [item for item in reference if item.number > shipped and not _young(item, now, grace)]
    if lacking:
        yield difference(
            "checkpoint.shipment.missing",
            lacking[0].number,
            behind,
            store=store.name,
            shipped=shipped,
            newest=reference[-1].number,
        )
    for checkpoint, parts in needed(reference):
        if not verified < checkpoint.number <= shipped:
            continue
        try:
            if checkpoint_in(store, checkpoint.number, public_keys).sha256 != checkpoint.sha256:
                yield difference("checkpoint.object.damaged", checkpoint.number, behind, store=store.name)
        except CheckpointMissingError:
            yield difference("checkpoint.object.missing", checkpoint.number, behind, store=store.name)
        except CheckpointError:
            yield difference("checkpoint.object.damaged", checkpoint.number, behind, store=store.name)
        for part in parts:
            yield from _part_differences(store, part)


def _part_differences(store: Store, part: Part) -> Iterator[Difference]:
    seen = verify_copy(store, part.key, part.sha256, part.size_bytes)
    codes = {
        CopyState.MISSING: "checkpoint.part.missing",
        CopyState.UNREADABLE: "checkpoint.part.unreadable",
        CopyState.MISMATCH: "checkpoint.part.damaged",
    }
    if not seen.ok:
        yield difference(codes[seen.state], part.key, f"store:{store.name}", store=store.name)


def _timestamp_differences(
    view: LedgerReading,
    store: Store,
    known: _Catalogue,
    mark: Shipment | None,
    roots: Sequence[x509.Certificate],
    *,
    full: bool,
) -> Iterator[Difference]:
    for timestamp in timestamps_after(view, 0 if full or mark is None else mark.verified_number):
        checkpoint = known.checkpoint(timestamp.number)
        if checkpoint is not None:
            yield from _judged(timestamp.token, checkpoint, "catalogue", roots)
        if mark is None or timestamp.number > mark.timestamp_number:
            continue
        try:
            if b"".join(store.read(timestamp_key(timestamp.number))) == timestamp.token:
                continue
        except ObjectMissingError:
            pass
        yield difference("checkpoint.timestamp.missing", timestamp.number, f"store:{store.name}", store=store.name)


def _judged(
    token: bytes, checkpoint: Checkpoint, behind: str, roots: Sequence[x509.Certificate]
) -> Iterator[Difference]:
    if not roots:
        return
    try:
        proven_time(token, checkpoint.document, roots)
    except TimestampError as error:
        yield difference("checkpoint.timestamp.invalid", checkpoint.number, behind, reason=error.detail)


def _ledger_differences(
    view: LedgerReading, reference: Sequence[Checkpoint], stores: Sequence[Store], *, full: bool
) -> Iterator[Difference]:
    """The records of the catalogue against those sealed: the first bad one of each segment is named."""
    bad = 0
    for checkpoint in reference:
        row = view.ledger_row(checkpoint.content.ledger_last)
        stands = row is not None and row.hash == checkpoint.content.ledger_hash
        for part in checkpoint.segments if full or not stands else ():
            first = _compared(view, part, stores)
            if first is None:
                yield difference("ledger.seal.unread", part.first, "ledger", last=part.last)
            elif first:
                bad += 1
                code = "ledger.seal.contradicted"
                yield difference(code, first, "ledger", checkpoint=checkpoint.number, last=part.last)
        if bad >= _MOST_SEGMENTS:
            # Rewritten from one record on, nothing behind it can agree: the first ones have been named.
            break
    end = (view.ledger_end() or (0, ""))[0]
    if reference and end < reference[-1].content.ledger_last:
        yield difference("ledger.seal.beyond", end, "ledger", sealed=reference[-1].content.ledger_last)


def _compared(view: LedgerReading, part: Part, stores: Sequence[Store]) -> int | None:
    """The first record of the catalogue that is not the one sealed, 0 when all are; None when no store has the segment."""
    assert part.kind is PartKind.LEDGER
    for store in stores:
        if not verify_copy(store, part.key, part.sha256, part.size_bytes).ok:
            continue
        try:
            return _first_differing(view, part, store)
        except (StoreError, CheckpointError):
            continue
    return None


def _first_differing(view: LedgerReading, part: Part, store: Store) -> int:
    rows = ledger_rows_between(view, part.first - 1, part.last)
    for seq, line in enumerate(lines_of(store, part), part.first):
        row = next(rows, None)
        if row is None or row != _row_of(seq, line):
            return seq
    return 0


def _row_of(seq: int, line: bytes) -> LedgerRow:
    """The row that holds the record of this line."""
    record = read_record(line, hashlib.sha256(line).hexdigest())
    return LedgerRow(seq, record.event, record.subject, record.hash, line.decode("utf-8"))
