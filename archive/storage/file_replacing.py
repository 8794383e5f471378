"""One object on its way into the place of another: the old file has its name until the new one takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive.storage.aside_folder import AsideFolder
from archive.storage.disk import Disk
from archive.storage.file_writing import FileWriter
from archive.storage.key import Key


class ReplacingFileWriter(FileWriter):
    """write: as any other; commit: fsync → what lies there gets a second name aside → rename over it → fsync folders.

    Killed before the rename, the old object stands (and has a name aside); after it, the new one, whole.
    """

    def __init__(
        self,
        disk: Disk,
        store: str,
        key: Key,
        root: Path,
        writing: Path,
        token: Callable[[], str],
        aside: AsideFolder,
        *,
        keep: bool,
    ) -> None:
        self._aside = aside
        self._keep = keep
        super().__init__(disk, store, key, root, writing, token)

    def _place(self, target: Path) -> None:
        with self._aside.alone():
            # No file can be renamed over a folder: one that stands there goes aside in any case.
            kept = self._aside.put(self._key, target) if self._keep or self._disk.is_folder(target) else None
            try:
                self._disk.rename(self._part, target)
            except OSError:
                if kept is not None:
                    self._aside.forget(kept)
                raise
