"""Folders of ours in the system's place for temporary files: each held by a lock for as long as its maker lives.

    <tmp>/luutru-<what>-<random>/lock     locked by the maker; goes last
                                /files…/  what the maker was given

The lock is taken before it has its name: who finds it free finds a maker that ended, however it ended. What lies there is
content of records: nothing of it may outlive who was making it, and nothing may be taken from who still works with it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "luutru-"
"""How the names of all of them begin."""
UNHELD_SECONDS = 6 * 3600.0
"""What has no lock (of an older version, or killed before it had one) is left alone until so long after its last change."""
_LOCK, _LOCK_BEGUN, _FILES = "lock", "lock.begun", "files-"


@contextmanager
def temporary_folder(what: str, within: Path | None = None) -> Iterator[Path]:
    """An empty folder for its maker's eyes only, in the system's place or ``within`` a folder; gone with the ``with``."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-", dir=within))
    held = -1
    try:
        held = os.open(folder / _LOCK_BEGUN, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        (folder / _LOCK_BEGUN).rename(folder / _LOCK)
        with tempfile.TemporaryDirectory(prefix=_FILES, dir=folder) as files:
            yield Path(files)
    finally:
        try:
            with suppress(FileNotFoundError):
                _remove(folder)
        finally:
            if held >= 0:
                os.close(held)


def temporary_paths() -> list[Path]:
    """All that is ours by its name in the system's place for temporary files, whoever made it."""
    return sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def sweep_temporary(now: Callable[[], float] = time.time) -> int:
    """Removes from the system's place what makers that ended left there; tells how much. What another account's is stays.

    Certain for folders with a lock, whatever their age; of others only those in which nothing has changed for six hours.
    """
    swept = 0
    for path in temporary_paths():
        with suppress(FileNotFoundError, PermissionError):  # gone meanwhile, or another account's
            swept += _swept(path, now)
    return swept


def _swept(path: Path, now: Callable[[], float]) -> bool:
    lock = _lock_of(path)
    if lock is None:
        if now() - _last_change(path) <= UNHELD_SECONDS:
            return False
        _remove(path)
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(path)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _lock_of(path: Path) -> int | None:
    """The lock of this folder, open; None for what has none."""
    if path.is_symlink() or not path.is_dir():
        return None
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if isinstance(error, PermissionError):
            raise
        return None
    if not stat.S_ISREG(os.fstat(lock).st_mode):
        os.close(lock)
        return None
    return lock


def _last_change(path: Path) -> float:
    """When anything of it, or in it, was last written, made, renamed or removed. Raises OSError for what cannot be seen."""

    def unseen(error: OSError) -> None:
        raise error

    newest = _changed(path)
    if path.is_dir() and not path.is_symlink():
        for folder, _, files in os.walk(path, onerror=unseen):
            newest = max(newest, _changed(Path(folder)), *(_changed(Path(folder, name)) for name in files))
    return newest


def _changed(path: Path) -> float:
    # Copying sets the one back to long ago; the other is the system's own.
    seen = path.lstat()
    return max(seen.st_mtime, seen.st_ctime)


def _remove(path: Path) -> None:
    """The lock goes last: killed before that, the rest is found again by it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name == _LOCK):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    path.rmdir()
