"""One round of healing: what audits have found bad, several packages side by side, bounded, to be ended at any time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.repair_reading import begun_repairs, due_repairs
from archive.errors import LuutruError
from archive.repair.asides import drop_due
from archive.repair.errors import RepairStoppedError
from archive.repair.healing import repair_copy
from archive.repair.mass import MassLimit, may_heal, random_place
from archive.repair.outcome import Outcome, Repaired
from archive.repair.proof import proof_of
from archive.repair.sealed import SealedLedger
from archive.repair.terms import Terms
from archive.storage.store import Store

_log = logging.getLogger(__name__)
AT_ONCE = 200
SIDE_BY_SIDE = 4
CONTESTED = 20
"""So many packages about whose right bytes an incident is open are looked at again in a round, at some place."""


@dataclass
class Round:
    """What one round did. ``paused``: stores that are away, or in which a person has to look first."""

    repaired: list[Repaired] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    dropped: int = 0
    stopped: bool = False


def repair_due(
    catalogue: Catalogue,
    stores: Sequence[Store],
    terms: Terms | None = None,
    *,
    at_once: int = AT_ONCE,
    side_by_side: int = SIDE_BY_SIDE,
    limit: MassLimit | None = None,
    told: Callable[[Repaired], None] = lambda _one: None,
) -> Round:
    """Heals at most ``at_once`` copies of each store that are due, and drops what has lain aside for its time.

    The copies of one package are healed one after the other, those of others side by side. An error about one package
    never keeps the others from being healed; it is logged, and that package tried again by the next round.
    """
    terms = terms or Terms()
    made = Round()
    due: dict[str, list[str]] = defaultdict(list)
    for store in stores:
        wanted = _wanted(catalogue, store.name, terms, at_once)
        if not wanted:
            continue
        if not may_heal(catalogue, store, terms, limit):
            made.paused.append(store.name)
            continue
        for aip_id in wanted:
            due[aip_id].append(store.name)
    sealed = SealedLedger(catalogue, stores, terms.public_keys, terms.went_on)
    with suppress(RepairStoppedError):
        sealed.look(_records_of(catalogue, due))
    with ThreadPoolExecutor(side_by_side, thread_name_prefix="repair") as threads:
        for healed in threads.map(
            lambda one: list(_healed(catalogue, stores, one[0], one[1], terms, sealed)), due.items()
        ):
            made.repaired += healed
            for item in healed:
                told(item)
    made.stopped = terms.stopping()
    if not made.stopped:
        # Repairs may leave something aside unnoted, and catching up does: all of a store is asked for then, or hourly.
        adopting = bool(made.repaired) or terms.now().minute == 0
        made.dropped = drop_due(catalogue, stores, terms, adopting=adopting)
    return made


def _wanted(catalogue: Catalogue, store: str, terms: Terms, at_once: int) -> list[str]:
    """What is damaged, what was begun, and some of those whose right bytes were in doubt and perhaps are no longer."""
    now = terms.now()
    with catalogue.read() as view:
        damaged = due_repairs(view, store, now, at_once)
        begun = [repair.aip_id for repair in begun_repairs(view, store, now, at_once)]
        contested: list[str] = []
        for place in (random_place(), ""):
            contested = contested or due_repairs(view, store, now, CONTESTED, contested_from=place)
    return list(dict.fromkeys([*damaged, *begun, *contested]))


def _records_of(catalogue: Catalogue, aip_ids: Iterable[str]) -> Iterator[int]:
    """The ledger records these packages are to be healed by; what contradicts itself already needs none."""
    with catalogue.read() as view:
        for aip_id in aip_ids:
            with suppress(LuutruError):
                yield proof_of(view, aip_id).seq


def _healed(
    catalogue: Catalogue,
    stores: Sequence[Store],
    aip_id: str,
    damaged: Sequence[str],
    terms: Terms,
    sealed: SealedLedger,
) -> Iterator[Repaired]:
    for store in damaged:
        if terms.stopping():
            return
        try:
            healed = repair_copy(catalogue, stores, aip_id, store, terms, sealed=sealed)
        except RepairStoppedError:
            return
        except LuutruError as error:
            _log.warning("repair of %s in %s: %s %s", aip_id, store, error.message, error.detail)
            healed = Repaired(aip_id, store, Outcome.WAITING, problem=error.message)
        yield healed
