"""A disk whose n-th system call fails, so that each can be made to fail in turn."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from archive.storage.disk import Disk

WATCHED = (
    "open",
    "write",
    "fsync",
    "chmod",
    "stat",
    "lock",
    "link",
    "rename",
    "unlink",
    "mkdir",
    "pread_into",
    "names",
)


class FailingDisk(Disk):
    """``fail_at`` counts the watched calls from 1; 0 fails none. ``calls`` are the names of those made so far."""

    def __init__(self, fail_at: int = 0, errno: int = 0, only: Iterable[str] = WATCHED, times: int = 1) -> None:
        self.calls: list[str] = []
        self.failed: str | None = None
        self._fail_at = fail_at
        self._errno = errno
        self._only = frozenset(only)
        self._times = times

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        if name not in WATCHED or name not in self._only:
            return method

        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            if self._fail_at <= len(self.calls) < self._fail_at + self._times:
                self.failed = name
                raise OSError(self._errno, os.strerror(self._errno))
            return method(*arguments, **named)

        return call


def names_under(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
