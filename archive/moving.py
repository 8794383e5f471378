"""A store moves to another medium: every object stands there and was read back before the policy says so.

packages by id → those stored or changed meanwhile → what else lies in the store → switch, in one transaction
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.destruction_reading import ended_packages
from archive.catalogue.model import Aip
from archive.catalogue.pieces import pieces
from archive.catalogue.policy_model import MediumMove, MoveKind
from archive.catalogue.policy_reading import adopted_policy, move_under_way
from archive.catalogue.policy_writing import adopt, begin_move, end_move, move_came_to
from archive.catalogue.reading import Reading
from archive.catalogue.writing import Transaction
from archive.copying import SourceFailedError, copy_proven, read_source
from archive.errors import CopyDamagedError, ObjectExistsError, ObjectMissingError, StoreError
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.policy_adoption import may_follow
from archive.storage.key import Key
from archive.storage.store import ObjectWriter, Store
from archive.storage_policy import PolicyRefusedError, StoragePolicy

AT_ONCE = 100
NAMED = 100
MOST_UNPROVEN = 1000
OLD_TRIED = 5
"""After so many failures in a row the old medium is asked no more."""
ROUNDS = 1000
_CHANGING = (
    Event.AIP_COPIES_VERIFIED,
    Event.AIP_COPY_ADDED,
    Event.AIP_COPY_REPAIRED,
    Event.AIP_COPY_REBUILT,
    Event.FILE_DESTRUCTION_BEGUN,
)
"""After any of these a package may have to be gone through once more, or may have to go from the new medium."""

_log = logging.getLogger(__name__)


class MediumUnfaithfulError(StoreError):
    """The new medium did not give back what it had taken; the store stays where it is."""

    code = "store.medium-unfaithful"


@dataclass
class Moving:
    """The move of the store ``new_policy`` puts elsewhere. Begun again after any interruption, it goes on where it was."""

    catalogue: Catalogue
    old_policy: StoragePolicy
    new_policy: StoragePolicy
    name: str
    old: Store
    new: Store
    others: Sequence[Store]
    """The other stores: a package that the old medium cannot give any more comes from one of them."""
    home: Path
    actor: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    progress: Callable[[int], None] = lambda _bytes: None
    stopping: Callable[[], bool] = lambda: False
    _unproven: dict[str, None] = field(default_factory=dict)
    _from_others: int = 0
    _old_failures: int = 0

    def run(self) -> MediumMove | None:
        """The move with its report: ``report["passed"]`` says whether the policy with the new place stands now; None
        when it was stopped on the way.

        Raises PolicyRefusedError and PolicyChangedError before anything is copied, MediumUnfaithfulError and StoreError
        when the new medium fails: then the next try goes on from there.
        """
        with self.catalogue.read() as view:
            self._require_possible(view)
            move = move_under_way(view, self.name, MoveKind.MEDIUM)
        new_place = self._place(self.new_policy)
        if move is not None and move.new_place != new_place:
            # Given up for another target: what was proven there says nothing of this one.
            self._given_up(move)
            move = None
        move = move or self._begun(new_place)
        remembered = move.report or {}
        self._unproven = dict.fromkeys(remembered.get("unproven", ()))
        self._from_others = int(remembered.get("from_other_stores", 0))
        for aip in self._aips(move.after_key):
            if self.stopping():
                return None
            move = self._carried(move, aip)
        seen = move.from_seq
        for _ in range(ROUNDS):
            seen, changed = self._changed(seen)
            for aip in changed:
                if self.stopping():
                    return None
                self._prove(aip)
            if not self._other_objects():
                return None
            self._remove_ended()
            if (ended := self._switched(move, seen)) is not None:
                return ended
        raise PolicyRefusedError("Kho thay đổi liên tục trong lúc chuyển.", remedy="Dừng «luutru work» rồi làm lại.")

    def _require_possible(self, view: Reading) -> None:
        standing = adopted_policy(view)
        if self.old_policy.store(self.name) is None or self.new_policy.store(self.name) is None:
            raise PolicyRefusedError(f"Chính sách lưu trữ không có kho «{self.name}».", remedy="Xem «luutru storage».")
        if self._place(self.old_policy) == self._place(self.new_policy):
            raise PolicyRefusedError(
                f"Chính sách mới vẫn đặt kho «{self.name}» ở chỗ cũ.", remedy="Nêu nơi mới: --to hoặc --policy."
            )
        if standing is None or standing.version != self.old_policy.version:
            raise PolicyRefusedError(
                "Chính sách đang áp dụng không phải bản trong tệp.", remedy="Chạy «luutru storage adopt» trước."
            )
        may_follow(view, self.new_policy, self.home, moved=[self.name])

    def _place(self, policy: StoragePolicy) -> Mapping[str, Any]:
        store = policy.store(self.name)
        assert store is not None
        return {**store.place, "location": store.location, "medium": store.medium}

    def _begun(self, new_place: Mapping[str, Any]) -> MediumMove:
        with self.catalogue.transaction() as tx:
            end = tx.ledger_end()
            move = MediumMove(
                self.new_id(),
                self.name,
                MoveKind.MEDIUM,
                self.now(),
                self.actor,
                self._place(self.old_policy),
                new_place,
                end[0] if end else 0,
            )
            begin_move(tx, move)
        return move

    def _given_up(self, move: MediumMove) -> None:
        with self.catalogue.transaction() as tx:
            end_move(tx, move.id, self.now(), {"kind": "medium", "id": move.id, "given_up": True, "passed": False})

    def _aips(self, after: str) -> Iterator[Aip]:
        """Packages of which this store holds, or should hold, a copy. The catalogue is held only between them."""
        while True:
            with self.catalogue.read() as view:
                page = [aip for aip, _ in zip(view.aips(after), range(AT_ONCE), strict=False)]
                held = [aip for aip in page if self._held(view, aip.id)]
            yield from held
            if len(page) < AT_ONCE:
                return
            after = page[-1].id

    def _held(self, view: Reading, aip_id: str) -> bool:
        states = {copy.store: copy.state for copy in view.copies(aip_id)}
        return states.get(self.name, CopyState.AWAITED) is not CopyState.AWAITED

    def _changed(self, seen: int) -> tuple[int, list[Aip]]:
        """Packages that were stored, or given a copy, since the ledger record ``seen``; and how far the ledger is now."""
        with self.catalogue.read() as view:
            end = view.ledger_end()
            ids = dict.fromkeys(_changed_since(view, seen))
            aips = [aip for aip in map(view.aip, ids) if aip is not None and self._held(view, aip.id)]
        return (end[0] if end else 0), aips

    def _carried(self, move: MediumMove, aip: Aip) -> MediumMove:
        self._prove(aip)
        move = replace(
            move,
            after_key=aip.id,
            objects=move.objects + 1,
            size_bytes=move.size_bytes + aip.size_bytes,
            report={"unproven": list(self._unproven), "from_other_stores": self._from_others},
        )
        with self.catalogue.transaction() as tx:
            move_came_to(tx, move)
        return move

    def _prove(self, aip: Aip) -> None:
        """Its bytes are on the new medium and were read back from there; or it is among the unproven."""
        self._unproven.pop(aip.id, None)
        if self._verified(aip) or self._copied(aip):
            self.progress(aip.size_bytes)
            return
        self._unproven[aip.id] = None
        if len(self._unproven) > MOST_UNPROVEN:
            raise CopyDamagedError(
                f"Hơn {MOST_UNPROVEN} gói của kho «{self.name}» không còn bản đúng ở kho nào; dừng chuyển.",
                remedy="Chạy «luutru audit» và phục hồi trước.",
            )

    def _verified(self, aip: Aip) -> bool:
        try:
            self.new.size(aip.object_key)
        except ObjectMissingError:
            return False
        return self._read_back(aip)

    def _read_back(self, aip: Aip) -> bool:
        return verify_copy(self.new, aip.object_key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256).ok

    def _copied(self, aip: Aip) -> bool:
        with self.catalogue.read() as view:
            proven = {copy.store for copy in view.copies(aip.id) if copy.state is CopyState.OK}
        old = (self.old,) if self._old_failures < OLD_TRIED else ()
        for source in (*old, *(store for store in self.others if store.name in proven)):
            try:
                self._copy(source, aip)
            except (CopyDamagedError, SourceFailedError) as error:
                self._old_failures += source is self.old and isinstance(error, SourceFailedError)
                _log.warning("moving %s: %s from %s: %s", self.name, aip.id, source.name, error.detail)
                continue
            if not self._read_back(aip):
                raise MediumUnfaithfulError(
                    f"Nơi mới của kho «{self.name}» không trả lại đúng những gì vừa ghi.",
                    remedy="Dùng phương tiện khác; kho vẫn ở chỗ cũ.",
                    detail=str(aip.object_key),
                )
            self._from_others += source is not self.old
            self._old_failures = 0 if source is self.old else self._old_failures
            return True
        return False

    def _copy(self, source: Store, aip: Aip) -> None:
        try:
            copy_proven(source, self.new, aip.object_key, aip.sha256, aip.size_bytes)
        except ObjectExistsError:
            copy_proven(source, self.new, aip.object_key, aip.sha256, aip.size_bytes, replacing=True)

    def _other_objects(self) -> bool:
        """What is no package (sealed ledger, checkpoints, reports, backups) goes along as it is; False when stopped.

        Raises SourceFailedError when no store could be gone through to its end: then the move has not been made.
        """
        failed: SourceFailedError | None = None
        for source in (self.old, *self.others):
            try:
                for key in _names(source):
                    if key.segments[0] == "aip":
                        continue
                    if self.stopping():
                        return False
                    _carry_over(source, self.new, key)
                return True
            except SourceFailedError as error:
                # The same objects lie in every store: one that is gone can be stood in for.
                _log.warning("moving %s: %s: %s", self.name, source.name, error.detail)
                failed = error
        assert failed is not None, "the old medium at least was gone through"
        raise failed

    def _remove_ended(self) -> None:
        """What was copied of hồ sơ whose destruction began meanwhile: nobody looks for it on this medium before the switch."""
        for some in pieces(self.new.keys("aip"), AT_ONCE):
            ids = {key: key.segments[-1].partition(".")[0] for key in some}
            with self.catalogue.read() as view:
                ended = ended_packages(view, ids.values())
            for key in (key for key, aip_id in ids.items() if aip_id in ended):
                self.new.remove(key)
        with self.catalogue.read() as view:
            for aip_id in ended_packages(view, list(self._unproven)):
                del self._unproven[aip_id]

    def _switched(self, move: MediumMove, seen: int) -> MediumMove | None:
        """The policy with the new place stands, if nothing was stored or copied since the ledger record ``seen``."""
        at = self.now()
        report = self._report(move, at)
        with self.catalogue.transaction() as tx:
            if any(True for _ in _changed_since(tx, seen)):
                return None
            if report["passed"]:
                self._switch(tx, move, at)
            end_move(tx, move.id, at, report)
        return replace(move, ended_at=at, report=report)

    def _switch(self, tx: Transaction, move: MediumMove, at: datetime) -> None:
        if not may_follow(tx, self.new_policy, self.home, moved=[self.name]):
            raise PolicyRefusedError("Chính sách mới đã được áp dụng trong lúc chuyển.", remedy="Xem «luutru storage».")
        adopt(tx, self.new_policy, actor=self.actor, at=at, data={"moved": self.name, "move": move.id})
        tx.append(
            Event.STORE_MEDIUM_MOVED,
            self.name,
            actor=self.actor,
            at=at,
            data={
                "store": self.name,
                "move": move.id,
                "old_place": dict(move.old_place),
                "new_place": dict(move.new_place),
                "objects": move.objects,
                "size_bytes": move.size_bytes,
            },
        )

    def _report(self, move: MediumMove, at: datetime) -> dict[str, Any]:
        return {
            "kind": "medium",
            "id": move.id,
            "store": self.name,
            "old_place": dict(move.old_place),
            "new_place": dict(move.new_place),
            "began_at": move.began_at.isoformat(),
            "ended_at": at.isoformat(),
            "by": move.began_by,
            "packages": move.objects,
            "size_bytes": move.size_bytes,
            "from_other_stores": self._from_others,
            "unproven": list(self._unproven)[:NAMED],
            "passed": not self._unproven,
        }


def _changed_since(view: Reading, seen: int) -> Iterator[str]:
    for event in _CHANGING:
        after = seen
        while records := view.records(after=after, event=event):
            for record in records:
                yield str(record.data.get("aip_id", ""))
            after = records[-1].seq


def _names(source: Store) -> Iterator[Key]:
    try:
        yield from source.keys("")
    except StoreError as error:
        raise SourceFailedError(error.message, remedy=error.remedy, detail=error.detail) from error


def _carry_over(source: Store, new: Store, key: Key) -> None:
    """The object as it is, read back from the new place. Raises SourceFailedError."""
    try:
        written = _written(source, key, new.create(key))
    except ObjectExistsError:
        written = _written(source, key, new.replacing(key))
    if written is None:
        return
    seen = hashlib.sha256()
    for chunk in new.read(key):
        seen.update(chunk)
    if seen.digest() != written:
        raise MediumUnfaithfulError(
            "Nơi mới không trả lại đúng những gì vừa ghi.", remedy="Dùng phương tiện khác.", detail=str(key)
        )


def _written(source: Store, key: Key, into: ObjectWriter) -> bytes | None:
    digest = hashlib.sha256()
    with into as writer:
        try:
            for chunk in read_source(source, key):
                digest.update(chunk)
                writer.write(chunk)
        except CopyDamagedError:
            return None  # taken away since it was listed
        writer.commit()
    return digest.digest()
