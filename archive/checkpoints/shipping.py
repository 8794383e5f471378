"""Bringing to each store what it lacks of the checkpoints, in order; a store that is away gets it when it is back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import (
    Timestamp,
    shipments,
    timestamps_after,
    way_back,
)
from archive.catalogue.checkpoint_writing import drop_lease, record_shipment, record_timestamp_shipment
from archive.checkpoints.errors import CheckpointConflictError, CheckpointError
from archive.checkpoints.gathering import whole_part
from archive.checkpoints.placing import file_pieces, place
from archive.checkpoints.statement import Checkpoint, Part, needed, timestamp_key
from archive.digest import digests_of
from archive.errors import LuutruError, ObjectExistsError, StoreError
from archive.storage.store import Store


@dataclass(frozen=True, slots=True)
class Shipped:
    """How far a store has come: ``number``, and what kept it from going on."""

    store: str
    number: int
    error: LuutruError | None = None


def ship(
    catalogue: Catalogue,
    stores: Sequence[Store],
    newest: Checkpoint | None,
    *,
    at: datetime,
    sources: Sequence[Store] = (),
    placed: Collection[str] = (),
    only_following: bool = False,
    ends: str = "",
) -> tuple[Shipped, ...]:
    """Each store gets all it lacks up to ``newest``, every object read back; side by side, nothing raised for a store.

    Only what is needed goes there: what a later checkpoint of a longer span replaces is passed over. ``sources``: where
    parts may be taken from besides the catalogue. ``placed``: stores that have the parts of ``newest`` already;
    ``only_following``: those that lack more than ``newest`` are left for another time. ``ends``: whose turn of sealing is
    over with it.
    """
    if newest is None:
        return ()
    with catalogue.read() as view:
        marks = shipments(view)
        at_mark = {store.name: marks[store.name].number if store.name in marks else 0 for store in stores}
        plans = {
            store.name: way_back(view, newest, at_mark[store.name])
            for store in stores
            if not only_following or at_mark[store.name] >= newest.number - 1
        }
        stamps = {
            store.name: tuple(timestamps_after(view, marks[store.name].timestamp_number if store.name in marks else 0))
            for store in stores
        }
    run = _Run(catalogue, tuple(sources) or tuple(stores), newest, frozenset(placed))
    going = [store for store in stores if plans.get(store.name) or (store.name in plans and stamps[store.name])]
    with ThreadPoolExecutor(max(1, len(going))) as pool:
        done = list(pool.map(lambda store: run.bring(store, plans[store.name], stamps[store.name]), going))
    if any(number or stamp for number, stamp, _ in done):
        with catalogue.transaction() as tx:
            for store, (number, stamp, _) in zip(going, done, strict=True):
                if number:
                    record_shipment(tx, store.name, number, at)
                if stamp:
                    record_timestamp_shipment(tx, store.name, stamp)
            if ends:
                drop_lease(tx, ends)
    found = {store.name: result for store, result in zip(going, done, strict=True)}
    return tuple(
        Shipped(store.name, max(at_mark[store.name], found[store.name][0]), found[store.name][2])
        if store.name in found
        else Shipped(store.name, at_mark[store.name])
        for store in stores
    )


@dataclass(frozen=True)
class _Run:
    catalogue: Catalogue
    sources: tuple[Store, ...]
    newest: Checkpoint
    placed: frozenset[str]

    def bring(
        self, store: Store, plan: tuple[Checkpoint, ...], stamps: tuple[Timestamp, ...]
    ) -> tuple[int, int, LuutruError | None]:
        number = stamp = 0
        try:
            for checkpoint, parts in needed(plan):
                self._bring_one(store, checkpoint, parts)
                number = checkpoint.number
            for timestamp in stamps:
                digests = digests_of([timestamp.token])
                place(store, timestamp_key(timestamp.number), [timestamp.token], digests.sha256, digests.size_bytes)
                stamp = timestamp.number
        except (StoreError, CheckpointError) as error:
            return number, stamp, error
        return number, stamp, None

    def _bring_one(self, store: Store, checkpoint: Checkpoint, parts: Sequence[Part]) -> None:
        if not (checkpoint.number == self.newest.number and store.name in self.placed):
            for part in parts:
                self._bring_part(store, part)
        try:
            place(store, checkpoint.key, [checkpoint.document], checkpoint.sha256, len(checkpoint.document))
        except ObjectExistsError as error:
            raise conflict(store, checkpoint.number) from error

    def _bring_part(self, store: Store, part: Part) -> None:
        with whole_part(self.catalogue, self.sources, part) as path:
            place(store, part.key, file_pieces(path), part.sha256, part.size_bytes)


def conflict(store: Store, number: int) -> CheckpointConflictError:
    return CheckpointConflictError(
        f"Kho «{store.name}» đã có điểm niêm phong số {number} với nội dung khác.",
        remedy="Danh mục có thể đã được khôi phục từ bản cũ: chạy «luutru ledger verify --full» trước khi làm tiếp.",
    )
