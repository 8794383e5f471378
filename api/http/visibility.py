"""What an asker may know of, told to the index as a filter; and the same question again at the catalogue for each hit."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from api.http.gate import Asked
from archive.access import Mode, Role, visible_modes
from archive.catalogue import Reading
from search.index import SearchIndex
from search.visibility import Visible

GENERATION_SECONDS = 10.0
_LAG_RECORDS = 200
"""Decisions this near before the cursor count as unseen: what the index has taken shows in searches a second later."""


class Generations:
    """Which physical index stands behind the alias, asked of the server at most every few seconds.

    A name that is out of date does no harm: the cursor of a replaced index stands still, so that more decisions count
    as unseen by the index than are, and none fewer.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._known: WeakKeyDictionary[SearchIndex, tuple[float, str]] = WeakKeyDictionary()

    def of(self, index: SearchIndex) -> str:
        """The server's own id of the index; "" when none was made yet. Raises SearchError."""
        with self._lock:
            until, uuid = self._known.get(index, (0.0, ""))
            if until > self._clock():
                return uuid
        found = index.current()
        uuid = found.uuid if found is not None else ""
        with self._lock:
            self._known[index] = (self._clock() + GENERATION_SECONDS, uuid)
        return uuid


_generations = Generations()


def cursor_of(reading: Reading, index: SearchIndex) -> int:
    """The ledger record up to which everything is certainly in what a search sees now."""
    return max(0, reading.cursor(f"index:{_generations.of(index)}") - _LAG_RECORDS)


def visible_of(asked: Asked, reading: Reading, cursor: int) -> Visible:
    """The filter for who asks: their modes, their agency, their live grants; and hidden, what was restricted since."""
    who = asked.who
    return Visible(
        modes=frozenset(str(mode) for mode in visible_modes(who.role)),
        owner=who.agency_code if who.role is Role.AGENCY else None,
        granted=tuple((grant.aip_id, grant.ordinal) for grant in who.live_grants(asked.at)),
        hidden=tuple(
            (aip_id, ordinal)
            for aip_id, ordinal, mode in reading.modes_decided_after(cursor)
            if mode is Mode.RESTRICTED
        ),
    )
