"""What an asker may know of, told to the index as a filter; and how far behind the catalogue the index can be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from api.http.gate import Asked
from archive.access import Mode, Role, visible_modes
from archive.catalogue import Reading
from search.index import SearchIndex
from search.instants import Instants
from search.visibility import Visible

GENERATION_SECONDS = 10.0
INSTANT_SECONDS = 1.0
"""Searches that begin within this time see the same instant of the index."""
SETTLED_SECONDS = 3.0
"""After this time a search sees what was written: refreshed each second, in an instant not older than a second."""


class IndexView:
    """One index as searches see it: a moment behind what was written, which is a moment behind the catalogue."""

    def __init__(
        self, index: SearchIndex, *, clock: Callable[[], float] = time.monotonic, settled: float | None = None
    ) -> None:
        self.index = index
        self.instants = Instants(index, INSTANT_SECONDS if settled is None else min(settled, INSTANT_SECONDS))
        self._settled = SETTLED_SECONDS if settled is None else settled
        self._clock = clock
        self._lock = Lock()
        self._generation = ""
        self._asked_until = float("-inf")
        self._cursors: deque[tuple[float, int]] = deque()

    def cursor(self, reading: Reading) -> int:
        """The ledger record up to which every search from now on sees what the follower wrote. Raises SearchError."""
        with self._lock:
            now = self._clock()
            fresh = self._look_again(now)
            written = reading.cursor(f"index:{self._generation}")
            if fresh:
                # What was written before this is seen after it, however long ago that was.
                if self._generation:
                    self.index.refresh()
                self._cursors.clear()
                self._cursors.append((float("-inf"), written))
            elif written > self._cursors[-1][1]:
                self._cursors.append((now, written))
            while len(self._cursors) > 1 and self._cursors[1][0] <= now - self._settled:
                self._cursors.popleft()
            return self._cursors[0][1]

    def _look_again(self, now: float) -> bool:
        """Whether another physical index stands behind the alias than before; asked for every few seconds only.

        A replaced one does no harm until then: its cursor stands still, so that more decisions count as unseen by the
        index than are, and none fewer.
        """
        if now < self._asked_until:
            return False
        found = self.index.current()
        name = found.uuid if found is not None else ""
        changed = name != self._generation or not self._cursors
        self._generation, self._asked_until = name, now + GENERATION_SECONDS
        return changed


_views: WeakKeyDictionary[SearchIndex, IndexView] = WeakKeyDictionary()
_lock = Lock()


def view_of(index: SearchIndex) -> IndexView:
    """The one view of this index in this process."""
    with _lock:
        view = _views.get(index)
        if view is None:
            view = _views[index] = IndexView(index)
        return view


def visible_of(asked: Asked, reading: Reading, cursor: int, *, continued: bool = False) -> Visible:
    """The filter for who asks: their modes, their agency, their live grants; and hidden, what was restricted since.

    ``continued``: a further page, which is of an instant nobody remembers the age of. Who may not know of restricted
    records is then kept from all that were ever decided to be.
    """
    who = asked.who
    modes = visible_modes(who.role)
    since = 0 if continued and Mode.RESTRICTED not in modes else cursor
    return Visible(
        modes=frozenset(str(mode) for mode in modes),
        owner=who.agency_code if who.role is Role.AGENCY else None,
        granted=tuple((grant.aip_id, grant.ordinal) for grant in who.live_grants(asked.at)),
        hidden=tuple(
            (aip_id, ordinal) for aip_id, ordinal, mode in reading.modes_decided_after(since) if mode is Mode.RESTRICTED
        ),
    )
