"""Health that means ready: stores take writes, a worker takes jobs, the catalogue answers, the index keeps up (T29)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.alerting.channels import channels_of
from api.alerting.undelivered import silent_since
from api.heartbeat import living_workers
from api.http.metrics import Metrics
from api.http.service import Service
from archive.catalogue.counting import submission_counts, unconfirmed_rights_changes
from archive.errors import LuutruError
from archive.lifecycle import State
from archive.storage.key import Key
from archive.storage.store import Store
from search.errors import SearchError

KEPT_SECONDS = 2.0
"""A probe that many ask at once is made once in this time."""
LAG_WORTH_SAYING = 1000


class Readiness(StrEnum):
    """``degraded``: submissions are received and kept, something else does not work."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"


_ORDER = tuple(Readiness)


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: its state, and what was seen, in Vietnamese, without paths or names of people."""

    part: str
    state: Readiness
    seen: str


@dataclass(frozen=True, slots=True)
class Health:
    parts: tuple[PartHealth, ...]
    at: datetime

    @property
    def state(self) -> Readiness:
        return max((part.state for part in self.parts), key=_ORDER.index, default=Readiness.READY)


class Probes:
    """Looks at every part, at most once in ``KEPT_SECONDS`` however many ask."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._last: tuple[float, Health] | None = None

    def health(self) -> Health:
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > KEPT_SECONDS:
                self._last = (time.monotonic(), self._looked())
            return self._last[1]

    def _looked(self) -> Health:
        service = self._service
        parts = [_tried("catalogue", lambda: _catalogue(service))]
        stores: list[Store] = []
        try:
            stores = list(service.installation.stores)
        except LuutruError as error:
            parts.append(PartHealth("stores", Readiness.NOT_READY, error.message))
        # What may lag is caught up with when it is back: nothing waits for it.
        lagging = service.installation.policy.lagging if stores else ()
        parts += [
            _tried(
                f"store:{store.name}",
                lambda store=store: _store(store),  # type: ignore[misc]
                Readiness.DEGRADED if store.name in lagging else Readiness.NOT_READY,
            )
            for store in stores
        ]
        parts.append(_tried("quarantine", lambda: _quarantine(service)))
        parts.append(_tried("worker", lambda: _worker(service)))
        parts.append(_index(service))
        parts.append(_tried("alerts", lambda: _alerts(service)))
        return Health(tuple(parts), service.now())


def _tried(part: str, probe: Callable[[], PartHealth], without: Readiness = Readiness.NOT_READY) -> PartHealth:
    """What the probe saw; ``without``: what the service is when it fails."""
    try:
        return probe()
    except LuutruError as error:
        return PartHealth(part, without, error.message)
    except OSError as error:
        return PartHealth(part, without, error.strerror or "lỗi hệ điều hành")


def _catalogue(service: Service) -> PartHealth:
    with service.installation.catalogue.read() as reading:
        end = reading.ledger_end()
    return PartHealth("catalogue", Readiness.READY, f"{end[0] if end else 0} bản ghi nhật ký")


def _store(store: Store) -> PartHealth:
    """One byte written and given up: nothing is kept, and a store that only looks well is found out."""
    with store.create(Key("health/probe.bin")) as writer:
        writer.write(b"\0")
    return PartHealth(f"store:{store.name}", Readiness.READY, f"ghi được, còn {store.free_bytes() >> 20} MiB")


def _quarantine(service: Service) -> PartHealth:
    free = service.installation.quarantine.free_bytes()
    if free < service.installation.settings.free_bytes_reserve:
        return PartHealth("quarantine", Readiness.NOT_READY, "hết chỗ trống, không nhận hồ sơ mới")
    return PartHealth("quarantine", Readiness.READY, f"còn {free >> 20} MiB")


def _worker(service: Service) -> PartHealth:
    with service.installation.catalogue.read() as reading:
        living, working = living_workers(reading)
    if not living:
        return PartHealth("worker", Readiness.NOT_READY, "không có tiến trình xử lý nào đang chạy")
    waiting = max(sign.waiting for sign in living)
    if not working:
        return PartHealth("worker", Readiness.NOT_READY, f"{waiting} hồ sơ chờ mà không được xử lý")
    troubles = [sign.trouble for sign in working if sign.trouble]
    if len(troubles) == len(working):
        return PartHealth("worker", Readiness.DEGRADED, troubles[0])
    under_way = sum(sign.under_way for sign in working)
    return PartHealth("worker", Readiness.READY, f"{len(working)} tiến trình, đang xử lý {under_way}, chờ {waiting}")


def _alerts(service: Service) -> PartHealth:
    """Whether people would be told: an archive whose alerts reach nobody is not watched."""
    settings = service.installation.settings.alerts
    channels = [channel.name for channel in channels_of(settings, service.now)]
    with service.installation.catalogue.read() as reading:
        silent = silent_since(reading, settings, channels, service.now())
    if silent:
        return PartHealth("alerts", Readiness.DEGRADED, f"{len(silent)} kênh lâu không gửi được cảnh báo")
    seen = f"{len(channels)} kênh" if channels else "chưa có kênh cảnh báo nào"
    return PartHealth("alerts", Readiness.READY, seen)


def index_lag(service: Service) -> int:
    """Ledger records the index has not seen. Raises SearchError when it does not answer."""
    try:
        cursor = service.installation.follower(service.index()).cursor()
    except SearchError:
        service.forget_index()
        raise
    with service.installation.catalogue.read() as reading:
        end = reading.ledger_end()
    return max(0, (end[0] if end else 0) - cursor)


def _index(service: Service) -> PartHealth:
    try:
        lag = index_lag(service)
    except LuutruError as error:
        return PartHealth("index", Readiness.DEGRADED, error.message)
    state = Readiness.DEGRADED if lag > LAG_WORTH_SAYING else Readiness.READY
    return PartHealth("index", state, f"chậm {lag} bản ghi so với nhật ký")


def fill_metrics(service: Service, metrics: Metrics) -> None:
    """What only asking tells. A part that cannot be asked counts as down, never as fine."""
    installation = service.installation
    with installation.catalogue.read() as reading:
        end = reading.ledger_end()
        counts = submission_counts(reading)
        metrics.unconfirmed.set(unconfirmed_rights_changes(reading))
        _, working = living_workers(reading)
    metrics.ledger_end.set(end[0] if end else 0)
    for state in State:
        metrics.submissions.labels(state.value).set(counts.get(state, 0))
    for store in installation.stores:
        up = _tried(store.name, lambda store=store: _store(store)).state is Readiness.READY  # type: ignore[misc]
        metrics.store_up.labels(store.name).set(float(up))
        try:
            metrics.store_free.labels(store.name).set(store.free_bytes())
        except LuutruError:
            metrics.store_free.labels(store.name).set(math.nan)
    metrics.worker_up.set(float(bool(working)))
    metrics.upkeep.fill(service.coverage, service.now())
    try:
        metrics.index_lag.set(index_lag(service))
    except LuutruError:
        metrics.index_lag.set(math.nan)
