"""A hold is placed once, however often its order is sent: what was answered with an error may stand all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from archive.access import Author
from archive.catalogue import Transaction
from archive.catalogue.hold_reading import hold, pieces_left, too_late_of
from archive.catalogue.hold_writing import MAY_PLACE, place_hold
from archive.catalogue.round_authority import require_account
from archive.disposal.model import Hold, NewHold, PlacedHold
from archive.disposal.refusals import DisposalRefusedError, refusal
from archive.disposal.words import HoldKind


def place_once(
    tx: Transaction, new: NewHold, listed: Callable[[], Iterable[str]], *, by: Author, at: datetime
) -> PlacedHold:
    """The hold on what ``listed`` gives; its order sent again under the same id: the hold as it stands.

    A hold by query stands on what the query found then, whatever it would find now: it is not asked again. Raises a
    refusal ``hold.conflict`` when the id is that of another order, and those of ``place_hold``.
    """
    standing = _standing(tx, new.id)
    if standing is None:
        return place_hold(tx, new, listed(), by=by, at=at)
    account = require_account(tx, by, MAY_PLACE)
    if (account.id, *_order(new)) != (standing.placed_by, *_order(standing)):
        raise refusal("hold.conflict", new.id)
    if new.kind is HoldKind.QUERY:
        return PlacedHold(standing, too_late_of(tx, new.id), pieces_left(tx, new.id))
    return place_hold(tx, new, listed(), by=by, at=at)


def _standing(tx: Transaction, hold_id: str) -> Hold | None:
    try:
        return hold(tx, hold_id)
    except DisposalRefusedError:
        return None


def _order(said: NewHold | Hold) -> tuple[object, ...]:
    """What was ordered, as it is kept."""
    query = None if said.query is None else dict(said.query)
    return said.kind, said.case_code.strip(), said.reason.strip(), said.basis.strip(), said.until, query
