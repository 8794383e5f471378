"""Changes to what is known of sealed packages; each with its ledger record in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from archive.catalogue import sealing_tables as s
from archive.catalogue import tables as t
from archive.catalogue.model import Aip, Copy
from archive.catalogue.sealing_model import Sealing
from archive.catalogue.sealing_reading import sealing_of
from archive.catalogue.writing import Transaction
from archive.errors import RecordConflictError
from archive.events import Event
from archive.storage.key import Key


def record_sealing(tx: Transaction, aip_id: str, sealing: Sealing) -> None:
    """That the package is sealed, and how; the ledger record that says it was written carries the same.

    Raises RecordConflictError when it stands otherwise.
    """
    standing = sealing_of(tx, aip_id)
    if standing is None:
        tx.rows(insert(s.sealed_aips).values(aip_id=aip_id, **sealing.as_json()))
    elif standing != sealing:
        raise RecordConflictError("Gói tin đã được ghi nhận với khóa hoặc nội dung khác.", detail=aip_id)


def rewrite_package(
    tx: Transaction,
    before: Aip,
    after: Aip,
    sealing: Sealing | None,
    copies: Iterable[Copy],
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """The package is from now on the object of ``after``, proven in ``copies``; that of ``before`` has to go everywhere.

    Raises RecordConflictError when the row is no longer that of ``before``.
    """
    c = t.aips.c
    changed = tx.rows(
        update(t.aips)
        .where(c.id == before.id, c.sha256 == before.sha256, c.object_key == str(before.object_key))
        .values(
            object_key=str(after.object_key),
            sha256=after.sha256,
            size_bytes=after.size_bytes,
            layout_sha256=after.layout_sha256,
        )
    )
    if not changed.rowcount:
        raise RecordConflictError("Gói tin đã được ghi nhận với nội dung khác.", detail=before.id)
    tx.rows(delete(s.sealed_aips).where(s.sealed_aips.c.aip_id == before.id))
    if sealing is not None:
        tx.rows(insert(s.sealed_aips).values(aip_id=before.id, **sealing.as_json()))
    held = [copy.store for copy in tx.copies(before.id)]
    tx.record_copies(copies)
    if before.object_key != after.object_key:
        leave_object(tx, before.object_key, held, aip_id=before.id, at=at)
    tx.append(
        Event.AIP_PACKAGE_REWRITTEN,
        before.id,
        actor=actor,
        at=at,
        data={
            "aip_id": before.id,
            "submission_id": before.submission_id,
            "sha256": after.sha256,
            "size_bytes": after.size_bytes,
            "layout_sha256": after.layout_sha256,
            "sealed": None if sealing is None else sealing.as_json(),
            "before_sha256": before.sha256,
            "reason": reason,
        },
    )


def note_gone(tx: Transaction, object_key: Key, store: str, *, actor: str, at: datetime) -> bool:
    """The store holds the replaced object no longer; with the last store the ledger says so. True when it was the last."""
    c = s.replaced_objects.c
    row = tx.rows(select(c.aip_id).where(c.object_key == str(object_key), c.store == store)).first()
    if row is None:
        return False
    tx.rows(delete(s.replaced_objects).where(c.object_key == str(object_key), c.store == store))
    if tx.rows(select(c.store).where(c.object_key == str(object_key)).limit(1)).first() is not None:
        return False
    tx.append(
        Event.AIP_REPLACED_REMOVED, row.aip_id, actor=actor, at=at, data={"aip_id": row.aip_id, "key": str(object_key)}
    )
    return True


def leave_object(tx: Transaction, object_key: Key, stores: Iterable[str], *, aip_id: str, at: datetime) -> None:
    """These stores may hold an object that is its package's no longer, or never was: it has to go."""
    c = s.replaced_objects.c
    for store in stores:
        if tx.rows(select(c.store).where(c.object_key == str(object_key), c.store == store)).first() is None:
            tx.rows(insert(s.replaced_objects).values(object_key=str(object_key), store=store, aip_id=aip_id, since=at))
