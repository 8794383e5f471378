"""What somebody without an account may make the service do by signing in at a provider: so much a minute, and no more."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from fastapi import FastAPI

from api.http.gate import Asked
from api.http.problems import ProblemError
from api.http.rates import MinuteCounts, Rates
from archive.events import Event

PER_MINUTE = 60
"""Steps of logins from one address on one machine: a whole office may sign in at eight o'clock behind one address."""
_COUNTS = MinuteCounts("oidc", at_most=2 * PER_MINUTE)
_REFUSALS = MinuteCounts("oidc-refused", at_most=1)

_making = threading.Lock()


@dataclass(frozen=True)
class SignInLimits:
    """Of one service. Shared by all threads."""

    _steps: Rates = field(default_factory=lambda: Rates(per_minute=PER_MINUTE, burst=PER_MINUTE))
    _refusals: Rates = field(default_factory=lambda: Rates(per_minute=1, burst=1))

    def admit(self, asked: Asked) -> None:
        """Returns when this step may be made; nothing was written but its count. Raises ProblemError 429."""
        _take(asked, self._steps, _COUNTS)

    def record_refused(self, asked: Asked, why: str) -> None:
        """A ledger record of the refusal, one for an address and minute: the ledger is never cut, so nobody may fill it."""
        try:
            _take(asked, self._refusals, _REFUSALS)
        except ProblemError:
            return
        asked.record(Event.ACCOUNT_SESSION_REFUSED, "oidc", {"how": "oidc", "why": why})


def sign_in_limits(app: FastAPI) -> SignInLimits:
    """Those of this service."""
    with _making:
        if not hasattr(app.state, "sign_in_limits"):
            app.state.sign_in_limits = SignInLimits()
        limits = app.state.sign_in_limits
    assert isinstance(limits, SignInLimits)
    return limits


def _take(asked: Asked, rates: Rates, counts: MinuteCounts) -> None:
    rates.take(asked.address)
    if asked.service.among_others:
        counts.take(asked.service.installation.catalogue, asked.address, asked.service.shared_clock)
