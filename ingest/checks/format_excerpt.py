"""Both ends of a large file are all that signatures look at: reading them alone keeps the memory of a worker small.

The identifier maps a file whole, and what it touches counts as resident: 4 GiB for a 4 GiB map.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.temporary import temporary_folder

EXCERPT_OVER_BYTES = 64 << 20
END_BYTES = 16 << 20
"""Far more than any PRONOM signature reaches from the beginning or the end."""

_MEMBER_BYTES = 1 << 20
_MEMBERS = 2_000


@contextmanager
def excerpt(path: Path, over_bytes: int = EXCERPT_OVER_BYTES) -> Iterator[Path]:
    """``path`` itself when it is small; else a temporary file with its two ends, or, for a ZIP container, with its small
    members (those that say what kind of container it is: ``mimetype``, ``[Content_Types].xml`` …)."""
    if path.stat().st_size <= over_bytes:
        yield path
        return
    with temporary_folder("excerpt") as folder:
        target = folder / "excerpt"
        if not _small_members(path, target):
            _ends(path, target)
        yield target


def _ends(path: Path, target: Path) -> None:
    with path.open("rb") as whole, target.open("wb") as part:
        part.write(whole.read(END_BYTES))
        whole.seek(-END_BYTES, 2)
        part.write(whole.read(END_BYTES))


def _small_members(path: Path, target: Path) -> bool:
    """Whether ``path`` is a ZIP that can be read, its small members now in ``target`` in their order."""
    with path.open("rb") as head:
        if head.read(4) != b"PK\x03\x04":
            return False
    try:
        with zipfile.ZipFile(path) as whole, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as part:
            small = [item for item in whole.infolist() if item.file_size <= _MEMBER_BYTES and not item.is_dir()]
            for item in small[:_MEMBERS]:
                with whole.open(item) as source, part.open(zipfile.ZipInfo(item.filename), "w") as copy:
                    shutil.copyfileobj(source, copy)
            return bool(small)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return False
