"""Looking through a folder: the name and every byte of every file in it, as they lie there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from archive.absence.locked_files import bytes_by_another, may_be_locked
from archive.absence.looking import Looked, Sought, Trace
from archive.errors import LuutruError

_PIECE_BYTES = 1 << 20


class LinkOutsideError(LuutruError):
    """A link leads where nobody looks."""

    code = "destruction.link-outside"


class FolderLook:
    """``root`` and all below it; a file is looked at alone. ``leaving_out``: what other looks cover.

    Files that vanish meanwhile are nobody's; one that cannot be read, or a root that is not there, is an error.
    ``kept``: whether a file is the object of a living package, proven elsewhere; its name is looked at all the same.
    ``elsewhere``: the folders other looks cover. A link is looked at where it leads; one that leads into none of them, nor
    into this one, is an error: what lies there was looked at by nobody.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        leaving_out: Callable[[Path], bool] = lambda _path: False,
        kept: Callable[[Path], bool] = lambda _path: False,
        may_be_missing: bool = False,
        elsewhere: Callable[[], Collection[Path]] = tuple,
    ) -> None:
        self.name = name
        self._root = root
        self._leaving_out = leaving_out
        self._kept = kept
        self._may_be_missing = may_be_missing
        self._elsewhere = elsewhere

    def look(self, sought: Sought, looked: Looked) -> Iterator[Trace]:
        if not os.path.lexists(self._root) and self._may_be_missing:
            return
        if not self._root.is_dir():
            yield from self._file(self._root, sought, looked)
            return
        yield from self._folder(self._root, sought, looked)

    def _folder(self, folder: Path, sought: Sought, looked: Looked) -> Iterator[Trace]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            if folder == self._root:
                raise
            return
        for entry in entries:
            path = Path(entry.path)
            if self._leaving_out(path):
                continue
            yield from sought.name_traces(self.name, self._where(path))
            if entry.is_dir(follow_symlinks=False):
                yield from self._folder(path, sought, looked)
            else:
                yield from self._file(path, sought, looked)

    def _file(self, path: Path, sought: Sought, looked: Looked) -> Iterator[Trace]:
        if self._kept(path):
            looked.passed_over += 1
            return
        if may_be_locked(path):
            try:
                yield from self._bytes(path, bytes_by_another(path), sought, looked)
            except FileNotFoundError:
                if path == self._root:
                    raise
            return
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            if path == self._root:
                raise
            return
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # a socket has no bytes of its own
            if error.errno != errno.ELOOP:
                raise
            self._require_looked_at(path)
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return
            yield from self._bytes(path, iter(lambda: file.read(_PIECE_BYTES), b""), sought, looked)

    def _bytes(self, path: Path, found: Iterator[bytes], sought: Sought, looked: Looked) -> Iterator[Trace]:
        looked.objects += 1

        def pieces() -> Iterator[bytes]:
            for piece in found:
                looked.size_bytes += len(piece)
                yield piece

        where = self._where(path)
        yield from sought.traces(self.name, where, pieces(), sought.owner(where))

    def _require_looked_at(self, link: Path) -> None:
        try:
            target = link.resolve()
        except RuntimeError:
            return  # links that lead to each other
        if not any(target.is_relative_to(root.resolve()) for root in (self._root, *self._elsewhere())):
            raise LinkOutsideError(
                f"«{self.name}» có liên kết dẫn ra ngoài mọi nơi được xem.",
                remedy="Khai báo nơi liên kết dẫn tới trong [destruction] also, hoặc bỏ liên kết.",
                detail=f"{link} → {target}",
            )

    def _where(self, path: Path) -> str:
        return os.path.relpath(path, self._root) if path != self._root else path.name
