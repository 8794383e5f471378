"""Stores that do not answer, do not take writes, or have no room left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.errors import LuutruError, ObjectMissingError, StoreError, StoreFullError
from archive.storage.store import Store
from archive.storage.writing_probe import PROBE, require_writable
from ingest.shared_transfers import SharedQuarantine

ATTEMPTS, PAUSE_SECONDS, PATIENCE_SECONDS = 3, 5.0, 30.0
"""A store is given up only after so many attempts, each of so many seconds at the most."""


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    reserve = installation.settings.free_bytes_reserve
    stores = installation.stores
    looked_at = [*stores, *_shared_by_machines(installation, {store.name for store in stores})]
    with ThreadPoolExecutor(max(1, len(looked_at))) as pool:
        found = list(pool.map(lambda store: probed(store, reserve), looked_at))
    return [*(item for items in found for item in items), *sharing_a_device(stores)]


def _shared_by_machines(installation: Installation, known: Collection[str]) -> list[Store]:
    """The store of the quarantine, unless it is one of those of the archive: without it nothing can be received."""
    quarantine = installation.quarantine
    if not isinstance(quarantine, SharedQuarantine) or quarantine.store.name in known:
        return []
    return [quarantine.store]


def sharing_a_device(stores: Sequence[Store]) -> Iterator[Standing]:
    """Stores one failing device would take together; one that cannot be asked is silent here, not elsewhere."""
    together: dict[str, list[str]] = {}
    for store in stores:
        with suppress(StoreError):
            together.setdefault(store.device(), []).append(store.name)
    for names in together.values():
        if len(names) > 1:
            said = ", ".join(f"«{name}»" for name in names)
            text = f"Các kho {said} nằm trên cùng một thiết bị."
            yield Standing("store.same-device", ", ".join(names), Severity.YELLOW, text)


def probed(
    store: Store,
    reserve: int,
    *,
    pause_seconds: float = PAUSE_SECONDS,
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[Standing]:
    """Nothing when the store answers, takes a byte and has room; a hiccup is no alert."""
    wait = threading.Event().wait
    for attempt in range(ATTEMPTS):
        if attempt:
            wait(pause_seconds)
        error = _answered_in_time(lambda: _used(store), patience_seconds)
        if error is None:
            return list(_short_of_room(store, reserve))
    if isinstance(error, StoreFullError):
        return [_full(store)]
    text = f"Kho «{store.name}» không đọc ghi được."
    return [Standing("store.unreachable", store.name, Severity.RED, text)]


def _used(store: Store) -> None:
    """A question that goes to the store itself, and one byte written, of which nothing is kept."""
    with suppress(ObjectMissingError):
        store.size(PROBE)
    require_writable(store)


def _short_of_room(store: Store, reserve: int) -> Iterator[Standing]:
    if store.free_bytes() < reserve:
        yield _full(store)


def _full(store: Store) -> Standing:
    return Standing("store.full", store.name, Severity.RED, f"Kho «{store.name}» còn ít chỗ hơn mức dự trữ.")


def _answered_in_time(question: Callable[[], None], seconds: float) -> BaseException | None:
    """What went wrong, a silence too long included: a medium that hangs must not hang whoever looks at it."""
    answer: SimpleQueue[BaseException | None] = SimpleQueue()

    def ask() -> None:
        try:
            question()
            answer.put(None)
        except (LuutruError, OSError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="probe of a store", daemon=True).start()
    try:
        return answer.get(timeout=seconds)
    except Empty:
        return TimeoutError()


WATCH = Watch("stores", frozenset({"store.unreachable", "store.full", "store.same-device"}), _look)
