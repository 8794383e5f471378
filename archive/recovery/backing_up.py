"""One backup set on every medium: metadata as XML, the sealed catalogue, a signed manifest, the biên bản; read back.

    backup/20261121-full/metadata.xml     hồ sơ and documents (``schemas/xsd/backup.xsd``)
                        /manifest.json    every file by its SHA-256, signed by the archive's key; written last but one
                        /minutes.json, .pdf   biên bản sao lưu

A medium that is no store also gets the checkpoints with all they speak of, so that ``luutru rebuild`` reads it too; its
rows are thinned as those of the stores are, once the newest whole checkpoint was read there.
Interrupted, a set has no manifest and is none; the next run makes another and removes what is left of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from archive.canonical import canonical_json
from archive.catalogue import Catalogue, Reading, Submission
from archive.catalogue.backup_log import (
    Backup,
    BackupKind,
    RunState,
    backup_named,
    begin_backup,
    end_backup,
    last_backup,
)
from archive.catalogue.checkpoint_reading import last_checkpoint, way_back
from archive.checkpoints.errors import CheckpointError
from archive.checkpoints.gathering import whole_part
from archive.checkpoints.placing import file_pieces, place, place_anew
from archive.checkpoints.statement import Checkpoint, Part, needed
from archive.checkpoints.thinning import thin_medium
from archive.digest import Digests, digests_of, file_digests
from archive.errors import LuutruError, StoreError
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.ledger import written_instant
from archive.lifecycle import State
from archive.local_time import VIETNAM
from archive.recovery.metadata_xml import Scope, checked_file, write_metadata
from archive.signing import ArchiveKey
from archive.storage.key import Key
from archive.storage.store import Store

LEAST_MEDIA = 2
"""TT 02/2019 Điều 8: at least two sets, each on an independent medium."""
MANIFEST_FORMAT = "luutru-backup/1"
_CHANGES_NOTHING = frozenset(
    {
        Event.AIP_COPY_DELIVERED,
        Event.AIP_FIXITY_VERIFIED,
        Event.RECORD_ACCESS_REFUSED,
        Event.RECORD_DESCRIPTION_SHOWN,
        Event.RECORD_LIST_EXPORTED,
        Event.RECORD_PRESENCE_VERIFIED,
        Event.RECORD_SEARCH_PERFORMED,
        Event.SUBMISSION_DESCRIPTION_SHOWN,
    }
)
"""Events about hồ sơ that leave their metadata as it was; a day may have millions of them."""


class BackupFailedError(LuutruError):
    """Fewer than two media have the set whole; what went wrong on each stands in the log of backups."""

    code = "backup.failed"


@dataclass(frozen=True, slots=True)
class Medium:
    """Where a set goes. ``is_store``: it is a store of the policy, and has the checkpoints anyway."""

    store: Store
    place: str
    is_store: bool


@dataclass(frozen=True)
class BackingUp:
    """How sets are made. ``sources``: stores the sealed catalogue is taken from. ``minutes_pdf``: draws the biên bản."""

    catalogue: Catalogue
    media: Sequence[Medium]
    sources: Sequence[Store]
    key: ArchiveKey
    archive: Mapping[str, str]
    now: Callable[[], datetime]
    minutes_pdf: Callable[[Mapping[str, Any]], bytes]
    location: str = ""
    operator: str = ""
    actor: str = "luutru"
    progress: Callable[[int], None] = lambda _hoso: None

    def run(self, kind: BackupKind, scratch: Path) -> Backup:
        """A new set, whole on at least two media. Raises BackupFailedError, with the log saying why."""
        begun = self._begun(kind)
        try:
            if len(self.media) < LEAST_MEDIA:
                raise BackupFailedError(
                    f"Sao lưu cần ít nhất {LEAST_MEDIA} phương tiện độc lập; chỉ có {len(self.media)}.",
                    remedy="Thêm kho vào chính sách lưu trữ, hoặc khai báo [backup] media.",
                )
            done = self._made(begun, scratch)
        except LuutruError as error:
            with self.catalogue.transaction() as tx:
                standing = backup_named(tx, begun.name) or begun
                failed = replace(standing, state=RunState.FAILED, ended_at=self.now(), error=error.message)
                end_backup(tx, failed)
            raise
        return done

    def _begun(self, kind: BackupKind) -> Backup:
        at = self.now()
        day = at.astimezone(VIETNAM).date()
        with self.catalogue.transaction() as tx:
            before = last_backup(tx)
            if before is None:
                kind = BackupKind.FULL
            name = _free_name(tx, f"{day:%Y%m%d}-{kind.value}")
            after = 0 if kind is BackupKind.FULL or before is None else before.to_seq
            begun = Backup(name, kind, RunState.RUNNING, at, after_seq=after)
            begin_backup(tx, begun)
        return begun

    def _made(self, begun: Backup, scratch: Path) -> Backup:
        xml = scratch / "metadata.xml"
        with self.catalogue.read() as view:
            end = (view.ledger_end() or (0, ""))[0]
            checkpoint = last_checkpoint(view)
            chain = way_back(view, checkpoint) if checkpoint else ()
            scope = Scope(
                begun.kind.value, begun.begun_at, self.archive["code"], self.archive["name"], begun.after_seq, end
            )
            with closing(sqlite3.connect("")) as chosen, xml.open("wb") as file:
                submissions = _chosen(view, begun, end, chosen)
                counts = write_metadata(file, view, submissions, scope, self.progress)
        if checked_file(xml) != counts:
            raise BackupFailedError("Tệp XML vừa ghi không đọc lại được đủ.", remedy="Kiểm tra ổ đĩa rồi chạy lại.")
        digests = file_digests(xml)
        manifest = self._manifest(begun, end, checkpoint, digests, (counts.hoso, counts.documents))
        with ThreadPoolExecutor(len(self.media)) as pool:
            seen = list(
                pool.map(lambda medium: self._put(medium, begun.name, xml, digests, manifest, chain), self.media)
            )
        size = digests.size_bytes + len(manifest)
        done = replace(
            begun,
            state=RunState.COMPLETED,
            ended_at=self.now(),
            to_seq=end,
            checkpoint=checkpoint.number if checkpoint else 0,
            hoso=counts.hoso,
            documents=counts.documents,
            size_bytes=size,
            manifest_sha256=digests_of([manifest]).sha256,
            media=seen,
        )
        if sum(bool(item["ok"]) for item in seen) < LEAST_MEDIA:
            with self.catalogue.transaction() as tx:
                end_backup(tx, replace(done, state=RunState.FAILED))
            troubles = "; ".join(f"{item['name']}: {item['error']}" for item in seen if not item["ok"])
            raise BackupFailedError(
                f"Chưa đủ {LEAST_MEDIA} phương tiện có bản sao lưu nguyên vẹn. {troubles}",
                remedy="Kiểm tra phương tiện rồi chạy lại «luutru backup».",
            )
        self._put_minutes(done)
        with self.catalogue.transaction() as tx:
            end_backup(tx, done)
            tx.append(
                Event.ARCHIVE_BACKUP_COMPLETED,
                "archive",
                actor=self.actor,
                at=self.now(),
                data={
                    "name": done.name,
                    "kind": done.kind.value,
                    "after_seq": done.after_seq,
                    "to_seq": done.to_seq,
                    "checkpoint": done.checkpoint,
                    "hoso": done.hoso,
                    "documents": done.documents,
                    "manifest_sha256": done.manifest_sha256,
                    "media": [item["name"] for item in seen if item["ok"]],
                },
            )
        return done

    def _manifest(
        self, begun: Backup, end: int, checkpoint: Checkpoint | None, digests: Digests, counts: tuple[int, int]
    ) -> bytes:
        sealed = {"number": checkpoint.number, "sha256": checkpoint.sha256} if checkpoint else None
        statement = {
            "format": MANIFEST_FORMAT,
            "name": begun.name,
            "kind": begun.kind.value,
            "at": written_instant(begun.begun_at),
            "archive": dict(self.archive),
            "ledger": {"after": begun.after_seq, "to": end},
            "checkpoint": sealed,
            "hoso": counts[0],
            "documents": counts[1],
            "files": [
                {
                    "key": set_key(begun.name, "metadata.xml"),
                    "sha256": digests.sha256,
                    "size_bytes": digests.size_bytes,
                }
            ],
        }
        return canonical_json(self.key.signed(statement))

    def _put(
        self,
        medium: Medium,
        name: str,
        xml: Path,
        digests: Digests,
        manifest: bytes,
        chain: Sequence[Checkpoint],
    ) -> dict[str, Any]:
        """One medium: everything of the set, each object read back; the manifest makes it one."""
        store = medium.store
        seen: dict[str, Any] = {"name": store.name, "place": medium.place, "ok": False, "error": ""}
        try:
            seen["device"] = store.device()
            place(store, set_key(name, "metadata.xml"), file_pieces(xml), digests.sha256, digests.size_bytes)
            if not medium.is_store:
                for checkpoint, parts in needed(chain):
                    self._copy_checkpoint(store, checkpoint, parts)
            place(store, set_key(name, "manifest.json"), [manifest], digests_of([manifest]).sha256, len(manifest))
        except (StoreError, CheckpointError) as error:
            return {**seen, "error": error.message}
        if not medium.is_store:
            # The set is whole there, and all that its checkpoint needs was read: what a whole one replaces may go.
            with suppress(StoreError, CheckpointError):
                thin_medium(self.catalogue, store, chain)
        return {**seen, "ok": True}

    def _copy_checkpoint(self, store: Store, checkpoint: Checkpoint, parts: Sequence[Part]) -> None:
        """Each object read on the medium, also one that earlier sets brought: what has rotted there is put right.

        Raises StoreError for another checkpoint of this number, before anything is touched: the medium is another's.
        """
        standing = verify_copy(store, checkpoint.key, checkpoint.sha256, len(checkpoint.document))
        if standing.state is CopyState.MISMATCH:
            raise StoreError(
                f"Phương tiện «{store.name}» có điểm niêm phong số {checkpoint.number} với nội dung khác.",
                remedy="Kiểm tra có đúng là phương tiện của kho này không.",
            )
        for part in parts:
            if not verify_copy(store, part.key, part.sha256, part.size_bytes).ok:
                with whole_part(self.catalogue, self.sources, part) as path:
                    place_anew(store, part.key, file_pieces(path), part.sha256, part.size_bytes)
        place(store, checkpoint.key, [checkpoint.document], checkpoint.sha256, len(checkpoint.document))

    def _put_minutes(self, done: Backup) -> None:
        """The biên bản beside each whole set; a medium that fails now has its set all the same."""
        minutes = self.minutes(done)
        data = canonical_json(self.key.signed(minutes))
        drawn = self.minutes_pdf(minutes)
        whole = {item["name"] for item in done.media if item["ok"]}
        for medium in self.media:
            if medium.store.name in whole:
                for name, value in (("minutes.json", data), ("minutes.pdf", drawn)):
                    digests = digests_of([value])
                    place(medium.store, set_key(done.name, name), [value], digests.sha256, len(value))

    def minutes(self, done: Backup) -> dict[str, Any]:
        """The biên bản sao lưu with the fields of the form (TT 02/2019 Phụ lục VII)."""
        return {
            "format": "luutru-backup-minutes/1",
            "archive": dict(self.archive),
            "name": done.name,
            "begun_at": written_instant(done.begun_at),
            "ended_at": written_instant(done.ended_at or done.begun_at),
            "location": self.location,
            "operator": self.operator or self.actor,
            "old_media": [store.name for store in self.sources],
            "new_media": [dict(item) for item in done.media],
            "method": done.kind.value,
            "database": {"ledger": {"after": done.after_seq, "to": done.to_seq}, "checkpoint": done.checkpoint},
            "hoso": done.hoso,
            "documents": done.documents,
            "size_bytes": done.size_bytes,
            "manifest_sha256": done.manifest_sha256,
            "result": "read back and compared; metadata validated against its schema",
        }


def due_kind(view: Reading, day: date) -> BackupKind:
    """Full on the first of the month, and whenever this month has no full one yet; else incremental."""
    full = last_backup(view, BackupKind.FULL)
    if full is None:
        return BackupKind.FULL
    made = full.begun_at.astimezone(VIETNAM).date()
    return BackupKind.INCREMENTAL if (made.year, made.month) == (day.year, day.month) else BackupKind.FULL


def set_key(name: str, file: str) -> Key:
    return Key(f"backup/{name}/{file}")


def _free_name(view: Reading, name: str) -> str:
    number, found = 1, name
    while backup_named(view, found) is not None:
        number += 1
        found = f"{name}-{number}"
    return found


def _chosen(view: Reading, begun: Backup, end: int, chosen: sqlite3.Connection) -> Iterator[Submission]:
    """All of them, or those something happened to behind the last backup; each once, in flat memory."""
    if begun.kind is BackupKind.FULL:
        yield from view.submissions_in(*State)
        return
    chosen.execute("CREATE TABLE chosen (id TEXT PRIMARY KEY) WITHOUT ROWID")
    after = begun.after_seq
    while page := view.records(after=after):
        for record in page:
            after = record.seq
            if record.seq > end or not _matters(record.event):
                continue
            subject = str(record.data.get("aip_id") or record.subject)
            owner = view.submission_of_aip(subject)
            known = {owner.id} if owner else view.known_submissions([record.subject])
            chosen.executemany("INSERT OR IGNORE INTO chosen VALUES (?)", ((item,) for item in known))
    for (submission_id,) in chosen.execute("SELECT id FROM chosen ORDER BY id"):
        yield view.submission(submission_id)


def _matters(event: str) -> bool:
    return event.partition(".")[0] in ("submission", "aip", "record") and event not in _CHANGES_NOTHING
