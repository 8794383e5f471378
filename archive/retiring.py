"""A store leaves the archive: only after every package was read whole in the stores that remain, and enough were right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.model import Aip, Copy
from archive.catalogue.policy_model import MediumMove, MoveKind
from archive.catalogue.policy_reading import adopted_policy, move_under_way, proven_since, short_of_copies, unfilled
from archive.catalogue.policy_writing import begin_move, end_move, move_came_to, retire
from archive.catalogue.reading import Reading
from archive.catalogue.writing import Transaction
from archive.fixity import CopyResult, CopyState, verify_copy
from archive.storage.store import Store
from archive.storage_policy import PolicyRefusedError, StoragePolicy, require_current

AT_ONCE = 20
"""Packages proven between two notes of how far it has come."""
NAMED = 100
"""How many packages a report names."""


@dataclass(frozen=True)
class Retirement:
    """The retirement of the store ``name``. Begun again after any interruption, it goes on where it was."""

    catalogue: Catalogue
    policy: StoragePolicy
    stores: Sequence[Store]
    """All stores of the policy."""
    name: str
    actor: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    progress: Callable[[int], None] = lambda _bytes: None
    stopping: Callable[[], bool] = lambda: False

    @property
    def remaining(self) -> tuple[Store, ...]:
        return tuple(store for store in self.stores if store.name != self.name)

    def run(self) -> MediumMove | None:
        """The retirement with its report: ``report["passed"]`` says whether the store may be left out now; None when
        it was stopped on the way.

        Raises PolicyRefusedError when the stores that remain could never be enough.
        """
        with self.catalogue.read() as view:
            self._require_possible(view)
            under_way = move_under_way(view, self.name, MoveKind.RETIREMENT)
        under_way = under_way or self._begun()
        while page := self._page(under_way.after_key):
            for aip, wanted in page:
                if self.stopping():
                    return None
                results = self._read(aip, wanted)
                under_way = replace(
                    under_way,
                    after_key=aip.id,
                    objects=under_way.objects + 1,
                    size_bytes=under_way.size_bytes + aip.size_bytes,
                )
                with self.catalogue.transaction() as tx:
                    tx.record_copies(Copy(aip.id, item.store, item.state, self.now()) for item in results)
                    move_came_to(tx, under_way)
        return self._ended(under_way)

    def _require_possible(self, view: Reading) -> None:
        standing = adopted_policy(view)
        require_current(self.policy.version, standing.version if standing else 0)
        if self.policy.store(self.name) is None:
            raise PolicyRefusedError(f"Chính sách lưu trữ không có kho «{self.name}».", remedy="Xem «luutru storage».")
        left = [store for store in self.policy.stores if store.name != self.name]
        if len(left) < self.policy.copies or not any(store.required for store in left):
            raise PolicyRefusedError(
                f"Không có kho «{self.name}» thì không còn đủ {self.policy.copies} kho, hoặc không còn kho bắt buộc nào.",
                remedy="Thêm kho thay thế và chờ nó bắt kịp, rồi mới ngừng kho này.",
            )
        waiting = [name for name in unfilled(view) if name != self.name]
        if waiting:
            raise PolicyRefusedError(
                f"Kho {', '.join(waiting)} vừa được thêm và chưa được lập hết danh sách bản cần sao.",
                remedy="Để «luutru work» chạy cho xong, rồi làm lại.",
            )

    def _begun(self) -> MediumMove:
        store = self.policy.store(self.name)
        assert store is not None
        with self.catalogue.transaction() as tx:
            end = tx.ledger_end()
            move = MediumMove(
                self.new_id(),
                self.name,
                MoveKind.RETIREMENT,
                self.now(),
                self.actor,
                {**store.place, "location": store.location, "medium": store.medium},
                {},
                end[0] if end else 0,
            )
            begin_move(tx, move)
        return move

    def _page(self, after: str) -> list[tuple[Aip, frozenset[str]]]:
        """Packages behind ``after`` with the remaining stores that have a copy; only those that are stored."""
        found: list[tuple[Aip, frozenset[str]]] = []
        with self.catalogue.read() as view:
            for aip in view.aips(after):
                held = {copy.store for copy in view.copies(aip.id) if copy.state is not CopyState.AWAITED}
                if held:
                    found.append((aip, frozenset(held - {self.name})))
                if len(found) == AT_ONCE:
                    break
        return found

    def _read(self, aip: Aip, wanted: frozenset[str]) -> list[CopyResult]:
        def read(store: Store) -> CopyResult:
            return verify_copy(
                store,
                aip.object_key,
                aip.sha256,
                aip.size_bytes,
                layout_sha256=aip.layout_sha256,
                progress=self.progress,
            )

        stores = [store for store in self.remaining if store.name in wanted]
        with ThreadPoolExecutor(max(1, len(stores))) as pool:
            return list(pool.map(read, stores))

    def _ended(self, move: MediumMove) -> MediumMove:
        at = self.now()
        with self.catalogue.read() as view:
            proven = proven_since(view, [store.name for store in self.remaining], move.began_at)
        with self.catalogue.transaction() as tx:
            short = self._short(tx)
            report = {
                "kind": "retirement",
                "id": move.id,
                "store": self.name,
                "place": dict(move.old_place),
                "began_at": move.began_at.isoformat(),
                "ended_at": at.isoformat(),
                "by": move.began_by,
                "packages": move.objects,
                "size_bytes": move.size_bytes,
                "copies_wanted": self.policy.copies,
                "remaining": [self._remaining(store.name, proven) for store in self.remaining],
                "short": list(short),
                "passed": not short,
            }
            if not short:
                data = {"move": move.id, "packages": move.objects, "size_bytes": move.size_bytes}
                retire(tx, self.name, actor=self.actor, at=at, data=data)
            end_move(tx, move.id, at, report)
        return replace(move, ended_at=at, report=report)

    def _short(self, tx: Transaction) -> tuple[str, ...]:
        return short_of_copies(tx, [store.name for store in self.remaining], self.policy.copies, NAMED)

    def _remaining(self, name: str, proven: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
        store = self.policy.store(name)
        assert store is not None
        copies, size = proven.get(name, (0, 0))
        return {
            "store": name, "location": store.location, "medium": store.medium, "proven": copies, "size_bytes": size,
        }  # fmt: skip
