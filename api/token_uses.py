"""When tokens were last used: to the day, and never one write a request."""

from __future__ import annotations

import threading
from datetime import date, datetime

from archive.catalogue import Authenticated, Catalogue
from archive.local_time import VIETNAM


class TokenUses:
    """The day each token was last used, kept in memory and written now and then: never one write a request."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._lock = threading.Lock()

    def seen(self, authenticated: Authenticated, at: datetime) -> None:
        """Remembers a first use on this day (in Vietnam)."""
        on, token_id = at.astimezone(VIETNAM).date(), authenticated.principal.token_id
        if token_id is not None and (authenticated.last_used_on is None or authenticated.last_used_on < on):
            with self._lock:
                self._days[token_id] = on

    def write(self, catalogue: Catalogue) -> int:
        """Writes what is not yet written, in one transaction; how many tokens that were."""
        with self._lock:
            days, self._days = self._days, {}
        if days:
            with catalogue.transaction() as tx:
                for token_id, on in days.items():
                    tx.note_token_use(token_id, on)
        return len(days)
