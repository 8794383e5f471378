"""What is done once for a round, when its hồ sơ are gone everywhere else: bytes that lie on in what keeps old bytes.

texts that mention ─▶ database written anew ─▶ one whole checkpoint alone in every store ─▶ one whole backup alone on
every medium ─▶ database once more ─▶ the key-encryption key replaced
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from archive.catalogue import Catalogue
from archive.catalogue.backup_log import Backup, backups_kept
from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.catalogue.compacting import compact, compact_sqlite
from archive.catalogue.scrubbing import mentions, sweep_mentions
from archive.checkpoints.sealing import Archive, seal
from archive.checkpoints.shipping import ship
from archive.checkpoints.statement import Checkpoint, Kind
from archive.checkpoints.thinning import thin, unneeded_rows
from archive.destruction.place import Outcome, tried
from archive.errors import LuutruError, StoreError
from archive.recovery.backup_ages import remove_sets
from archive.signing import ArchiveKey
from archive.storage.key import Key
from archive.storage.store import Store

_NO_SETS = ("drill-", "superseded")
"""Under ``backup/`` besides sets: reports of drills, and statements of checkpoints put out of the way; neither has rows."""


class StillThereError(LuutruError):
    """What was removed was looked for, and is there."""

    code = "destruction.still-there"


@dataclass(frozen=True)
class Mentions:
    """Alerts, saved searches, notes of runs: texts of no package that may name one."""

    catalogue: Catalogue
    mentioned: Callable[[str, str], bool]
    """Whether a text names anything of the round (its id first)."""
    name: str = "mentions"

    def finish(self, round_id: str) -> Outcome:
        return tried(lambda: self._sweep(round_id))

    def _sweep(self, round_id: str) -> None:
        def named(text: str) -> bool:
            return self.mentioned(round_id, text)

        with self.catalogue.transaction() as tx:
            sweep_mentions(tx, named)
        with self.catalogue.read() as view:
            if left := mentions(view, named):
                raise StillThereError("Danh mục vẫn còn dòng nhắc tới hồ sơ đã hủy.", detail=str(left))


@dataclass(frozen=True)
class Database:
    """The database of the catalogue, and files of SQLite beside it, without free pages or log of before."""

    url: str
    besides: Sequence[Path] = ()
    name: str = "database"

    def finish(self, round_id: str) -> Outcome:
        def done() -> None:
            compact(self.url)
            for path in self.besides:
                compact_sqlite(path)

        return tried(done)


@dataclass(frozen=True)
class Checkpoints:
    """One whole checkpoint made now is all that any store says of rows: older ones told of what is gone."""

    catalogue: Catalogue
    stores: Sequence[Store]
    key: ArchiveKey
    archive: Archive
    now: Callable[[], datetime]
    name: str = "checkpoints"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._renew)

    def _renew(self) -> None:
        full = self._sealed()
        shipped = ship(self.catalogue, self.stores, full, at=self.now(), sources=self.stores)
        failed = [item for item in shipped if item.error is not None]
        for store in self.stores:
            thin(self.catalogue, [store], keep_fulls=1)
            self._require_alone(store, full)
        if failed and failed[0].error is not None:
            raise failed[0].error

    def _sealed(self) -> Checkpoint:
        """A whole checkpoint that began after this was called."""
        for _ in range(5):
            made = seal(self.catalogue, self.stores, self.key, self.archive, now=self.now(), kind=Kind.FULL)
            if made is not None:
                return made
        raise StoreError("Chưa niêm phong toàn bộ được: một tiến trình khác đang niêm phong.", remedy="Thử lại sau.")

    def _require_alone(self, store: Store, full: Checkpoint) -> None:
        if old := outdated(self.catalogue, store, full.number):
            raise StillThereError(
                f"Kho «{store.name}» vẫn còn dữ liệu danh mục cũ.", detail=", ".join(map(str, old[:5]))
            )


def outdated(catalogue: Catalogue, store: Store, full: int) -> list[Key]:
    """Rows in ``store`` older than the whole checkpoint ``full``, by the rule they are removed by."""
    with catalogue.read() as view:
        return list(unneeded_rows(view, store, full))


@dataclass(frozen=True)
class Backups:
    """A new whole backup, and none of the older sets on any medium: they list what is gone."""

    catalogue: Catalogue
    media: Callable[[], Sequence[Store]]
    back_up: Callable[[], Backup]
    now: Callable[[], datetime]
    name: str = "backups"

    def finish(self, round_id: str) -> Outcome:
        return tried(self._replace)

    def _replace(self) -> None:
        with self.catalogue.read() as view:
            older = backups_kept(view)
            full = last_checkpoint(view, Kind.FULL)
        media = list(self.media())
        # Sets nobody has on record (of a catalogue made anew, of another machine) list what is gone just the same.
        if full is not None and (older or any(_sets(store) for store in media)):
            made = self.back_up()
            _require_everywhere(made, media)
            for store in media:
                self._remove_rows(store, full.number)
            self._remove_sets(media, [item for item in older if item.name != made.name], made.name)

    def _remove_rows(self, store: Store, full: int) -> None:
        """A medium that is no store has checkpoints of its own, which nothing else thins."""
        for key in outdated(self.catalogue, store, full):
            store.remove(key)
        if old := outdated(self.catalogue, store, full):
            raise StillThereError(f"Phương tiện «{store.name}» vẫn còn dữ liệu danh mục cũ.", detail=str(old[0]))

    def _remove_sets(self, media: Sequence[Store], older: Sequence[Backup], made: str) -> None:
        gone = set(remove_sets(self.catalogue, media, older, self.now()))
        if left := [item.name for item in older if item.name not in gone]:
            raise StoreError(
                f"Còn bộ sao lưu cũ chưa xóa được: {', '.join(left)}.",
                remedy="Gắn phương tiện chứa các bộ này; hệ thống thử lại.",
            )
        for store in media:
            for name, keys in _sets(store).items():
                for key in keys if name != made else ():
                    store.remove(key)
            if left := sorted(_sets(store).keys() - {made}):
                raise StillThereError(f"Phương tiện «{store.name}» vẫn còn bộ sao lưu cũ.", detail=", ".join(left))


def _require_everywhere(made: Backup, media: Sequence[Store]) -> None:
    """The new set is whole on every medium: nothing of an older one goes where it would leave none behind."""
    whole = {item["name"] for item in made.media if item["ok"]}
    if short := sorted({store.name for store in media} - whole):
        raise StoreError(
            f"Bộ sao lưu mới chưa toàn vẹn trên: {', '.join(short)}; chưa xóa bộ cũ nào.",
            remedy="Gắn lại, dọn chỗ hoặc thay phương tiện này; hệ thống thử lại.",
        )


def _sets(store: Store) -> dict[str, list[Key]]:
    """What lies of each set of backups on a medium."""
    found: dict[str, list[Key]] = {}
    for key in store.keys("backup"):
        if not key.segments[1].startswith(_NO_SETS):
            found.setdefault(key.segments[1], []).append(key)
    return found


class Rotates(Protocol):
    """The key store: after a round every key that is left is wrapped anew, and the old wrapping key is destroyed."""

    def rotate(self) -> object: ...


@dataclass(frozen=True)
class KeyRotation:
    """Older copies of the key store are worthless for what was destroyed once their key-encryption key is gone."""

    keys: Rotates
    name: str = "key-rotation"

    def finish(self, round_id: str) -> Outcome:
        def rotated() -> None:
            self.keys.rotate()

        return tried(rotated)
