"""A login at the provider comes back once, to whichever machine.

The browser itself keeps the attempt (state, nonce, PKCE verifier), sealed under a key that all machines derive from the
archive's (``login_cookie``): so any of them can finish what another began, the verifier lies in no database and no backup,
and a login that is only begun, which anyone can do without end, writes nothing. What the cookie cannot say is that it was
used: that is one row, by the digest of the state, taken in one transaction, and forgotten when the cookie is long over.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from api.http.oidc import ATTEMPT_SECONDS, Attempt
from archive.catalogue import Catalogue
from archive.catalogue.single_use import use_login
from archive.catalogue.worker_reading import database_now

REMEMBERED = timedelta(seconds=2 * ATTEMPT_SECONDS)
"""Twice as long as a cookie is good for: the clocks of machines may differ."""


def first_use(catalogue: Catalogue, attempt: Attempt) -> bool:
    """Whether this attempt was never used before on any machine; from now on it was. Remembered by the database's clock:
    a machine whose own is ahead would forget what others still have to refuse."""
    state = hashlib.sha256(attempt.state.encode()).hexdigest()
    with catalogue.transaction() as tx:
        at = database_now(tx)
        return use_login(tx, state, until=at + REMEMBERED, at=at)
