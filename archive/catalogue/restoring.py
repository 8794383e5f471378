"""What only a catalogue made anew is given: ledger records as they were, rows behind their packages, secrets by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from archive.catalogue import tables as t
from archive.catalogue.carried import FROM_PACKAGES, carried_tables
from archive.catalogue.carried_rows import CarriedRow
from archive.catalogue.checkpoint_tables import row_changes
from archive.catalogue.checkpoint_writing import adopt_checkpoint, count_changes_on, put_rows
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.model import Aip, Document, ValidationMaterial
from archive.catalogue.pieces import pieces
from archive.catalogue.rights_tables import accounts, tokens
from archive.catalogue.rows import aip_row, document_row
from archive.catalogue.tables import metadata
from archive.catalogue.writing import Transaction
from archive.checkpoints.statement import Checkpoint
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import Record

_AT_ONCE = 500


def put_records(tx: Transaction, records: Iterable[Record]) -> None:
    """Records behind the last one there is, in order, byte for byte; the database itself refuses a gap."""
    for some in pieces(records, _AT_ONCE):
        rows = [
            {
                "seq": record.seq,
                "event": record.event,
                "subject": record.subject,
                "hash": record.hash,
                "body": record.body.decode("utf-8"),
            }
            for record in some
        ]
        tx.rows(insert(t.ledger), rows)
        end = {"seq": some[-1].seq, "hash": some[-1].hash}
        if not tx.rows(update(t.ledger_end).values(end)).rowcount:
            tx.rows(insert(t.ledger_end).values(id=1, **end))


def stands_behind_packages(table: str) -> bool:
    """Whether rows of this carried table refer to packages, directly or through others: they come back after them."""
    return table in _behind_packages()


@cache
def _behind_packages() -> frozenset[str]:
    found = set(FROM_PACKAGES)
    for table in metadata.sorted_tables:
        if any(key.column.table.name in found for key in table.foreign_keys):
            found.add(table.name)
    return frozenset(found) & {table.name for table in carried_tables()}


def put_carried(tx: Transaction, rows: Iterable[CarriedRow]) -> int:
    """Rows as they were carried; tells how many. Secrets get values that let nobody in."""
    return put_rows(tx, rows)


def put_packages(
    tx: Transaction, packages: Iterable[tuple[Aip, Iterable[Document], Iterable[ValidationMaterial]]]
) -> int:
    """The rows of packages that are not in the catalogue yet, some hundred at a time; tells how many documents.

    Documents are streamed: a package may have any number of them.
    """
    total = 0
    for some in pieces(packages, _AT_ONCE):
        _insert(tx, t.aips, (aip_row(aip) | {"document_count": aip.document_count} for aip, _, _ in some))
        documents = (document for _, held, _ in some for document in held)
        for few in pieces(documents, _AT_ONCE):
            total += len(few)
            _insert(tx, t.documents, map(document_row, few))
            _insert(tx, t.revisions, (row for document in few for row in _revision_rows(document)))
        material = [(aip.id, item) for aip, _, items in some for item in items]
        _put_material(tx, {item.sha256: item for _, item in material})
        links = dict.fromkeys((aip_id, item.sha256) for aip_id, item in material)
        _insert(tx, t.aip_validation, ({"aip_id": aip_id, "sha256": sha256} for aip_id, sha256 in links))
    return total


def _put_material(tx: Transaction, material: Mapping[str, ValidationMaterial]) -> None:
    c = t.validation_material.c
    for few in pieces(material.values(), _AT_ONCE):
        known = set(tx.rows(select(c.sha256).where(c.sha256.in_([item.sha256 for item in few]))).scalars())
        _insert(tx, t.validation_material, (_material_row(item) for item in few if item.sha256 not in known))


def _material_row(item: ValidationMaterial) -> dict[str, Any]:
    return {"sha256": item.sha256, "sha512": item.sha512, "kind": item.kind, "size_bytes": item.size_bytes}


def _revision_rows(document: Document) -> Iterable[dict[str, Any]]:
    for revision in dict.fromkeys(document.revisions):
        of = {"aip_id": document.aip_id, "ordinal": document.ordinal}
        yield of | {"length_bytes": revision.length_bytes, "sha256": revision.sha256}


def _insert(tx: Transaction, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        tx.rows(insert(table), values)


def has_checkpoint(view: LedgerReading, number: int) -> bool:
    table = metadata.tables["checkpoints"]
    return view.rows(select(table.c.number).where(table.c.number == number)).first() is not None


def put_checkpoint(tx: Transaction, checkpoint: Checkpoint) -> None:
    """A checkpoint as it lies in a store; there already is fine."""
    if not has_checkpoint(tx, checkpoint.number):
        adopt_checkpoint(tx, checkpoint)


def forget_changes(tx: Transaction, last_change: int) -> None:
    """Nothing has changed since the last checkpoint, and the next change is counted on from there."""
    tx.rows(delete(row_changes))
    count_changes_on(tx, last_change)


def note_copy(tx: Transaction, aip_id: str, store: str, state: CopyState, at: Any) -> bool:
    """What was now seen of a copy that was not right; False when no such copy is recorded. ``ok_at`` stays."""
    c = t.copies.c
    changed = update(t.copies).where(c.aip_id == aip_id, c.store == store, c.state != state.value)
    return bool(tx.rows(changed.values(state=state.value, verified_at=at)).rowcount)


def raise_registration(tx: Transaction, year: int, number: int) -> None:
    """No number up to ``number`` is given again in ``year``."""
    if last_registration(tx, year) < number:
        tx._put(t.registration_numbers, {"year": year}, {"last": number})


def last_registration(view: LedgerReading, year: int) -> int:
    """The last number given in ``year``; 0 for none."""
    c = t.registration_numbers.c
    return int(view.rows(select(c.last).where(c.year == year)).scalar() or 0)


def password_hashes(view: LedgerReading) -> dict[str, str]:
    """The hash of each account that has a password: for the encrypted backup of secrets alone."""
    c = accounts.c
    return {
        row.id: row.password_hash
        for row in view.rows(select(c.id, c.password_hash).where(c.password_hash.is_not(None)))
    }


def token_digests(view: LedgerReading) -> dict[str, str]:
    """The digest of the secret of each token not revoked: for the encrypted backup of secrets alone."""
    c = tokens.c
    return {row.id: row.secret_sha256 for row in view.rows(select(c.id, c.secret_sha256).where(c.revoked_at.is_(None)))}


def put_secrets(
    tx: Transaction, passwords: Mapping[str, str], digests: Mapping[str, str], made_at: datetime
) -> tuple[int, int]:
    """Gives accounts and tokens the secrets back that they had at ``made_at``, where they have none; tells how many of
    each found their row.

    A password set since is not touched, one that was changed since does not come back (it may have been changed because
    others knew it), and what was revoked stays so.
    """
    a, k = accounts.c, tokens.c
    given = 0
    for name, value in passwords.items():
        changed = tx.record_of(name, Event.ACCOUNT_PASSWORD_CHANGED)
        if changed is None or changed.at <= made_at:
            lacking = update(accounts).where(a.id == name, a.password_hash.is_(None))
            given += tx.rows(lacking.values(password_hash=value)).rowcount
    opened = sum(
        tx.rows(update(tokens).where(k.id == name, k.secret_sha256.like("lost:%")).values(secret_sha256=value)).rowcount
        for name, value in digests.items()
    )
    return given, opened


def lost_tokens(view: LedgerReading) -> tuple[str, ...]:
    """Tokens that are not revoked and that nobody can use: their secrets did not come back."""
    c = tokens.c
    query = select(c.id).where(c.revoked_at.is_(None), c.secret_sha256.like("lost:%")).order_by(c.id)
    return tuple(view.rows(query).scalars())


def drop_cursors(tx: Transaction, head: str) -> None:
    """Forgets how far those whose names begin with ``head`` had come."""
    tx.rows(delete(t.cursors).where(t.cursors.c.name.startswith(head, autoescape=True)))
