"""Stores that lag get what they are waiting for: in order of waiting, from proven copies, read back, nothing believed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.model import Copy
from archive.catalogue.policy_model import AwaitedCopy
from archive.catalogue.policy_reading import (
    adopted_policy,
    awaited_copies,
    proven_stores,
    recorded_copies,
    store_places,
    unfilled,
)
from archive.catalogue.policy_writing import copy_added, fill, forget_copies
from archive.catalogue.sealing_reading import package_record
from archive.copying import SourceFailedError, copy_proven
from archive.destruction.late_writing import withdrawn
from archive.errors import CopyDamagedError, LuutruError, ObjectExistsError, StoreError
from archive.fixity import CopyState, verify_copy
from archive.lagging import LaggingStore
from archive.storage.store import Store
from archive.storage_policy import StoragePolicy, require_current

PAGE = 100
FILLED_AT_ONCE = 1000
PAGES_A_RUN = 20
RUN_SECONDS = 25.0
"""After this a run begins no further copy; the next one goes on."""
ASKED_SECONDS = 10.0
WAITED_SECONDS = 60.0
"""How long a run waits for a store that is still at work; that goes on by itself, and is not asked meanwhile."""
ENDING_SECONDS = 10.0
PAUSE_SECONDS = 600.0
"""How long a copy is left alone that no store could give, or that the store did not keep right."""

_log = logging.getLogger(__name__)


@dataclass
class CatchUp:
    """The catching up of one process. Nothing but the catalogue's rows says what is left: it may end anywhere."""

    catalogue: Catalogue
    policy: StoragePolicy
    stores: Sequence[LaggingStore]
    """All stores, in the policy's order: also a required one may have been added lately."""
    now: Callable[[], datetime]
    actor: str = "luutru"
    clock: Callable[[], float] = time.monotonic
    run_seconds: float = RUN_SECONDS
    _left_alone: dict[tuple[str, str], float] = field(default_factory=dict)

    def run(self, stopping: Callable[[], bool]) -> int:
        """Does a bounded part of what is to be done and tells how many copies were added.

        A store that is away is asked once and then rests; others go on. Raises PolicyStaleError when another policy
        stands by now.
        """
        with self.catalogue.read() as view:
            standing = adopted_policy(view)
        if standing is None:
            return 0
        require_current(self.policy.version, standing.version)
        self._forget(stopping)
        self._fill(stopping)
        return self._copy_all(stopping)

    def _forget(self, stopping: Callable[[], bool]) -> None:
        """Rows of stores that left the archive are no copies any more; what became of them is in the ledger."""
        with self.catalogue.read() as view:
            gone = [
                place.name for place in store_places(view) if place.retired_at and place.name not in self.policy.names
            ]
            gone = [name for name in gone if recorded_copies(view, name, 1)]
        for name in gone:
            for _ in range(PAGES_A_RUN):
                if stopping():
                    return
                with self.catalogue.transaction() as tx:
                    if not forget_copies(tx, name, FILLED_AT_ONCE):
                        break

    def _fill(self, stopping: Callable[[], bool]) -> None:
        with self.catalogue.read() as view:
            names = [name for name in unfilled(view) if name in self.policy.names]
        for name in names:
            for _ in range(PAGES_A_RUN):
                if stopping():
                    return
                with self.catalogue.transaction() as tx:
                    if not fill(tx, name, self.now(), FILLED_AT_ONCE):
                        break

    def _copy_all(self, stopping: Callable[[], bool]) -> int:
        """Every store by a thread of its own: one that hangs keeps nobody else waiting."""
        until = self.clock() + self.run_seconds
        added: list[int] = []
        at_work: list[tuple[LaggingStore, Thread]] = []
        for target in self.stores:
            if not target.worth_asking():
                continue
            with self.catalogue.read() as view:
                if not awaited_copies(view, target.name, 1):
                    continue

            def carry(target: LaggingStore = target) -> None:
                try:
                    added.append(self._copy_to(target, until, stopping))
                except LuutruError as error:
                    _log.warning("catching up %s: %s %s %s", target.name, error.code, error.message, error.detail)

            thread = Thread(target=carry, name=f"catch up {target.name}", daemon=True)
            thread.start()
            at_work.append((target, thread))
        waited_until = until + WAITED_SECONDS
        for target, thread in at_work:
            while thread.is_alive() and self.clock() < waited_until:
                if stopping():
                    # The copy under way is given the time to come to its end; what is begun again costs nothing but time.
                    waited_until = min(waited_until, self.clock() + ENDING_SECONDS)
                thread.join(0.2)
            if thread.is_alive():
                target.abandoned(thread)
        return sum(added)

    def _copy_to(self, target: LaggingStore, until: float, stopping: Callable[[], bool]) -> int:
        added, after = 0, None
        try:
            target.asked(lambda store: store.free_bytes(), ASKED_SECONDS)
            while True:
                with self.catalogue.read() as view:
                    page = awaited_copies(view, target.name, PAGE, after)
                for copy in page:
                    if stopping() or self.clock() > until:
                        return added
                    added += self._copied(copy, target.store)
                    after = (copy.since, copy.aip_id)
                if len(page) < PAGE:
                    return added
        except StoreError as error:
            target.failed(error)
            return added

    def _copied(self, copy: AwaitedCopy, target: Store) -> bool:
        """Whether this copy was added. Raises StoreError when ``target`` cannot be written to."""
        alone_until = self._left_alone.get((copy.aip_id, copy.store))
        if alone_until is not None and self.clock() < alone_until:
            return False
        added = False
        try:
            source = self._written(copy, target)
            added = source is not None and self._added(copy, target, source)
        finally:
            ended = not added and withdrawn(self.catalogue, [target], copy.aip_id, self.now)
        if added or ended:
            self._left_alone.pop((copy.aip_id, copy.store), None)
            return added
        if len(self._left_alone) > 100_000:
            self._left_alone.clear()
        self._left_alone[copy.aip_id, copy.store] = self.clock() + PAUSE_SECONDS
        return False

    def _written(self, copy: AwaitedCopy, target: Store) -> Store | None:
        """The store whose copy was proven and now stands in ``target`` too; None when no store had one."""
        with self.catalogue.read() as view:
            proven = proven_stores(view, copy.aip_id)
            written = package_record(view, copy.submission_id, copy.aip_id)
        if written is None or (written.data["sha256"], written.data["size_bytes"]) != (copy.sha256, copy.size_bytes):
            _log.error("package %s: catalogue and ledger contradict each other; nothing is copied", copy.aip_id)
            return None
        by_name: Mapping[str, Store] = {store.name: store.store for store in self.stores}
        for name in (store.name for store in self.stores if store.name in proven and store.name != target.name):
            try:
                self._copy(by_name[name], target, copy)
            except (CopyDamagedError, SourceFailedError) as error:
                _log.warning("package %s not copied from %s: %s", copy.aip_id, name, error.detail)
                self._look_again(by_name[name], copy)
                continue
            return by_name[name]
        return None

    def _copy(self, source: Store, target: Store, copy: AwaitedCopy) -> None:
        try:
            copy_proven(source, target, copy.object_key, copy.sha256, copy.size_bytes)
        except ObjectExistsError:
            # Bytes nobody ever proved lie in its place: they give way, and are kept the first time.
            keep = next(target.aside(copy.object_key), None) is None
            copy_proven(source, target, copy.object_key, copy.sha256, copy.size_bytes, replacing=True, keep=keep)

    def _added(self, copy: AwaitedCopy, target: Store, source: Store) -> bool:
        seen = verify_copy(target, copy.object_key, copy.sha256, copy.size_bytes, layout_sha256=copy.layout_sha256)
        if seen.state is CopyState.UNREADABLE:
            raise StoreError(f"Không đọc lại được bản vừa ghi vào kho «{target.name}».", detail=seen.detail)
        if not seen.ok:
            _log.error("store %s did not keep what it took: %s %s", target.name, copy.object_key, seen.detail)
            return False
        with self.catalogue.transaction() as tx:
            rows = {row.store: row.state for row in tx.copies(copy.aip_id)}
            if rows.get(copy.store) is not CopyState.AWAITED:
                return False
            copy_added(
                tx,
                Copy(copy.aip_id, copy.store, CopyState.OK, self.now()),
                source=source.name,
                actor=self.actor,
                data={"sha256": copy.sha256, "size_bytes": copy.size_bytes, "awaited_since": copy.since.isoformat()},
            )
        return True

    def _look_again(self, source: Store, copy: AwaitedCopy) -> None:
        """A copy that was proven once and now is not says so in the catalogue, for those who repair."""
        seen = verify_copy(source, copy.object_key, copy.sha256, copy.size_bytes, layout_sha256=copy.layout_sha256)
        if seen.state in (CopyState.MISMATCH, CopyState.MISSING):
            with self.catalogue.transaction() as tx:
                tx.record_copies([Copy(copy.aip_id, source.name, seen.state, self.now())])
