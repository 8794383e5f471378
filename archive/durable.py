"""Files and folders that survive a power cut once a call has returned."""

from __future__ import annotations

import os
from pathlib import Path

PART = ".part"
"""What is not whole yet bears this at the end of its name."""


def sync_folder(folder: Path) -> None:
    """What was created, renamed or removed in ``folder`` survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """``path`` holds all of ``data``, durably, or what it held before."""
    part = path.with_name(path.name + PART)
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_folder(path.parent)
