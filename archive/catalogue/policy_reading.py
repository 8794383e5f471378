"""Questions about storage policies, places, and copies that are awaited; each answered from an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_, select, tuple_

from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.policy_model import AdoptedPolicy, AwaitedCopy, MediumMove, MoveKind, StorePlace
from archive.catalogue.policy_tables import medium_moves, storage_places, storage_policies
from archive.catalogue.reading import ASKED_AT_ONCE, Reading
from archive.catalogue.rows import AnyRow
from archive.storage.key import Key

# Said in so many words: an index over part of the rows is only used where the statement says which part.
AWAITED: ColumnElement[Any] = literal_column("'awaited'")
OK: ColumnElement[Any] = literal_column("'ok'")


def adopted_policy(view: LedgerReading) -> AdoptedPolicy | None:
    """The policy that stands: the one with the highest version; None before the first."""
    row = view.rows(select(storage_policies).order_by(storage_policies.c.version.desc()).limit(1)).first()
    return None if row is None else _policy(row)


def policy_version(view: LedgerReading) -> int:
    """The version of the policy that stands; 0 before the first."""
    standing = adopted_policy(view)
    return 0 if standing is None else standing.version


def adopted_version(view: Reading, version: int) -> AdoptedPolicy | None:
    row = view.rows(select(storage_policies).where(storage_policies.c.version == version)).first()
    return None if row is None else _policy(row)


def store_places(view: Reading) -> tuple[StorePlace, ...]:
    """Every store there is or was, by name."""
    rows = view.rows(select(storage_places).order_by(storage_places.c.name))
    return tuple(StorePlace(row.name, row.added_at, row.filled_after is None, row.retired_at) for row in rows)


def store_place(view: Reading, name: str) -> StorePlace | None:
    return next((place for place in store_places(view) if place.name == name), None)


def awaited_copies(
    view: Reading, store: str, limit: int, after: tuple[datetime, str] | None = None
) -> tuple[AwaitedCopy, ...]:
    """What ``store`` still has to get, the longest awaited first, from behind ``after`` (since, aip id) on."""
    c = t.copies.c
    chosen = select(c.aip_id, c.verified_at).where(c.state == AWAITED, c.store == store)
    if after is not None:
        chosen = chosen.where(
            or_(c.verified_at > after[0], and_(c.verified_at == after[0], c.aip_id > after[1])),
            c.verified_at >= after[0],
        )
    some = chosen.order_by(c.verified_at, c.aip_id).limit(limit).subquery()
    a = t.aips.c
    query = (
        select(
            some.c.aip_id, a.submission_id, some.c.verified_at, a.object_key, a.sha256, a.size_bytes, a.layout_sha256
        )
        .join(t.aips, a.id == some.c.aip_id)
        .order_by(some.c.verified_at, some.c.aip_id)
    )
    return tuple(
        AwaitedCopy(
            row.aip_id,
            row.submission_id,
            store,
            row.verified_at,
            Key(row.object_key),
            row.sha256,
            row.size_bytes,
            row.layout_sha256,
        )
        for row in view.rows(query)
    )


def awaited_count(view: Reading, store: str, at_most: int) -> int:
    """How many copies ``store`` still has to get; ``at_most`` when there are that many or more."""
    c = t.copies.c
    some = select(c.aip_id).where(c.state == AWAITED, c.store == store).limit(at_most).subquery()
    return int(view.rows(select(func.count()).select_from(some)).scalar_one())


def awaited_since(view: Reading, store: str) -> datetime | None:
    """Since when the longest awaited copy of ``store`` is awaited; None when nothing is."""
    c = t.copies.c
    query = select(c.verified_at).where(c.state == AWAITED, c.store == store).order_by(c.verified_at).limit(1)
    row = view.rows(query).first()
    return None if row is None else row.verified_at


def read_span(view: Reading, store: str) -> tuple[datetime, datetime] | None:
    """When the copy in ``store`` that was looked at longest ago was, and when the last one was; None without any."""
    c = t.copies.c
    query = select(c.verified_at).where(c.state != AWAITED, c.store == store).limit(1)
    first = view.rows(query.order_by(c.verified_at)).first()
    last = view.rows(query.order_by(c.verified_at.desc())).first()
    return None if first is None or last is None else (first.verified_at, last.verified_at)


def bad_count(view: Reading, store: str, at_most: int) -> int:
    """Copies in ``store`` that are neither proven nor awaited; ``at_most`` when there are that many or more."""
    c = t.copies.c
    some = select(c.aip_id).where(c.state != OK, c.store == store, c.state != AWAITED).limit(at_most).subquery()
    return int(view.rows(select(func.count()).select_from(some)).scalar_one())


def proven_stores(view: Reading, aip_id: str) -> tuple[str, ...]:
    """The stores whose copy of this package was proven when it was last looked at, by name."""
    c = t.copies.c
    query = select(c.store).where(c.aip_id == aip_id, c.state == OK).order_by(c.store)
    return tuple(row.store for row in view.rows(query))


def short_of_copies(view: Reading, stores: Collection[str], least: int, limit: int = 100) -> tuple[str, ...]:
    """Stored packages that have fewer than ``least`` proven copies in ``stores``, some of them.

    ``least`` is at most the number of stores: then only packages with a copy there that is not proven need be looked
    at, page by page in the order of the index over those.
    """
    assert least <= len(stores), "no package could ever have enough"
    names, found = sorted(stores), dict[str, None]()
    for name in names:
        after = ("", "")
        while len(found) < limit and (page := _unproven(view, name, after)):
            after = page[-1]
            ids = [aip_id for _, aip_id in page]
            proven = _proven_counts(view, names, ids)
            found |= dict.fromkeys(aip_id for aip_id in ids if proven.get(aip_id, 0) < least)
    return tuple(found)[:limit]


def _unproven(view: Reading, store: str, after: tuple[str, str]) -> list[tuple[str, str]]:
    c = t.copies.c
    query = select(c.state, c.aip_id).where(c.state != OK, c.store == store)
    query = query.where(tuple_(c.state, c.aip_id) > tuple_(literal(after[0]), literal(after[1])))
    return [(row.state, row.aip_id) for row in view.rows(query.order_by(c.state, c.aip_id).limit(ASKED_AT_ONCE))]


def _proven_counts(view: Reading, stores: Collection[str], aip_ids: Collection[str]) -> Mapping[str, int]:
    c = t.copies.c
    query = select(c.aip_id, func.count()).where(c.aip_id.in_(aip_ids), c.store.in_(stores), c.state == OK)
    return {aip_id: int(count) for aip_id, count in view.rows(query.group_by(c.aip_id))}


def proven_since(view: Reading, stores: Collection[str], since: datetime) -> Mapping[str, tuple[int, int]]:
    """For each store: how many of its copies were read whole at ``since`` or later, and their bytes."""
    c = t.copies.c
    query = (
        select(c.store, func.count(), func.coalesce(func.sum(c.size_bytes), 0))
        .where(c.state != AWAITED, c.state == OK, c.store.in_(sorted(stores)), c.verified_at >= since)
        .group_by(c.store)
    )
    return {store: (int(count), int(size)) for store, count, size in view.rows(query)}


def unfilled(view: Reading) -> tuple[str, ...]:
    """Stores for which some packages may have no row yet."""
    c = storage_places.c
    query = select(c.name).where(c.filled_after.is_not(None), c.retired_at.is_(None)).order_by(c.name)
    return tuple(row.name for row in view.rows(query))


def recorded_copies(view: Reading, store: str, limit: int) -> tuple[str, ...]:
    """The packages of which some copy in ``store`` is recorded, in whatever state; ``limit`` of them at most."""
    c = t.copies.c
    found: list[str] = []
    # One statement for each part of the rows that has an index.
    for part in (c.state == AWAITED, c.state != AWAITED):
        query = select(c.aip_id).where(part, c.store == store).limit(limit - len(found))
        found += [row.aip_id for row in view.rows(query)] if len(found) < limit else []
    return tuple(found)


def move_under_way(view: Reading, store: str, kind: MoveKind) -> MediumMove | None:
    """The one begun and not ended, if any."""
    c = medium_moves.c
    query = select(medium_moves).where(c.store == store, c.kind == kind.value, c.ended_at.is_(None))
    row = view.rows(query.order_by(c.began_at.desc()).limit(1)).first()
    return None if row is None else _move(row)


def moves(view: Reading, limit: int = 100) -> Sequence[MediumMove]:
    """The newest first."""
    c = medium_moves.c
    rows = view.rows(select(medium_moves).order_by(c.began_at.desc(), c.id).limit(limit))
    return tuple(map(_move, rows))


def open_moves(view: LedgerReading) -> tuple[MediumMove, ...]:
    """Stores that are on their way to another medium, by name."""
    c = medium_moves.c
    query = select(medium_moves).where(c.kind == MoveKind.MEDIUM.value, c.ended_at.is_(None))
    return tuple(map(_move, view.rows(query.order_by(c.store, c.id))))


def ended_moves(view: LedgerReading) -> tuple[MediumMove, ...]:
    """Every move, and every retirement of a store, that came to an end, whatever end, the oldest first."""
    c = medium_moves.c
    return tuple(map(_move, view.rows(select(medium_moves).where(c.ended_at.is_not(None)).order_by(c.ended_at, c.id))))


def move(view: Reading, move_id: str) -> MediumMove | None:
    row = view.rows(select(medium_moves).where(medium_moves.c.id == move_id)).first()
    return None if row is None else _move(row)


def _policy(row: AnyRow) -> AdoptedPolicy:
    return AdoptedPolicy(row.version, row.sha256, row.text, row.adopted_at, row.adopted_by)


def _move(row: AnyRow) -> MediumMove:
    return MediumMove(
        row.id,
        row.store,
        MoveKind(row.kind),
        row.began_at,
        row.began_by,
        row.old_place,
        row.new_place,
        row.from_seq,
        row.after_key,
        row.objects,
        row.size_bytes,
        row.ended_at,
        row.report,
    )
