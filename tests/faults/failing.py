"""A disk that fails now and then while the archive works: errors of reading, writing and syncing, and short reads."""

from __future__ import annotations

import errno
import os
import random
from collections import Counter
from enum import StrEnum
from pathlib import Path
from threading import Lock

from archive.storage.disk import Disk


class Failing(StrEnum):
    """Kinds of failure of a system call."""

    EIO = "EIO while reading"
    SHORT_READ = "short read"
    ENOSPC = "ENOSPC while writing"
    EROFS = "EROFS"
    FSYNC = "fsync error"
    OPEN_EIO = "EIO while opening"
    STAT_EIO = "EIO of stat"


_CALLS = {
    Failing.EIO: ("pread_into", errno.EIO),
    Failing.ENOSPC: ("write", errno.ENOSPC),
    Failing.EROFS: ("open", errno.EROFS),
    Failing.FSYNC: ("fsync", errno.EIO),
    Failing.OPEN_EIO: ("open", errno.EIO),
    Failing.STAT_EIO: ("stat", errno.EIO),
}


WRITING = frozenset({Failing.ENOSPC, Failing.EROFS, Failing.FSYNC})
"""An archive reads a thousand times for each time it writes: where these are possible, they are likely."""
_ONE_WRITE_IN = 3


class FlakyDisk(Disk):
    """While ``kinds`` is set, about one call in ``one_in`` of those a kind is about fails, of ``WRITING`` one in three.

    ``done`` counts what was done.
    """

    def __init__(self, chance: random.Random) -> None:
        self.kinds: tuple[Failing, ...] = ()
        self.one_in = 20
        self.done: Counter[Failing] = Counter()
        self._chance = chance
        self._lock = Lock()

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            self._maybe(Failing.EROFS)
        self._maybe(Failing.OPEN_EIO)
        return super().open(path, flags, mode)

    def write(self, descriptor: int, data: memoryview) -> int:
        self._maybe(Failing.ENOSPC)
        return super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        self._maybe(Failing.FSYNC)
        super().fsync(descriptor)

    def stat(self, descriptor: int) -> os.stat_result:
        self._maybe(Failing.STAT_EIO)
        return super().stat(descriptor)

    def pread_into(self, descriptor: int, buffer: memoryview, offset: int) -> int:
        self._maybe(Failing.EIO)
        if len(buffer) > 1 and self._drawn(Failing.SHORT_READ):
            return super().pread_into(descriptor, buffer[: len(buffer) // 2], offset)
        return super().pread_into(descriptor, buffer, offset)

    def _maybe(self, kind: Failing) -> None:
        if self._drawn(kind):
            number = _CALLS[kind][1]
            raise OSError(number, os.strerror(number))

    def _drawn(self, kind: Failing) -> bool:
        if kind not in self.kinds:
            return False
        with self._lock:
            drawn = self._chance.randrange(min(self.one_in, _ONE_WRITE_IN) if kind in WRITING else self.one_in) == 0
            self.done[kind] += drawn
        return drawn
