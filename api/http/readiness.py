"""Health that means ready: stores take writes, a worker takes jobs, the catalogue answers, the index keeps up (T29).

Whoever asks is answered in bounded time: a part that hangs is itself the answer, and keeps nobody else waiting.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from api.alerting.channels import channels_of
from api.alerting.undelivered import silent_since
from api.heartbeat import living_workers
from api.http.deadlines import Deadlines, Late
from api.http.metrics import Metrics
from api.http.service import Service
from archive.catalogue.counting import submission_counts, unconfirmed_rights_changes
from archive.errors import LuutruError
from archive.lifecycle import State
from archive.storage.store import Store
from archive.storage.writing_probe import require_writable
from ingest.shared_transfers import SharedQuarantine
from search.errors import SearchError

KEPT_SECONDS = 2.0
"""A probe that many ask at once is made once in this time."""
DEADLINE_SECONDS = 5.0
"""All parts are looked at side by side; one that says nothing for so long does not work, as far as anyone can tell."""
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

    def __init__(self, service: Service, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._asking: Deadlines[PartHealth] = Deadlines(deadline_seconds)
        self._last: tuple[float, Health] | None = None

    def health(self) -> Health:
        """Within the deadline; of many who ask meanwhile each gets what the first one finds."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > KEPT_SECONDS:
                found = self._looked()
                self._last = (time.monotonic(), found)
            return self._last[1]

    def _looked(self) -> Health:
        parts, at = _parts(self._service), self._service.now()
        answers = self._asking.answers({name: part.look for name, part in parts.items()})
        return Health(tuple(self._told(name, part, answers[name]) for name, part in parts.items()), at)

    def _told(self, name: str, part: _Part, answer: PartHealth | Late[PartHealth]) -> PartHealth:
        if isinstance(answer, PartHealth):
            return answer
        before = f"; lần trả lời trước: {answer.last.seen}" if answer.last else ""
        return PartHealth(name, part.without, f"không trả lời trong {self._asking.seconds:g} giây{before}")


@dataclass(frozen=True, slots=True)
class _Part:
    """How a part is looked at, and what the service is ``without`` it."""

    look: Callable[[], PartHealth]
    without: Readiness


def _parts(service: Service) -> dict[str, _Part]:
    """By name, in the order they are told."""
    looks: dict[str, tuple[Callable[[], PartHealth], Readiness]] = {}
    looks["catalogue"] = (lambda: _catalogue(service), Readiness.NOT_READY)
    try:
        # What may lag is caught up with when it is back: nothing waits for it.
        lagging = service.installation.policy.lagging
        for store in service.installation.stores:
            without = Readiness.DEGRADED if store.name in lagging else Readiness.NOT_READY
            looks[f"store:{store.name}"] = (partial(_store, store), without)
    except LuutruError as error:
        looks["stores"] = (partial(PartHealth, "stores", Readiness.NOT_READY, error.message), Readiness.NOT_READY)
    looks["quarantine"] = (lambda: _quarantine(service), Readiness.NOT_READY)
    if service.installation.settings.quarantine_settings.shared:
        looks["quarantine-store"] = (lambda: _quarantine_store(service), Readiness.NOT_READY)
    looks["worker"] = (lambda: _worker(service), Readiness.NOT_READY)
    looks["index"] = (lambda: _index(service), Readiness.DEGRADED)
    looks["alerts"] = (lambda: _alerts(service), Readiness.NOT_READY)
    return {name: _Part(partial(_tried, name, look, without), without) for name, (look, without) in looks.items()}


def _tried(part: str, probe: Callable[[], PartHealth], without: Readiness) -> PartHealth:
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
    """One byte written: nothing is kept, and a store that only looks well is found out."""
    require_writable(store)
    return PartHealth(f"store:{store.name}", Readiness.READY, f"ghi được, còn {store.free_bytes() >> 20} MiB")


def _quarantine(service: Service) -> PartHealth:
    free = service.installation.quarantine.free_bytes()
    if free < service.installation.settings.free_bytes_reserve:
        return PartHealth("quarantine", Readiness.NOT_READY, "hết chỗ trống, không nhận hồ sơ mới")
    return PartHealth("quarantine", Readiness.READY, f"còn {free >> 20} MiB")


def _quarantine_store(service: Service) -> PartHealth:
    """The one machines share: what is not durable there is not acknowledged."""
    quarantine = service.installation.quarantine
    assert isinstance(quarantine, SharedQuarantine)
    require_writable(quarantine.store)
    free = quarantine.store.free_bytes()
    if free < service.installation.settings.free_bytes_reserve:
        return PartHealth(
            "quarantine-store", Readiness.NOT_READY, "khu cách ly dùng chung hết chỗ trống, không nhận hồ sơ mới"
        )
    return PartHealth("quarantine-store", Readiness.READY, f"ghi được, còn {free >> 20} MiB")


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


def _free_bytes(service: Service) -> Mapping[str, float]:
    """Of each store that takes writes, by name; of one that does not, or does not answer, no number."""

    def asked(store: Store) -> float:
        try:
            _store(store)
            return float(store.free_bytes())
        except (LuutruError, OSError):
            return math.nan

    stores = {store.name: partial(asked, store) for store in service.installation.stores}
    answers = service.store_questions.answers(stores)
    return {name: math.nan if isinstance(answer, Late) else answer for name, answer in answers.items()}


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
    for store, free in _free_bytes(service).items():
        metrics.store_up.labels(store).set(float(not math.isnan(free)))
        metrics.store_free.labels(store).set(free)
    metrics.worker_up.set(float(bool(working)))
    metrics.upkeep.fill(service.coverage, service.now())
    try:
        metrics.index_lag.set(index_lag(service))
    except LuutruError:
        metrics.index_lag.set(math.nan)
