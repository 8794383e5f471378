"""Points in time: what makes pages follow one another without gap or repetition while records come in.

Opening one takes a request of its own, and each holds on to the files of its instant until it expires. A service that
answers many searches therefore lets those of a short while share one: then a first page is a single request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from search.client import answered
from search.index import SearchIndex

KEEP_ALIVE = "5m"
"""How long the next page may be asked for after the last."""


class Instants:
    """Instants of one index, for any number of threads; ``max_age_seconds`` is how stale a first page may be.

    With 0 every first page has an instant of its own and sees everything written and refreshed before it.
    """

    def __init__(
        self, index: SearchIndex, max_age_seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._index = index
        self._max_age_seconds = max_age_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._shared: tuple[str, float] | None = None

    @property
    def shared(self) -> bool:
        return self._max_age_seconds > 0

    def current(self) -> str:
        """The id of an instant that is not older than allowed."""
        if not self.shared:
            return self._opened()
        with self._lock:
            now = self._clock()
            if self._shared is None or now - self._shared[1] > self._max_age_seconds:
                self._shared = (self._opened(), now)
            return self._shared[0]

    def gone(self, pit: str) -> None:
        """The server no longer has it: the next ``current`` is another."""
        with self._lock:
            if self._shared is not None and self._shared[0] == pit:
                self._shared = None

    def done(self, pit: str) -> None:
        """No page will be asked for in it: let go at once, unless others may be using it."""
        if not self.shared:
            with answered():
                self._index.client.options(ignore_status=404).close_point_in_time(id=pit)

    def _opened(self) -> str:
        with answered():
            return str(self._index.client.open_point_in_time(index=self._index.alias, keep_alive=KEEP_ALIVE)["id"])
