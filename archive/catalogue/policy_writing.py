"""Changes to storage policies, places and awaited copies, each inside the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from archive.catalogue import tables as t
from archive.catalogue.model import Copy
from archive.catalogue.policy_model import MediumMove
from archive.catalogue.policy_reading import OK, recorded_copies, store_place
from archive.catalogue.policy_tables import medium_moves, storage_places, storage_policies
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import Record
from archive.storage_policy import StoragePolicy


def adopt(tx: Transaction, policy: StoragePolicy, *, actor: str, at: datetime, data: Mapping[str, Any]) -> Record:
    """The policy stands from now on, its new stores with it; whether it may is for the caller to have asked."""
    tx.rows(
        insert(storage_policies).values(
            version=policy.version, sha256=policy.sha256, text=policy.text, adopted_at=at, adopted_by=actor
        )
    )
    begins = None if tx.rows(select(t.aips.c.id).limit(1)).first() is None else ""
    for store in policy.stores:
        place = store_place(tx, store.name)
        if place is not None and place.retired_at is None:
            continue
        values = {"added_at": at, "filled_after": begins, "retired_at": None}
        if place is None:
            tx.rows(insert(storage_places).values(name=store.name, **values))
        else:
            tx.rows(update(storage_places).where(storage_places.c.name == store.name).values(values))
        tx.append(
            Event.STORE_PLACE_ADDED,
            store.name,
            actor=actor,
            at=at,
            data={"store": store.name, "kind": store.kind.value, "required": store.required},
        )
    return tx.append(
        Event.STORE_POLICY_ADOPTED,
        f"policy:{policy.version}",
        actor=actor,
        at=at,
        data={"version": policy.version, "sha256": policy.sha256, **data},
    )


def fill(tx: Transaction, store: str, at: datetime, limit: int = 1000) -> bool:
    """The next ``limit`` packages get a row for ``store``, awaited where they had none; False when all have one.

    Only packages with a proven copy somewhere: those on their way get their rows when they are stored.
    """
    place = storage_places.c
    after = tx.rows(select(place.filled_after).where(place.name == store)).scalar()
    if after is None:
        return False
    ids = [row.id for row in tx.rows(select(t.aips.c.id).where(t.aips.c.id > after).order_by(t.aips.c.id).limit(limit))]
    if ids:
        c = t.copies.c
        some = c.aip_id.between(ids[0], ids[-1])
        held = {row.aip_id for row in tx.rows(select(c.aip_id).where(some, c.store == store))}
        proven = {row.aip_id for row in tx.rows(select(c.aip_id).where(some, c.state == OK))}
        tx.record_copies(
            Copy(aip_id, store, CopyState.AWAITED, at) for aip_id in ids if aip_id in proven and aip_id not in held
        )
    filled = ids[-1] if len(ids) == limit else None
    tx.rows(update(storage_places).where(place.name == store).values(filled_after=filled))
    return filled is not None


def copy_added(tx: Transaction, copy: Copy, *, source: str, actor: str, data: Mapping[str, Any]) -> Record:
    """An awaited copy was read back whole: its row says so, and the ledger."""
    tx.record_copies([copy])
    return tx.append(
        Event.AIP_COPY_ADDED,
        copy.aip_id,
        actor=actor,
        at=copy.verified_at,
        data={"aip_id": copy.aip_id, "store": copy.store, "source": source, **data},
    )


def retire(tx: Transaction, store: str, *, actor: str, at: datetime, data: Mapping[str, Any]) -> Record:
    """The store may be left out of the next policy."""
    tx.rows(update(storage_places).where(storage_places.c.name == store).values(retired_at=at, filled_after=None))
    return tx.append(Event.STORE_PLACE_RETIRED, store, actor=actor, at=at, data={"store": store, **data})


def forget_copies(tx: Transaction, store: str, limit: int = 1000) -> bool:
    """The next ``limit`` rows of a store that left the archive are gone; False when there were none."""
    c = t.copies.c
    ids = recorded_copies(tx, store, limit)
    if ids:
        tx.rows(delete(t.copies).where(c.store == store, c.aip_id.in_(ids)))
    return bool(ids)


def begin_move(tx: Transaction, move: MediumMove) -> None:
    tx.rows(
        insert(medium_moves).values(
            id=move.id,
            store=move.store,
            kind=move.kind.value,
            began_at=move.began_at,
            began_by=move.began_by,
            old_place=dict(move.old_place),
            new_place=dict(move.new_place),
            from_seq=move.from_seq,
            after_key=move.after_key,
            objects=move.objects,
            size_bytes=move.size_bytes,
            ended_at=None,
            report=None,
        )
    )


def move_came_to(tx: Transaction, move: MediumMove) -> None:
    """How far the move has come: ``after_key``, ``objects`` and ``size_bytes`` in all, and what is to be remembered."""
    values = {
        "after_key": move.after_key,
        "objects": move.objects,
        "size_bytes": move.size_bytes,
        "report": None if move.report is None else dict(move.report),
    }
    tx.rows(update(medium_moves).where(medium_moves.c.id == move.id).values(values))


def end_move(tx: Transaction, move_id: str, at: datetime, report: Mapping[str, Any]) -> None:
    values = {"ended_at": at, "report": dict(report)}
    tx.rows(update(medium_moves).where(medium_moves.c.id == move_id).values(values))
