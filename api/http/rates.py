"""How often one address may ask without an account: a bucket for each, refilled with time, in memory of fixed size."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock

from api.http.problems import ProblemError

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
            seconds = math.ceil((1 - left) / self._per_second)
            raise ProblemError(
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
