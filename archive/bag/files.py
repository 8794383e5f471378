"""What the judge needs to see of a bag, wherever it lies: a folder, quarantine blobs, or the entries of a tar."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from archive.bag.algorithms import ALGORITHMS
from archive.digest import CHUNK_BYTES


class BagFiles(Protocol):
    """The files of one bag by their path from its root. ``content`` and ``digests`` raise OSError when unreadable."""

    def sizes(self) -> Mapping[str, int]:
        """Every regular file and its size in bytes."""
        ...

    def directories(self) -> Collection[str]:
        """Directories that hold no file (the others follow from ``sizes``)."""
        ...

    def irregular(self) -> Mapping[str, str]:
        """What is neither file nor directory (links, devices …) and what it is; never followed."""
        ...

    def content(self, path: str) -> bytes:
        """The whole content of a tag file."""
        ...

    def digests(self, path: str, algorithms: frozenset[str]) -> Mapping[str, str]:
        """Lower-case hexadecimal digests under these names of ``ALGORITHMS``, each byte read at most once."""
        ...


def hashed(path: Path, algorithms: frozenset[str]) -> Mapping[str, str]:
    """Digests of a file that is not a link, in one pass with flat memory."""
    digests = {name: hashlib.new(ALGORITHMS[name].python_name, usedforsecurity=False) for name in algorithms}
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    with _opened(path) as file:
        while count := file.readinto(buffer):
            for digest in digests.values():
                digest.update(view[:count])
    return {name: digest.hexdigest() for name, digest in digests.items()}


def whole(path: Path) -> bytes:
    """The content of a file that is not a link."""
    with _opened(path) as file:
        return file.readall()


def _opened(path: Path) -> io.FileIO:
    return io.FileIO(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))


class FolderFiles:
    """A bag in a folder of this disk; links are named, never followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sizes: dict[str, int] = {}
        self._directories: list[str] = []
        self._irregular: dict[str, str] = {}
        for path, status in _walk(root, ""):
            if stat.S_ISREG(status.st_mode):
                self._sizes[path] = status.st_size
            elif stat.S_ISDIR(status.st_mode):
                self._directories.append(path)
            else:
                self._irregular[path] = "link" if stat.S_ISLNK(status.st_mode) else "special"

    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def directories(self) -> Collection[str]:
        return self._directories

    def irregular(self) -> Mapping[str, str]:
        return self._irregular

    def content(self, path: str) -> bytes:
        return whole(self._root / path)

    def digests(self, path: str, algorithms: frozenset[str]) -> Mapping[str, str]:
        return hashed(self._root / path, algorithms)


def _walk(root: Path, below: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / below) as entries:
        for entry in sorted(entries, key=lambda item: item.name):
            path = f"{below}/{entry.name}" if below else entry.name
            yield path, entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, path)
