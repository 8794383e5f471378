"""Reading checkpoints out of a store with nothing but the public key: signature, chain, records, rows; in flat memory."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.catalogue.carried import carried_tables
from archive.catalogue.carried_rows import CarriedRow
from archive.catalogue.checkpoint_reading import last_checkpoint, way_back
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.checkpoints.errors import CheckpointDamagedError, CheckpointMissingError, CheckpointPartError
from archive.checkpoints.placing import part_damaged
from archive.checkpoints.statement import (
    ORIGIN,
    Checkpoint,
    Link,
    Part,
    PartKind,
    checkpoint_key,
    damaged,
    is_signed,
    needed,
    read_checkpoint,
)
from archive.errors import ObjectMissingError
from archive.ledger import Record, follows, read_record
from archive.storage.store import Store

_LARGEST_DOCUMENT = 16 << 20
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint(Checkpoint):
    """A checkpoint whose signature holds and whose place in the chain is proven."""


def numbers_in(store: Store) -> Iterator[int]:
    """The numbers of the checkpoints that lie in ``store``, ascending."""
    for key in store.keys("checkpoint"):
        name = key.segments[-1]
        if name.endswith(".json") and name[:-5].isdigit() and checkpoint_key(int(name[:-5])) == key:
            yield int(name[:-5])


def checkpoint_in(store: Store, number: int, public_keys: Sequence[Ed25519PublicKey]) -> VerifiedCheckpoint:
    """The checkpoint ``number`` of ``store``, its signature proven.

    Raises CheckpointMissingError, CheckpointDamagedError, StoreError when the store cannot be read.
    """
    try:
        if store.size(checkpoint_key(number)) > _LARGEST_DOCUMENT:
            raise damaged(number, "larger than any checkpoint")
        document = b"".join(store.read(checkpoint_key(number)))
    except ObjectMissingError as error:
        raise CheckpointMissingError(
            f"Kho «{store.name}» thiếu điểm niêm phong số {number}.", remedy="Lấy từ một kho khác."
        ) from error
    return proven(document, number, public_keys)


def proven(document: bytes, number: int, public_keys: Sequence[Ed25519PublicKey]) -> VerifiedCheckpoint:
    """What these bytes state, when one of ``public_keys`` signed them as checkpoint ``number``.

    Raises CheckpointDamagedError.
    """
    try:
        found = read_checkpoint(document)
    except CheckpointDamagedError as error:
        raise damaged(number, error.detail) from error
    if found.number != number:
        raise damaged(number, f"states number {found.number}")
    if not is_signed(found, public_keys):
        raise damaged(number, f"not signed by a known key, but by {found.signed_by}")
    return VerifiedCheckpoint(found.content, found.document, found.sha256, found.signed_by)


def checkpoints_in(
    store: Store, public_keys: Sequence[Ed25519PublicKey], *, newest: int | None = None
) -> Iterator[VerifiedCheckpoint]:
    """The fewest checkpoints of ``store`` that leave nothing out, from the first to its newest (or ``newest``), each
    proven: signed by one of ``public_keys``, and named by its number and SHA-256 in the one after it.

    None when the store has no checkpoint. Raises CheckpointDamagedError or CheckpointMissingError, which name the number,
    before anything is yielded: what is yielded is one whole chain. That newer ones were taken away cannot be seen from
    one store alone.
    """
    number = max(numbers_in(store), default=0) if newest is None else newest
    found: list[VerifiedCheckpoint] = []
    expected: Link | None = None
    while number:
        checkpoint = checkpoint_in(store, number, public_keys)
        if expected is not None and checkpoint.link != expected:
            raise damaged(number, "other bytes than the next checkpoint names")
        found.append(checkpoint)
        expected = checkpoint.content.since
        number = expected.number
    yield from reversed(found)


def proven_way(view: LedgerReading, public_keys: Sequence[Ed25519PublicKey]) -> tuple[VerifiedCheckpoint, ...]:
    """The same of the catalogue's own rows: the way back from the newest, each proven and named by the next.

    Empty when there is none. Raises CheckpointError.
    """
    newest = last_checkpoint(view)
    way = way_back(view, newest) if newest else ()
    expected = ORIGIN
    for checkpoint in way:
        if checkpoint.content.since != expected:
            raise damaged(checkpoint.number, "in the catalogue: goes back to other bytes than stand there")
        expected = checkpoint.link
    return tuple(proven(item.document, item.number, public_keys) for item in way)


def records_in(store: Store, checkpoint: Checkpoint) -> Iterator[Record]:
    """The records that ``checkpoint`` adds to the one it goes back to, each proven to follow the one before.

    That they are the ones that were signed is known only when the iterator has ended: keep nothing before that. Raises
    CheckpointPartError, StoreError.
    """
    last = (checkpoint.content.since.ledger_last, checkpoint.content.since.ledger_hash)
    for part in checkpoint.segments:
        for line in lines_of(store, part):
            record = _record(line)
            if record is None or not follows(record, last):
                raise part_damaged(part, store.name, f"record {last[0] + 1} does not follow")
            last = (record.seq, record.hash)
            yield record
    if last != (checkpoint.content.ledger_last, checkpoint.content.ledger_hash):
        raise CheckpointPartError(
            f"Các bản ghi trong kho «{store.name}» không dẫn tới điểm niêm phong số {checkpoint.number}.",
            remedy="Lấy bản còn nguyên từ một kho khác.",
            detail=f"found {last}",
        )


def rows_in(store: Store, checkpoints: Iterable[Checkpoint], *, scratch: Path | None = None) -> Iterator[CarriedRow]:
    """Each row as the last of ``checkpoints`` (ascending, as ``checkpoints_in`` gives them) left it; deleted ones are
    not among them. Tables come in an order in which rows may be put back, those this version does not know at the end.

    Nothing is yielded before every object it is taken from was proven by its digest. Memory is flat: rows wait in a
    database of their own, which is gone with the iterator. Raises CheckpointPartError, StoreError.
    """
    order = {table.name: place for place, table in enumerate(carried_tables())}
    waiting = sqlite3.connect("" if scratch is None else str(scratch / "rows.sqlite"))
    try:
        waiting.execute("PRAGMA journal_mode = OFF")
        waiting.execute("PRAGMA synchronous = OFF")
        waiting.execute(
            "CREATE TABLE kept (place INTEGER, name TEXT, key TEXT, line BLOB, PRIMARY KEY (place, name, key)) "
            "WITHOUT ROWID"
        )
        for _, parts in needed(checkpoints):
            for part in (part for part in parts if part.kind is PartKind.ROWS):
                for lines in pieces(lines_of(store, part), _AT_ONCE):
                    rows = [(_row(line, part, store), line) for line in lines]
                    waiting.executemany(
                        "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
                        (
                            (order.get(row.table, len(order)), row.table, json.dumps(row.key), line)
                            for row, line in rows
                        ),
                    )
        for (line,) in waiting.execute("SELECT line FROM kept ORDER BY place, name, key"):
            row = _carried(json.loads(line))
            if row.row is not None:
                yield row
    finally:
        waiting.close()
        if scratch is not None:
            (scratch / "rows.sqlite").unlink(missing_ok=True)


def lines_of(store: Store, part: Part) -> Iterator[bytes]:
    """The lines of ``part`` without their ends; after the last one, the digest of all is compared.

    Raises CheckpointPartError at the latest when the lines have ended.
    """
    digest, size, lines, rest = hashlib.sha256(), 0, 0, b""
    try:
        for piece in store.read(part.key):
            digest.update(piece)
            size += len(piece)
            if size > part.size_bytes:
                raise part_damaged(part, store.name, "longer than stated")
            *whole, rest = (rest + piece).split(b"\n")
            lines += len(whole)
            yield from whole
    except ObjectMissingError as error:
        raise part_damaged(part, store.name, "missing") from error
    stated = part.last if part.first == 0 else part.last - part.first + 1
    if (digest.hexdigest(), size, rest, lines) != (part.sha256, part.size_bytes, b"", stated):
        raise part_damaged(part, store.name, f"found {size} bytes {digest.hexdigest()}")


def _record(line: bytes) -> Record | None:
    try:
        return read_record(line, hashlib.sha256(line).hexdigest())
    except ValueError:
        return None


def _row(line: bytes, part: Part, store: Store) -> CarriedRow:
    try:
        return _carried(json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        raise part_damaged(part, store.name, "a line that is no row") from error


def _carried(value: Any) -> CarriedRow:
    if not isinstance(value["table"], str) or not isinstance(value["row"], dict | None):
        raise ValueError("not a row")
    return CarriedRow(value["table"], tuple(value["key"]), value["row"])
