"""Files for the time of one answer: in a folder of this process alone, and gone with it, however it ends.

    <home>/tmp/lock           held while a folder begins, and while those left behind are looked for
              /<id>/lock      held by the process whose folder it is; goes with the process

What is drawn or packed there is content of records: nothing of it may outlive who was making it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

_LOCK = "lock"
_own: dict[Path, Path] = {}
_beginning = Lock()


def scratch_of(home: Path) -> Path:
    """The folder of this process under ``home``, for its eyes only; the same one each time."""
    with _beginning:
        known = _own.get(home)
        if known is None or not known.is_dir():
            known = _own[home] = _begun(home)
        return known


def sweep_scratch(home: Path) -> int:
    """Removes what processes that ended left under ``home``, killed ones too; says how much. Those at work are passed over."""
    swept = 0
    with _alone(home / "tmp") as folder:
        for entry in sorted(folder.iterdir()):
            if entry.name == _LOCK or _in_use(entry):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
            swept += 1
    return swept


def _begun(home: Path) -> Path:
    with _alone(home / "tmp") as folder:
        own = folder / uuid.uuid4().hex
        own.mkdir(mode=0o700)
        # Never closed: it is the process that holds it.
        fcntl.flock(os.open(own / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), fcntl.LOCK_EX)
    return own


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(file)


def _in_use(entry: Path) -> bool:
    try:
        file = os.open(entry / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
