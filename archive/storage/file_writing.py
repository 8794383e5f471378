"""One object on its way into a directory store: nothing under its key until every byte is on the medium."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.errors import ObjectExistsError, StoreError
from archive.storage.disk import Disk, store_error
from archive.storage.key import Key
from archive.storage.store import CHUNK_BYTES, Bytes

_READ_ONLY = 0o444
_TRIES = 5


class FileWriter:
    """An ``ObjectWriter``: a locked file under ``writing`` that gets its second name, the key, by ``commit``."""

    def __init__(self, disk: Disk, store: str, key: Key, root: Path, writing: Path, token: Callable[[], str]) -> None:
        self._disk = disk
        self._store = store
        self._key = key
        self._root = root
        self._usable = False
        try:
            self._part, self._descriptor = self._claimed(writing, token)
        except OSError as error:
            raise self._failure(error) from error
        self._open = True
        self._usable = True

    def write(self, data: Bytes, /) -> int:
        self._require_usable()
        view = memoryview(data).cast("B")
        try:
            done = 0
            while done < len(view):
                done += self._disk.write(self._descriptor, view[done:])
        except OSError as error:
            self._usable = False
            raise self._failure(error) from error
        return len(view)

    def commit(self) -> None:
        self._require_usable()
        self._usable = False
        try:
            self._disk.chmod(self._descriptor, _READ_ONLY)
            self._disk.fsync(self._descriptor)
            target = self._root.joinpath(*self._key.segments)
            self._placed(target)
            self._sync_folders()
        except OSError as error:
            # A failed fsync is never tried again on the same file: the system may already have dropped the bytes.
            raise self._failure(error) from error
        self._discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._usable = False
        self._discard()

    def _placed(self, target: Path) -> None:
        """In its folder, which whoever removes the last object of it may take away before this one is there."""
        for left in reversed(range(_TRIES)):
            self._make_folders()
            try:
                return self._place(target)
            except FileNotFoundError:
                if not left:
                    raise

    def _place(self, target: Path) -> None:
        """The finished file gets its name, unless other bytes have it."""
        try:
            self._disk.link(self._part, target)
        except FileExistsError:
            self._require_same(target)

    def _claimed(self, writing: Path, token: Callable[[], str]) -> tuple[Path, int]:
        """A new file that this process holds locked. A sweeper may take one before its lock: then there is another."""
        while True:
            part = writing / token()
            try:
                descriptor = self._disk.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            except FileNotFoundError:
                with suppress(FileExistsError):
                    self._disk.mkdir(writing)
                descriptor = self._disk.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            try:
                self._disk.lock(descriptor, wait=True)
                if self._disk.stat(descriptor).st_nlink:
                    return part, descriptor
            except BaseException:
                self._disk.close(descriptor)
                with suppress(OSError):
                    self._disk.unlink(part)
                raise
            self._disk.close(descriptor)

    def _folders(self) -> list[Path]:
        """From the root down to the folder of the object."""
        segments = self._key.segments[:-1]
        return [self._root.joinpath(*segments[:depth]) for depth in range(len(segments) + 1)]

    def _make_folders(self) -> None:
        for folder in self._folders()[1:]:
            with suppress(FileExistsError):
                self._disk.mkdir(folder)

    def _sync_folders(self) -> None:
        """All of them, each time: one found there may have been made by a writer that died before its fsync."""
        for folder in reversed(self._folders()):
            descriptor = self._disk.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                self._disk.fsync(descriptor)
            finally:
                self._disk.close(descriptor)

    def _require_same(self, target: Path) -> None:
        """Compares every byte; the bytes of the object that is there were synced before it got its name."""
        other = self._disk.open(target, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if self._disk.stat(other).st_size == self._disk.stat(self._descriptor).st_size and self._equal(other):
                return
        finally:
            self._disk.close(other)
        raise ObjectExistsError(
            f"Kho «{self._store}» đã có đối tượng này với nội dung khác; không ghi đè.",
            remedy="Chạy «luutru fsck» để biết bên nào sai.",
            detail=f"{self._store} {self._key}",
        )

    def _equal(self, other: int) -> bool:
        mine, theirs = memoryview(bytearray(CHUNK_BYTES)), memoryview(bytearray(CHUNK_BYTES))
        offset = 0
        while True:
            count = self._disk.pread_into(self._descriptor, mine, offset)
            got = 0
            while got < count:
                step = self._disk.pread_into(other, theirs[got:count], offset + got)
                if not step:
                    return False
                got += step
            if mine[:count] != theirs[:count]:
                return False
            if not count:
                return True
            offset += count

    def _discard(self) -> None:
        """Drops the name under ``writing``. Should even that fail, a sweep finds it once the lock is gone."""
        if not self._open:
            return
        self._open = False
        with suppress(OSError):
            self._disk.unlink(self._part)
        with suppress(OSError):
            self._disk.close(self._descriptor)

    def _require_usable(self) -> None:
        if not self._usable:
            raise StoreError(
                f"Không thể ghi tiếp vào kho «{self._store}» sau khi lỗi hoặc đã hoàn tất.",
                detail=f"{self._store} {self._key}: writer is done",
            )

    def _failure(self, error: OSError) -> StoreError:
        return store_error(error, self._store)
