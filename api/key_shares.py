"""Whether the sheets the keepers have are worth anything: void after a rotation, until new ones were printed and drilled."""

from __future__ import annotations

from enum import StrEnum

from archive.catalogue.ledger_reading import LedgerReading
from archive.events import Event
from archive.ledger import Record


class Shares(StrEnum):
    """``NONE``: never printed. ``VOID``: of a key that was replaced. ``UNTRIED``: new ones, which nobody has drilled."""

    NONE = "none"
    VOID = "void"
    UNTRIED = "untried"
    GOOD = "good"


def shares_standing(view: LedgerReading, kek_id: str) -> Shares:
    """Of the shares of the key-encryption key that stands, by what the ledger says was printed and drilled.

    The first ever printed are good without a drill: nothing they take the place of is void.
    """
    printed = view.record_of("keys", Event.KEYS_SHARES_PRINTED)
    if printed is None:
        return Shares.NONE
    if printed.data["kek_id"] != kek_id:
        return Shares.VOID
    earlier = view.records(limit=1, subject="keys", event=Event.KEYS_SHARES_PRINTED)
    if earlier[0].data["kek_id"] == kek_id or _drilled(view, printed):
        return Shares.GOOD
    return Shares.UNTRIED


def _drilled(view: LedgerReading, printed: Record) -> bool:
    """Whether any drill since then rebuilt this key."""
    after = printed.seq
    while page := view.records(after, subject="keys", event=Event.KEYS_DRILL_COMPLETED):
        if any(item.data["passed"] and item.data["kek_id"] == printed.data["kek_id"] for item in page):
            return True
        after = page[-1].seq
    return False
