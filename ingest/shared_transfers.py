"""Quarantine between machines: what is acknowledged lies in a store all of them reach, and not on one machine's disk.

    inbox/<submission>/slot.tar     what was received: the transfer and its name, or the files of a folder
    inbox/<submission>/checks.tar   the reports and the material of the checks, once they have been made

A machine's own quarantine is a place to work in: what it lacks it brings from the store, whoever received or checked it.
The checks are carried, not made again: made later, or by another version of a tool, they could say something else than
what was decided by. The first whole ones in the store are the checks of the submission; others give way to them.
"""

from __future__ import annotations

import logging
import re
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from archive.durable import sync_folder, write_whole
from archive.errors import LuutruError, ObjectExistsError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import Store
from ingest.quarantine import Quarantine, Slot, make_whole, remove_tree
from ingest.unpack.intake import settle

FOLDER = "inbox"
UNKNOWN_SECONDS = 900.0
"""What no submission answers for is removed when it was seen so long ago: its receiver may be about to record it."""
_MEMBER = re.compile(r"[A-Za-z0-9_.-]{1,128}(/[A-Za-z0-9_.-]{1,128}){0,6}")
_SHARED = "checks.shared"
_log = logging.getLogger(__name__)


class SharedContentError(LuutruError):
    """What lies in the shared store is not what was put there."""

    code = "quarantine.shared-content-broken"


class SharedQuarantine(Quarantine):
    """One machine's quarantine over the ``store`` it shares with the others."""

    def __init__(self, folder: Path, store: Store) -> None:
        super().__init__(folder)
        self._store = store
        self._unknown_since: dict[str, float] = {}

    def complete(self, submission_id: str) -> Slot:
        """Durable here and in the shared store. Raises StoreError: then it may not be acknowledged."""
        slot = super().complete(submission_id)
        self._put(_slot_key(submission_id), _received(slot))
        return slot

    def confirm(self, submission_id: str) -> None:
        try:
            self._store.size(_slot_key(submission_id))
        except ObjectMissingError:
            self._put(_slot_key(submission_id), _received(self.slot(submission_id)))

    def held(self, submission_id: str) -> Slot:
        """The slot on this machine, brought here when another machine received it, or when it has made the checks."""
        slot = self.slot(submission_id)
        if not slot.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(ObjectMissingError):
                self._fetch(_slot_key(submission_id), slot.folder)
        if slot.exists():
            if slot.checks.exists():
                self.share_checks(submission_id)
            else:
                with suppress(ObjectMissingError):
                    self._fetch(_checks_key(submission_id), slot.checks)
                    write_whole(slot.folder / _SHARED, b"")
        return slot

    def share_checks(self, submission_id: str) -> None:
        """The checks of this slot and those in the store are the same when this returns: the first ones there are."""
        slot = self.slot(submission_id)
        if (slot.folder / _SHARED).exists():
            return
        try:
            self._put(_checks_key(submission_id), [slot.checks])
        except ObjectExistsError:
            remove_tree(slot.checks)
            self._fetch(_checks_key(submission_id), slot.checks)
        write_whole(slot.folder / _SHARED, b"")

    def remove(self, submission_id: str) -> None:
        super().remove(submission_id)
        for key in (_checks_key(submission_id), _slot_key(submission_id)):
            self._store.remove(key)

    def ids(self) -> Iterator[str]:
        """The submissions that have content in the shared store, or on this machine."""
        known = set(super().ids())
        for key in self._store.keys(FOLDER):
            known.add(key.segments[1])
        yield from sorted(known)

    def sweep(self, known: Callable[[str], bool]) -> int:
        """Also takes from the shared store what was put there by receivers that died before it was acknowledged."""
        swept = super().sweep(known)
        with suppress(StoreError):
            self._store.sweep()
        seen = {key.segments[1] for key in self._store.keys(FOLDER)}
        self._unknown_since = {key: since for key, since in self._unknown_since.items() if key in seen}
        for submission_id in sorted(seen):
            if known(submission_id):
                self._unknown_since.pop(submission_id, None)
                continue
            since = self._unknown_since.setdefault(submission_id, time.monotonic())
            if time.monotonic() - since > UNKNOWN_SECONDS and not known(submission_id):
                self.remove(submission_id)
                swept += 1
        return swept

    def _put(self, key: Key, paths: list[Path]) -> None:
        """One object of these files and folders, the same bytes for the same content."""
        with self._store.create(key) as writer:
            with tarfile.open(mode="w|", fileobj=cast(IO[bytes], writer), format=tarfile.PAX_FORMAT) as tar:
                for path in paths:
                    tar.add(path, arcname=path.name, filter=_plain)
            writer.commit()

    def _fetch(self, key: Key, folder: Path) -> None:
        """``folder`` as it was put, whole and durable. Raises ObjectMissingError, StoreError, SharedContentError."""
        with self._store.open(key) as file:
            make_whole(folder, lambda part: _extracted(file, part, within=folder.name))


def _slot_key(submission_id: str) -> Key:
    return Key(f"{FOLDER}/{submission_id}/slot.tar")


def _checks_key(submission_id: str) -> Key:
    return Key(f"{FOLDER}/{submission_id}/checks.tar")


def _received(slot: Slot) -> list[Path]:
    """What cannot be made again: the transfer and its name, or a folder's files, which came without a transfer."""
    found = [slot.transfer if slot.transfer.exists() else slot.content, slot.folder / "name"]
    return [path for path in found if path.exists()]


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if member.name.endswith(".part"):
        return None
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def _extracted(file: IO[bytes], part: Path, *, within: str) -> None:
    """Files and folders under names of ours only; of ``checks.tar`` what lies inside its one folder."""
    try:
        with tarfile.open(mode="r|", fileobj=file) as tar:
            for member in tar:
                if not _MEMBER.fullmatch(member.name) or ".." in member.name or not (member.isfile() or member.isdir()):
                    raise _broken(member.name)
                target = part / (member.name.partition("/")[2] if member.name.split("/")[0] == within else member.name)
                if member.isdir():
                    target.mkdir(mode=0o700, exist_ok=True)
                    continue
                source = tar.extractfile(member)
                assert source is not None
                with target.open("xb") as out:
                    while data := source.read(1 << 20):
                        out.write(data)
    except tarfile.TarError as error:
        raise _broken(str(error)) from error
    settle(part)
    sync_folder(part)


def _broken(detail: str) -> SharedContentError:
    return SharedContentError(
        "Nội dung trong khu cách ly dùng chung bị hỏng.",
        remedy="Kiểm tra kho dùng chung; yêu cầu cơ quan nộp lại nếu không khôi phục được.",
        detail=detail,
    )
