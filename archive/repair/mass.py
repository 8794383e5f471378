"""When very many copies of a store are bad at once it is not damage that happened, but perhaps the wrong store.

An emptied or swapped medium, a mistaken address: before anything is written there a person has to look. Recorded states
alone come too late (an audit finds one copy after the other), so some copies called whole are looked for besides.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.repair_model import IncidentKind, IncidentOutcome
from archive.catalogue.repair_reading import has_copies, open_incident, red_copies, whole_copies
from archive.errors import ObjectMissingError, StoreError
from archive.repair.copying import is_there
from archive.repair.incidents import ended, opened
from archive.repair.terms import Terms
from archive.storage.store import Store


@dataclass(frozen=True, slots=True)
class MassLimit:
    """Repair of a store pauses when nothing is in it though it had more than one copy; when more than ``count`` copies
    and more than one in ``one_in`` are bad; or when, of copies called whole that are looked for, more than one in
    ``one_in`` (and at least ``probed_least``) are not there.
    """

    count: int = 50
    one_in: int = 5
    places: int = 8
    probes: int = 64
    probed_least: int = 5


def random_place() -> str:
    """Somewhere among all ids."""
    return str(uuid.uuid4())


def may_heal(
    catalogue: Catalogue,
    store: Store,
    terms: Terms,
    limit: MassLimit | None = None,
    place: Callable[[], str] = random_place,
) -> bool:
    """Whether copies in ``store`` may be replaced now: it is there, and it is not so bad that a person must look first.

    Opens the incident of the store when it is, ends it when that is over. A confirmed one stands in nobody's way.
    """
    limit = limit or MassLimit()
    if not is_there(store):
        return False
    with catalogue.read() as view:
        standing = open_incident(view, IncidentKind.STORE, store.name)
        red = red_copies(view, store.name)
        several = has_copies(view, store.name, 1)
        many = red > limit.count and not has_copies(view, store.name, red * limit.one_in)
    if standing is not None and standing.confirmed_at is not None:
        if not red:
            with catalogue.transaction() as tx:
                ended(tx, standing, IncidentOutcome.HEALED, by=terms.actor, reason="Kho đã nguyên vẹn.", terms=terms)
        return True
    try:
        looked_for, gone = _probed(catalogue, store, limit, place)
        # However few: what was emptied or is another medium holds nothing at all.
        many = many or (several and next(iter(store.keys("aip")), None) is None)
    except StoreError:
        return False
    many = many or (gone >= limit.probed_least and gone * limit.one_in > looked_for)
    if many:
        report: dict[str, Any] = {"bad": red, "looked_for": looked_for, "not_there": gone}
        if standing is None:
            with catalogue.transaction() as tx:
                opened(tx, IncidentKind.STORE, store.name, report, terms)
        return False
    if standing is not None:
        with catalogue.transaction() as tx:
            ended(tx, standing, IncidentOutcome.OVER, by=terms.actor, reason="Kho không còn bất thường.", terms=terms)
    return True


def _probed(catalogue: Catalogue, store: Store, limit: MassLimit, place: Callable[[], str]) -> tuple[int, int]:
    """How many copies called whole were looked for, at some places among all ids, and how many are not there."""
    with catalogue.read() as view:
        each = max(1, limit.probes // limit.places)
        found = {aip.id: aip for _ in range(limit.places) for aip in whole_copies(view, store.name, place(), each)}
        if len(found) < limit.probes:
            found |= {aip.id: aip for aip in whole_copies(view, store.name, "", each)}
    gone = 0
    for aip in found.values():
        try:
            gone += store.size(aip.object_key) != aip.size_bytes
        except ObjectMissingError:
            gone += 1
    return len(found), gone
