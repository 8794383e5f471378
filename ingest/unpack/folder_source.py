"""Entries of a folder, and a single file, read in place: links are named, never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from archive.digest import CHUNK_BYTES
from ingest.unpack.entries import Entry, EntryUnreadableError, Kind, Problem, nothing, problem
from ingest.unpack.limits import Limits

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FolderSource:
    """Walks one folder in the order of names; folders nested deeper than the limit are not entered."""

    def __init__(self, root: Path, limits: Limits, problems: list[Problem]) -> None:
        self._root = root
        self._limits = limits
        self._problems = problems

    def entries(self) -> Iterator[Entry]:
        yield from self._below(self._root, "", 1)

    def _below(self, folder: Path, prefix: str, level: int) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError:
            self._problems.append(problem("unpack.entry.unreadable", prefix.rstrip("/") or None))
            return
        for item in items:
            name = prefix + item.name
            kind = _kind(item)
            blob = folder / item.name
            yield Entry(name, kind, partial(file_chunks, blob) if kind is Kind.FILE else nothing, blob)
            if kind is Kind.DIRECTORY and level <= self._limits.depth:
                yield from self._below(blob, f"{name}/", level + 1)


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a regular file; raises EntryUnreadableError when it cannot be read or changes meanwhile."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        raise EntryUnreadableError("unpack.entry.unreadable") from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise EntryUnreadableError("unpack.entry.changed")
        while chunk := _chunk(descriptor):
            yield chunk
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise EntryUnreadableError("unpack.entry.changed")
    finally:
        os.close(descriptor)


def _chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except OSError as error:
        raise EntryUnreadableError("unpack.entry.unreadable") from error


def _kind(item: os.DirEntry[str]) -> Kind:
    if item.is_symlink():
        return Kind.LINK
    if item.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    if item.is_file(follow_symlinks=False):
        return Kind.FILE
    mode = item.stat(follow_symlinks=False).st_mode
    if stat.S_ISFIFO(mode):
        return Kind.FIFO
    return Kind.SOCKET if stat.S_ISSOCK(mode) else Kind.DEVICE
