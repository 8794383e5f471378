"""How long who fails to sign in has to wait: pure arithmetic over counts and times."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=24)
"""Attempts count together when they fall within this time of the first one."""


@dataclass(frozen=True, slots=True)
class Patience:
    """``free`` attempts cost nothing; each further one doubles the wait, from ``first`` up to ``longest``."""

    free: int
    first: timedelta
    longest: timedelta

    def wait(self, count: int) -> timedelta:
        """The wait that the ``count``-th attempt brings."""
        if count < self.free:
            return timedelta(0)
        return min(self.first * (1 << min(count - self.free, 20)), self.longest)


ACCOUNT = Patience(free=5, first=timedelta(seconds=30), longest=timedelta(minutes=15))
"""Not longer: whoever knows a user name could otherwise keep its owner out."""
ADDRESS = Patience(free=50, first=timedelta(seconds=30), longest=timedelta(hours=1))
"""Many people may stand behind one address."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is known of one key."""

    count: int
    first_at: datetime
    blocked_until: datetime | None

    def blocked(self, at: datetime) -> bool:
        return self.blocked_until is not None and at < self.blocked_until


def next_attempts(standing: Attempts | None, at: datetime, patience: Patience) -> Attempts:
    """What is known after one more attempt at ``at``."""
    if standing is None or at - standing.first_at >= FORGOTTEN_AFTER:
        standing = Attempts(0, at, None)
    count = standing.count + 1
    wait = patience.wait(count)
    return Attempts(count, standing.first_at, at + wait if wait else None)


def account_key(username: str) -> str:
    """The key of a (folded) user name; its digest, since people type passwords into the wrong field."""
    return "account:" + _digest(username)


def address_key(address: str) -> str:
    """The key of a network address; of IPv6 the /64, which is what one customer has."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "address:" + _digest(address)
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or ipaddress.IPv6Network((known, 64), strict=False).network_address
    return f"address:{known}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
