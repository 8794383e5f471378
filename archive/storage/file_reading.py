"""One object of a directory store as a raw file: positioned reads, errors told in the store's words."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import StoreError
from archive.storage.disk import Disk, store_error
from archive.storage.key import Key

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ObjectFile(io.RawIOBase):
    """Seekable, read-only. With ``cold``, its pages are dropped from memory before the first read."""

    def __init__(self, disk: Disk, store: str, key: Key, path: Path, *, cold: bool) -> None:
        super().__init__()
        self._disk = disk
        self._store = store
        self._key = key
        self._position = 0
        try:
            # Non-blocking: a FIFO in the place of an object would otherwise hold every verification for ever.
            descriptor = disk.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                kind = disk.stat(descriptor).st_mode
                if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # a folder says so itself when it is read
                    raise OSError(errno.EINVAL, "neither a file nor a folder")
            except BaseException:
                disk.close(descriptor)
                raise
        except OSError as error:
            raise store_error(error, store, key) from error
        # Ours from here on: closed once, since its number may belong to somebody else's file the moment it is closed.
        self._descriptor = descriptor
        if cold:
            # Advice only: where it is not understood the read is still a read, if perhaps from memory.
            with suppress(OSError):
                disk.advise(self._descriptor, os.POSIX_FADV_DONTNEED)
                disk.advise(self._descriptor, os.POSIX_FADV_SEQUENTIAL)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            count = self._disk.pread_into(self._descriptor, view, self._position)
        except OSError as error:
            raise self._failure(error) from error
        self._position += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            try:
                offset += self._disk.stat(self._descriptor).st_size
            except OSError as error:
                raise self._failure(error) from error
        elif whence == io.SEEK_CUR:
            offset += self._position
        if offset < 0:
            raise ValueError("a negative position")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if not self.closed:
            super().close()
            with suppress(OSError, AttributeError):
                self._disk.close(self._descriptor)

    def _failure(self, error: OSError) -> StoreError:
        # An open file cannot be missing: whatever the system calls it, these bytes could not be read.
        failure = store_error(error, self._store)
        return StoreError(failure.message, remedy=failure.remedy, detail=f"{self._key}: {error}")
