"""What was taken out of its place in a directory store, kept under the store's root until it is dropped.

<root>/.aside/lock                                one replacement or removal at a time, among all processes
             /<UTC time>~<token>~<key>            a file that lay at <key> until then ("/" written "~")

put aside: link (a second name for the very same file, readable or not) → fsync .aside and root; the caller then renames
the new file over the first name. Nothing is read or copied, so a file that cannot be read any more is kept as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import KeyRefusedError, ObjectMissingError
from archive.storage.disk import Disk
from archive.storage.key import Key
from archive.storage.store import Aside

ASIDE = ".aside"
_LOCK = "lock"
_TIME = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)~[0-9a-z]{1,40}~([a-z0-9_~.-]+)")


class AsideFolder:
    """The folder ``.aside`` of one store; calls raise OSError as the system gives it."""

    def __init__(self, disk: Disk, root: Path, token: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._disk = disk
        self._root = root
        self._folder = root / ASIDE
        self._token = token
        self._now = now

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else replaces or removes anything in this store meanwhile; a lock dies with its process."""
        with suppress(FileExistsError):
            self._disk.mkdir(self._folder)
        descriptor = self._disk.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT)
        try:
            self._disk.lock(descriptor, wait=True)
            yield
        finally:
            self._disk.close(descriptor)

    def put(self, key: Key, path: Path) -> Path | None:
        """What lies at ``path`` durably has a second name here, the one returned; None when nothing lies there.

        A folder there is no object and cannot have two names: it is moved here instead.
        """
        stamp = self._now().astimezone(UTC).strftime(_TIME)
        name = self._folder / f"{stamp}~{self._token()}~{key.replace('/', '~')}"
        try:
            (self._disk.rename if self._disk.is_folder(path) else self._disk.link)(path, name)
        except FileNotFoundError:
            return None
        try:
            self.sync()
        except OSError:
            self.forget(name)
            raise
        return name

    def forget(self, path: Path) -> None:
        """The name that ``put`` gave, taken back as far as possible: its file never left its place (a folder stays)."""
        with suppress(OSError):
            self._disk.unlink(path)

    def found(self, key: Key | None = None) -> Iterator[Aside]:
        """All that was put aside, or what lay at ``key``, the oldest first."""
        ending = "" if key is None else f"~{key.replace('/', '~')}"
        try:
            entries = self._disk.names(self._folder)
        except FileNotFoundError:
            return
        for name, _ in entries:
            read = _read(name) if name.endswith(ending) else None
            if read is not None and key in (None, read[1]):
                with suppress(FileNotFoundError):
                    yield Aside(name, read[1], read[0], self._disk.size(self._folder / name))

    def path(self, aside: Aside) -> Path:
        """Where it lies. Raises ObjectMissingError for a name that was never given here."""
        read = _read(aside.name)
        if read is None or read[1] != aside.key:
            raise ObjectMissingError("Kho không có đối tượng được yêu cầu.", detail=f"aside {aside.name!r}")
        return self._folder / aside.name

    def drop(self, aside: Aside) -> None:
        """Gone durably; gone already is fine."""
        path = self.path(aside)
        with suppress(FileNotFoundError):
            (self._disk.remove_folder if self._disk.is_folder(path) else self._disk.unlink)(path)
        self.sync()

    def sync(self) -> None:
        """What was put here or dropped stays so when the power goes; the folder itself may be new."""
        for folder in (self._folder, self._root):
            with suppress(FileNotFoundError):
                sync_folder(self._disk, folder)


def sync_folder(disk: Disk, folder: Path) -> None:
    descriptor = disk.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        disk.fsync(descriptor)
    finally:
        disk.close(descriptor)


def _read(name: str) -> tuple[datetime, Key] | None:
    """Time and key of a name given by ``put``; None for any other text."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC), Key(match[2].replace("~", "/"))
    except (ValueError, KeyRefusedError):
        return None
