"""Damaged bytes that were put aside go when their time is over: never while anything of their package is still bad."""

from __future__ import annotations

from collections.abc import Sequence

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.repair_model import KeptAside
from archive.catalogue.repair_reading import asides_due
from archive.catalogue.repair_writing import note_dropped
from archive.errors import StoreError
from archive.events import Event
from archive.repair.records import adopt_unknown
from archive.repair.terms import Terms
from archive.storage.key import Key
from archive.storage.store import Aside, Store

AT_ONCE = 100


def drop_due(catalogue: Catalogue, stores: Sequence[Store], terms: Terms, *, adopting: bool = True) -> int:
    """Removes what has lain aside for its time, at most some hundred of each store; tells how many.

    The time noted is the intent; the bytes go, are looked for, and only then catalogue and ledger say they are gone.
    ``adopting``: what lies aside and nobody noted is noted first, which asks a store for all it has aside. A store that
    is away keeps its own until it is back.
    """
    dropped = 0
    for store in stores:
        try:
            if adopting:
                adopt_unknown(catalogue, store.name, list(store.aside()), terms)
            with catalogue.read() as view:
                due = asides_due(view, store.name, terms.now(), AT_ONCE)
            for item in due:
                if terms.stopping():
                    return dropped
                dropped += _dropped(catalogue, store, item, terms)
        except StoreError:
            continue
    return dropped


def _dropped(catalogue: Catalogue, store: Store, item: KeptAside, terms: Terms) -> bool:
    lying = _lying(store, item)
    if lying is not None:
        store.drop_aside(lying)
        if _lying(store, item) is not None:
            return False
    at = terms.now()
    with catalogue.transaction() as tx:
        if note_dropped(tx, store.name, item.name, at):
            tx.append(
                Event.AIP_DAMAGE_REMOVED,
                item.aip_id or str(Key(item.object_key)),
                actor=terms.actor,
                at=at,
                data={
                    "aip_id": item.aip_id,
                    "store": store.name,
                    "aside": item.name,
                    "sha256": item.sha256,
                    "size_bytes": item.size_bytes,
                },
            )
    return lying is not None


def _lying(store: Store, item: KeptAside) -> Aside | None:
    return next((aside for aside in store.aside(Key(item.object_key)) if aside.name == item.name), None)
