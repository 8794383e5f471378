"""Quarantine between machines: what is acknowledged lies in a store all of them reach, and not on one machine's disk.

    inbox/<submission>/slot.tar     what was received: the transfer and its name, or the files of a folder
    inbox/<submission>/checks.tar   the reports and the material of the checks, once they have been made

A machine's own quarantine is a place to work in: what it lacks it brings from the store, whoever received or checked it.
The checks are carried, not made again: made later, or by another version of a tool, they could say something else than
what was decided by. Which ones they are says the ledger, by the SHA-256 of ``checks.tar``: whoever can write to the store
must not change what was found. What lies there before that record is nobody's, and gives way to what was found here.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from archive.durable import sync_folder
from archive.errors import LuutruError, ObjectExistsError, ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import Store
from ingest.quarantine import Quarantine, Slot, checks_changed, make_whole, remove_parts, remove_tree
from ingest.unpack.intake import settle

FOLDER = "inbox"
UNKNOWN_SECONDS = 900.0
"""What no submission answers for is removed when it was seen so long ago: its receiver may be about to record it."""
_PIECE_BYTES = 1 << 20
_MEMBER = re.compile(r"[A-Za-z0-9_.-]{1,128}(/[A-Za-z0-9_.-]{1,128}){0,6}")


class SharedContentError(LuutruError):
    """What lies in the shared store is not what was put there."""

    code = "quarantine.shared-content-broken"


class SharedQuarantine(Quarantine):
    """One machine's quarantine over the ``store`` it shares with the others."""

    def __init__(self, folder: Path, store: Store) -> None:
        super().__init__(folder)
        self.store = store
        self._unknown_since: dict[str, float] = {}

    def complete(self, submission_id: str) -> Slot:
        """Durable here and in the shared store. Raises StoreError: then it may not be acknowledged."""
        slot = super().complete(submission_id)
        self._put(_slot_key(submission_id), _received(slot))
        return slot

    def confirm(self, submission_id: str) -> None:
        if not self.has_received(submission_id):
            self._put(_slot_key(submission_id), _received(self.slot(submission_id)))

    def has_received(self, submission_id: str) -> bool:
        """Whether what was received lies in the shared store. Raises StoreError when it cannot be asked."""
        try:
            self.store.size(_slot_key(submission_id))
        except ObjectMissingError:
            return False
        return True

    def restore(self, submission_id: str, fill: Callable[[Slot], None]) -> None:
        """The slot of a recorded submission lies in the shared store again, from this machine or as ``fill`` makes it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_whole(self.slot(submission_id).folder, lambda part: fill(Slot(part)))
        self.confirm(submission_id)

    def held(self, submission_id: str) -> Slot:
        """The slot on this machine, brought here when another machine received it."""
        slot = self.slot(submission_id)
        if not slot.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(ObjectMissingError):
                self._fetch(_slot_key(submission_id), slot.folder)
        return slot

    def share_checks(self, submission_id: str) -> str:
        """The checks of this slot lie in the store when this returns, in the place of any others; their SHA-256 there.

        Two machines may do this for one submission, when one was given up for dead and is not: one of the two digests is
        recorded, and whoever finds the other checks in the store makes them again.
        """
        checks, key = self.slot(submission_id).checks, _checks_key(submission_id)
        try:
            return self._put(key, [checks])
        except ObjectExistsError:
            return self._put(key, [checks], replacing=True)

    def recorded_checks(self, submission_id: str, sha256: str) -> Path:
        """The checks on this machine when they are those recorded, else those from the store when they are.

        Without a digest (recorded by a version that took none) only those of this machine are believed.
        """
        checks = self.slot(submission_id).checks
        if checks.exists():
            if sha256 in ("", _packed_sha256(checks)):
                return checks
            remove_tree(checks)
        if not sha256:
            raise checks_changed(submission_id, "no digest was recorded")
        try:
            self._fetch(_checks_key(submission_id), checks, sha256)
        except (ObjectMissingError, SharedContentError) as error:
            remove_parts(checks)
            raise checks_changed(submission_id, error.detail or error.message) from error
        return checks

    def remove(self, submission_id: str) -> None:
        super().remove(submission_id)
        for key in (_checks_key(submission_id), _slot_key(submission_id)):
            self.store.remove(key)

    def ids(self) -> Iterator[str]:
        """The submissions that have content in the shared store, or on this machine."""
        known = set(super().ids())
        for key in self.store.keys(FOLDER):
            known.add(key.segments[1])
        yield from sorted(known)

    def sweep(self, known: Callable[[str], bool]) -> int:
        """Also takes from the shared store what was put there by receivers that died before it was acknowledged."""
        swept = super().sweep(known)
        with suppress(StoreError):
            self.store.sweep()
        seen = {key.segments[1] for key in self.store.keys(FOLDER)}
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

    def _put(self, key: Key, paths: list[Path], *, replacing: bool = False) -> str:
        """One object of these files and folders, the same bytes for the same content; their SHA-256."""
        with self.store.replacing(key, keep=False) if replacing else self.store.create(key) as writer:
            sha256 = _packed(paths, writer.write)
            writer.commit()
        return sha256

    def _fetch(self, key: Key, folder: Path, sha256: str = "") -> None:
        """``folder`` as it was put (with ``sha256``: as exactly these bytes), whole and durable.

        Raises ObjectMissingError, StoreError, SharedContentError.
        """
        with self.store.open(key) as file:

            def fill(part: Path) -> None:
                seen = _Hashed(file)
                _extracted(cast(IO[bytes], seen), part, within=folder.name)
                if sha256 and seen.sha256_of_all() != sha256:
                    raise _broken(f"{key}: other bytes than were recorded")

            make_whole(folder, fill)


def _slot_key(submission_id: str) -> Key:
    return Key(f"{FOLDER}/{submission_id}/slot.tar")


def _checks_key(submission_id: str) -> Key:
    return Key(f"{FOLDER}/{submission_id}/checks.tar")


def _received(slot: Slot) -> list[Path]:
    """What cannot be made again: the transfer and its name, or a folder's files, which came without a transfer."""
    found = [slot.transfer if slot.transfer.exists() else slot.content, slot.folder / "name"]
    return [path for path in found if path.exists()]


class _Hashed:
    """A file read from its beginning to its end, hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def sha256_of_all(self) -> str:
        """Also of what stands behind the end of the tar."""
        while self.read(_PIECE_BYTES):
            pass
        return self._digest.hexdigest()


class _Out:
    """Where ``tarfile`` writes to: each piece goes on, and is hashed."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self._write(data)
        return len(data)


def _packed(paths: list[Path], write: Callable[[bytes], object]) -> str:
    out = _Out(write)
    with tarfile.open(mode="w|", fileobj=cast(IO[bytes], out), format=tarfile.PAX_FORMAT) as tar:
        for path in paths:
            tar.add(path, arcname=path.name, filter=_plain)
    return out.digest.hexdigest()


def _packed_sha256(folder: Path) -> str:
    """What the object would have that ``folder`` is put into the store as."""
    return _packed([folder], lambda _data: None)


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
                    while data := source.read(_PIECE_BYTES):
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
