"""Files whose old bytes shall not be found: overwritten, then removed.

On media that write elsewhere instead of over (flash, copy-on-write), the old blocks may stay: the minutes of a
destruction say so, and the order of things never depends on this alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from archive.durable import sync_folder

_PIECE = 1 << 20


def wiped(path: Path) -> bool:
    """``path`` is overwritten with zeros, on the medium, and then gone when this returns; False when it was not there.

    Its length is never changed before: who still has it open reads zeros, and never beyond its end. Raises OSError.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        left, place = os.fstat(descriptor).st_size, 0
        while left:
            count = os.pwrite(descriptor, bytes(min(left, _PIECE)), place)
            place, left = place + count, left - count
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()
    sync_folder(path.parent)
    return True
