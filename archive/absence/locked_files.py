"""Reading the files of SQLite databases without ending the locks this very process holds on them.

POSIX ends all locks of a process on a file when the process closes any descriptor of it. A look that opened and closed the
catalogue would take the locks from under the connections of this process: the next process that closes the database believes
itself the last, folds the log into it and deletes the log that is still written to here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_DATABASE_FILE = re.compile(r".+\.sqlite(-wal|-shm|-journal)?")
_GONE = 3
_PIECE_BYTES = 1 << 20
_READING = f"""
import os, shutil, sys
try:
    descriptor = os.open(sys.argv[1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
except FileNotFoundError:
    sys.exit({_GONE})
with os.fdopen(descriptor, "rb", buffering=0) as file:
    shutil.copyfileobj(file, sys.stdout.buffer, {_PIECE_BYTES})
"""


def may_be_locked(path: Path) -> bool:
    """Whether it is a file of a database this process may have open; a link is none: nobody opens it here."""
    return _DATABASE_FILE.fullmatch(path.name) is not None and path.is_file() and not path.is_symlink()


def bytes_by_another(path: Path) -> Iterator[bytes]:
    """Its bytes, read by a process of its own. Raises FileNotFoundError when it vanished, OSError when it cannot be read."""
    command = [sys.executable, "-I", "-S", "-c", _READING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader:
        assert reader.stdout is not None and reader.stderr is not None
        while piece := reader.stdout.read(_PIECE_BYTES):
            yield piece
        said = reader.stderr.read().decode(errors="replace")
    if reader.returncode == _GONE:
        raise FileNotFoundError(path)
    if reader.returncode:
        raise OSError(f"{path}: {said.strip().rpartition(chr(10))[2]}")
