"""How often one address may ask without an account: on one machine, and on all of them together.

On one machine a bucket for each address, refilled with time, in memory of fixed size: who asks too often costs nothing.
With several machines what passed that is also counted in the database, in windows of a minute, so that a limit is not
multiplied by the number of machines. What may be asked so writes a ledger record anyway: the count is not its only write.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from threading import Lock

from api.http.problems import ProblemError
from archive.catalogue import Catalogue, Reading
from archive.catalogue.single_use import counted_in_window, forget_windows
from archive.catalogue.worker_reading import database_now

KEPT_ADDRESSES = 10_000


class Rates:
    """``burst`` at once, then ``per_minute``. The addresses that asked longest ago are forgotten first."""

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str) -> None:
        """Returns when the address may ask now. Raises ProblemError 429, which says when it may again."""
        name, now = network(address), self._clock()
        with self._lock:
            left, at = self._buckets.pop(name, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._per_second)
            allowed = left >= 1
            self._buckets[name] = (left - 1 if allowed else left, now)
            while len(self._buckets) > KEPT_ADDRESSES:
                self._buckets.popitem(last=False)
        if not allowed:
            raise _too_often(math.ceil((1 - left) / self._per_second))


@dataclass(frozen=True, slots=True)
class MinuteCounts:
    """What may be asked ``at_most`` times a minute, on all machines of one database together."""

    name: str
    at_most: int

    def take(self, catalogue: Catalogue, address: str, clock: Callable[[Reading], datetime] = database_now) -> None:
        """Counts, durably, in the minute it is by ``clock``: the database's own, or a machine whose clock is a minute off
        would have a limit of its own. Raises ProblemError 429 beyond the limit.
        """
        named = hashlib.sha256(network(address).encode("utf-8", "surrogatepass")).hexdigest()
        with catalogue.signing() as tx:
            at = clock(tx)
            count = counted_in_window(tx, f"{self.name}:{named}", at.replace(second=0, microsecond=0))
        if count > self.at_most:
            raise _too_often(max(1, 60 - at.second))


def forget_minutes(catalogue: Catalogue, at: datetime) -> None:
    """Minutes that are over count no more, on whichever machine's clock."""
    with catalogue.transaction() as tx:
        forget_windows(tx, at - timedelta(hours=1))


def _too_often(seconds: int) -> ProblemError:
    return ProblemError(
        429,
        "request.too-often",
        "Quá nhiều yêu cầu từ địa chỉ này.",
        remedy=f"Thử lại sau {seconds} giây.",
        headers={"Retry-After": str(seconds)},
    )


def network(address: str) -> str:
    """What one user has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
