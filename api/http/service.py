"""What every request can use: the installation, the access journal, the index, and who a token belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Request

from api.accounts import authenticate_token
from api.bootstrap import Installation, now
from api.http.access_journal import AccessJournal
from archive.access import Principal

if TYPE_CHECKING:
    from search.index import SearchIndex


@dataclass
class Service:
    """One running service. Shared by all threads; made by ``api.http.app.create_app``."""

    installation: Installation
    accesses: AccessJournal
    now: Callable[[], datetime] = now
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the service ends: long answers (progress streams) end too."""
    _index: SearchIndex | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authenticated(self, secret: str, at: datetime) -> Principal | None:
        """The account this token belongs to, its live grants with it; None when it is not valid now."""
        with self.installation.catalogue.read() as reading:
            return authenticate_token(reading, secret, at)

    def index(self) -> SearchIndex:
        """The search index, one connection pool for all requests. Raises SearchError when it does not run."""
        with self._lock:
            if self._index is None:
                self._index = self.installation.search_index(start=False)
            return self._index

    def forget_index(self) -> None:
        """The next request connects anew: a local node may answer elsewhere after a restart."""
        with self._lock:
            self._index = None

    def close(self) -> None:
        self.closing.set()
        self.accesses.close()


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
