"""What the service counts, in the words of Prometheus; labels are route templates and states, never names or ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from api.http.upkeep_metrics import UpkeepMetrics

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The measurements of one running service. ``fill`` sets what is only asked for when somebody looks."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, fill: Callable[[Metrics], None] = lambda _metrics: None) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._fill = fill
        self._requests = Counter(
            "luutru_http_requests", "HTTP requests.", ("method", "route", "status"), registry=self._registry
        )
        self._duration = Histogram(
            "luutru_http_request_seconds",
            "Seconds from first to last byte.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._now = Gauge("luutru_http_requests_under_way", "HTTP requests under way.", registry=self._registry)
        self.submissions = Gauge("luutru_submissions", "Submissions by state.", ("state",), registry=self._registry)
        self.store_up = Gauge(
            "luutru_store_writable", "1 if the store takes writes.", ("store",), registry=self._registry
        )
        self.store_free = Gauge(
            "luutru_store_free_bytes", "Free bytes of a store.", ("store",), registry=self._registry
        )
        self.index_lag = Gauge(
            "luutru_index_lag_events",
            "Ledger records the index has not seen; NaN when unknown.",
            registry=self._registry,
        )
        self.worker_up = Gauge("luutru_worker_up", "1 if a worker takes jobs.", registry=self._registry)
        self.ledger_end = Gauge("luutru_ledger_records", "Records in the ledger.", registry=self._registry)
        self.unconfirmed = Gauge(
            "luutru_rights_changes_unconfirmed", "Changes of rights nobody has confirmed.", registry=self._registry
        )

        self.upkeep = UpkeepMetrics(self._registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._duration.labels(method, route).observe(seconds)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        self._now.inc()
        try:
            yield
        finally:
            self._now.dec()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        self._fill(self)
        return bytes(generate_latest(self._registry))
