"""What every request can use: the installation, the access journal, the index, and who a token belongs to."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import Request

from api.bootstrap import Installation, now
from api.http.access_journal import AccessJournal
from api.http.coverage_clock import CoverageClock
from api.http.deadlines import Deadlines
from api.http.rates import forget_minutes
from api.http.shared_uploads import SharedUploads
from api.http.upload import Uploads
from api.http.uploads_store import UploadsStore
from api.scratch import sweep_scratch
from api.signing_in import authenticate
from api.token_uses import TokenUses
from archive.access import Principal
from archive.catalogue import Reading
from archive.catalogue.worker_reading import database_now
from archive.errors import LuutruError
from ingest.shared_transfers import SharedQuarantine

if TYPE_CHECKING:
    from search.index import SearchIndex

HOUSEKEEPING_SECONDS = 300.0
SWEEP_ROUNDS = 12
"""Uploads are gone through in every so many rounds, from the first on: what is complete and refused is digested each time."""
_log = logging.getLogger(__name__)


@dataclass
class Service:
    """One running service. Shared by all threads; made by ``api.http.app.create_app``."""

    installation: Installation
    accesses: AccessJournal
    now: Callable[[], datetime] = now
    shared_clock: Callable[[Reading], datetime] = database_now
    """For what machines decide together: none of them gives up another's uploads because its own clock is wrong."""
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the service ends: long answers (progress streams) end too."""
    pause_seconds: float = HOUSEKEEPING_SECONDS
    uses: TokenUses = field(default_factory=TokenUses)
    store_questions: Deadlines[float] = field(default_factory=lambda: Deadlines(5.0))
    """What is measured of the stores; one that hangs must not keep the other numbers back."""
    _index: SearchIndex | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authenticated(self, secret: str, at: datetime) -> Principal | None:
        """The account this token belongs to, its live grants with it; None when it is not valid now."""
        with self.installation.catalogue.read() as reading:
            found = authenticate(reading, secret, at)
        if found is None:
            return None
        self.uses.seen(found, at)
        return found.principal

    def renewed(self, who: Principal, at: datetime) -> Principal | None:
        """The same person by the same token, with the rights of now; None when the account or the token is over."""
        with self.installation.catalogue.read() as reading:
            if who.token_id is None or not reading.token(who.token_id).live(at):
                return None
            found = reading.principal(who.account_id, at)
        return None if found is None else replace(found, scopes=found.scopes & who.scopes, token_id=who.token_id)

    def keep_house(self) -> None:
        """Until the service ends: clears away what a killed one left, gives up uploads nobody goes on with, and writes
        now and then on which day each token was last used."""
        self._tried("what was left behind is not cleared away", lambda: sweep_scratch(self.installation.settings.home))
        rounds = 0
        while not self.closing.wait(self.pause_seconds):
            self._write_uses()
            if self.among_others:
                self._tried("old counts not forgotten", self._forget_minutes)
            if rounds % SWEEP_ROUNDS == 0:
                self._tried("uploads not gone through", lambda: self.uploads().sweep())
                if isinstance(self.installation.quarantine, SharedQuarantine):
                    self._tried("uploads here not gone through", lambda: self.uploads_here().sweep())
            rounds += 1

    def _forget_minutes(self) -> None:
        with self.installation.catalogue.read() as reading:
            at = self.shared_clock(reading)
        forget_minutes(self.installation.catalogue, at)

    def _write_uses(self) -> None:
        self._tried("last uses of tokens not written", lambda: self.uses.write(self.installation.catalogue))

    def _tried(self, trouble: str, task: Callable[[], object]) -> None:
        """Housekeeping comes round again: what does not work now is said, and nothing else suffers from it."""
        try:
            task()
        except (LuutruError, OSError, ValueError) as error:
            _log.warning("%s: %s %s", trouble, error, getattr(error, "detail", ""))
        except Exception:
            # A defect in one task must not end this thread: nobody would do any of the others again.
            _log.exception("%s", trouble)

    @property
    def among_others(self) -> bool:
        """Whether services of other machines may answer beside this one: where the database is not a file of this one."""
        return not self.installation.settings.catalogue_url.startswith("sqlite")

    @cached_property
    def coverage(self) -> CoverageClock:
        """How much of each store was read how lately; worked out now and then."""
        return CoverageClock(self.installation)

    def uploads(self) -> Uploads:
        """The uploads of this installation: of all its machines where these share a quarantine, else of this one."""
        quarantine = self.installation.quarantine
        if not isinstance(quarantine, SharedQuarantine):
            return self.uploads_here()
        return SharedUploads(
            quarantine.store,
            self.installation.catalogue,
            self.installation.intake,
            clock=lambda view: self.shared_clock(view),
            new_id=lambda: uuid.uuid4().hex,
            at_most_bytes=self.installation.settings.largest_submission_bytes,
        )

    def uploads_here(self) -> UploadsStore:
        """Those on this machine's disk; with a shared quarantine, what was begun before there was one."""
        return UploadsStore(
            self.installation.settings.home / "uploads",
            self.installation.intake,
            now=lambda: self.now(),
            new_id=lambda: uuid.uuid4().hex,
            at_most_bytes=self.installation.settings.largest_submission_bytes,
        )

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
        self._write_uses()
        self.accesses.close()


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
