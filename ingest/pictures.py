"""Pictures of pages, made in workers once and kept in a folder until space or a destruction asks for theirs."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from archive.errors import LuutruError
from ingest.inspector.client import Asked, Inspection, Outcome, inspection
from ingest.picture_shelf import exclusive, shared, tried_exclusive

THUMBNAIL_WIDTH = 240
MOST_WIDTH = 2_400
_FORMAT = "webp"
_MEDIA_TYPE = "image/webp"
_DRAWING = 1
"""Goes up when our own drawing changes; a new version of a library changes the name by itself."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEPT = re.compile(r"(?P<key>\d+-\d+-[^_]+)_(?P<width>\d+)x(?P<height>\d+)_(?P<pages>\d+)\.webp")
_PART = ".part"
_ABANDONED_SECONDS = 3_600.0


class PictureError(LuutruError):
    """There is no picture of this page; nothing was kept."""

    code = "picture.unavailable"


class PictureUnavailableError(PictureError):
    """The document could not be drawn: broken, locked, too large, or not in time; or no worker could be had."""


class PicturePageMissingError(PictureError):
    """The document has no such page. ``pages``: how many it has."""

    code = "picture.page.missing"

    def __init__(self, page: int, pages: int | None) -> None:
        known = f" (có {pages} trang)" if pages is not None else ""
        super().__init__(f"Tài liệu không có trang {page}{known}.")
        self.pages = pages


class PictureFormatError(PictureError):
    """Documents of this kind (texts, sheets, archives) are not drawn."""

    code = "picture.format.unsupported"


class PictureWidthError(PictureError):
    """The width asked for is not between 1 and ``MOST_WIDTH`` pixels."""

    code = "picture.width.refused"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the folder; ``pages``: of how many pages it shows one. Open it soon: it may be forgotten."""

    path: Path
    media_type: str
    width: int
    height: int
    pages: int


class Pictures:
    """Pictures by digest of the document, page and width. For any number of threads and processes over one folder.

        <folder>/<aa>/<sha256>/<page>-<width>-<renderer>_<w>x<h>_<pages>.webp

    The folder holds at most ``most_bytes``: those longest not looked at make room. All of it may be deleted at any time.
    """

    def __init__(self, pool: Asked, folder: Path, *, most_bytes: int = 2 << 30, timeout_seconds: float = 30.0) -> None:
        self._pool = pool
        self._folder = folder
        self._most_bytes = most_bytes
        self._timeout_seconds = timeout_seconds
        self._renderer = f"pdfium{version('pypdfium2')}+pillow{version('pillow')}+{_DRAWING}"
        self._lock = Lock()
        self._used_bytes: int | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def thumbnail(self, blob: Path, sha256: str) -> Picture:
        """The first page, small."""
        return self.page(blob, sha256, 1, THUMBNAIL_WIDTH)

    def page(self, blob: Path, sha256: str, page: int, width: int) -> Picture:
        """Page ``page`` (from 1) of the document in ``blob``, whose SHA-256 is ``sha256``; drawn only if not kept yet.

        Raises ``PicturePageMissingError``, ``PictureFormatError``, ``PictureWidthError``, ``PictureUnavailableError``.
        """
        kept = self.kept(sha256, page, width)
        if kept is not None:
            return kept
        if page < 1:
            raise PicturePageMissingError(page, None)
        with shared(self._locked(sha256)):
            picture = self._drawn(blob, sha256, page, width)
        self._make_room(picture)
        return picture

    def kept(self, sha256: str, page: int, width: int) -> Picture | None:
        """The picture if it was drawn before: without the document, without a worker."""
        if not 1 <= width <= MOST_WIDTH:
            raise PictureWidthError(f"Chiều rộng hình phải từ 1 đến {MOST_WIDTH} điểm ảnh.")
        key = self._key(page, width)
        for path in _files(self._home(sha256)):
            match = _KEPT.fullmatch(path.name)
            if match and match["key"] == key:
                try:
                    os.utime(path)
                except FileNotFoundError:
                    return None
                return Picture(path, _MEDIA_TYPE, int(match["width"]), int(match["height"]), int(match["pages"]))
        return None

    def holds(self, sha256: str) -> bool:
        """Whether any picture of the document is kept, or being made."""
        return self._home(sha256).exists()

    def forget(self, sha256: str) -> int:
        """Removes every picture of the document; tells how many files. None is left or being made when this returns.

        Drawing that is under way, in whatever process, is waited for. Whoever destroys a document takes it out of reach
        first, so that nobody begins anew.
        """
        with exclusive(self._locked(sha256)):
            home = self._home(sha256)
            count = len(list(_files(home)))
            shutil.rmtree(home, ignore_errors=True)
            if home.exists():
                raise PictureUnavailableError(
                    "Không xóa được hình trang của tài liệu.", detail=f"{home.name} still there"
                )
        with self._lock:
            self._used_bytes = None
        return count

    def _drawn(self, blob: Path, sha256: str, page: int, width: int) -> Picture:
        home = self._home(sha256)
        home.mkdir(parents=True, exist_ok=True)
        part = home / f"{uuid.uuid4().hex}{_PART}"
        options = {"out": str(part.absolute()), "page": page, "width": width, "format": _FORMAT}
        try:
            seen = inspection(self._pool, "page", blob, options, timeout_seconds=self._timeout_seconds)
            _refuse(seen, page)
            wide, high, pages = (int(seen.facts[name]) for name in ("width", "height", "pages"))
            path = home / f"{self._key(page, width)}_{wide}x{high}_{pages}.{_FORMAT}"
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return Picture(path, _MEDIA_TYPE, wide, high, pages)

    def _make_room(self, newest: Picture) -> None:
        """Counted from the folder at first and whenever it is full; in between, by what this process added."""
        with self._lock:
            if self._used_bytes is not None:
                self._used_bytes += newest.path.stat().st_size if newest.path.exists() else 0
                if self._used_bytes <= self._most_bytes:
                    return
            self._used_bytes = self._emptied(newest.path)

    def _emptied(self, newest: Path) -> int:
        """The bytes left after the oldest were removed: down to nine tenths, so that not every picture empties anew."""
        found = []
        for path in _all_files(self._folder):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            abandoned = path.suffix == _PART and status.st_mtime < time.time() - _ABANDONED_SECONDS
            if path.suffix != _PART or abandoned:
                found.append((status.st_mtime_ns, status.st_size, path))
        used = sum(size for _, size, _ in found)
        if used <= self._most_bytes:
            return used
        for _, size, path in sorted(found):
            if used <= self._most_bytes * 9 // 10:
                break
            if path != newest:
                path.unlink(missing_ok=True)
                used -= size
                with tried_exclusive(path.parent.parent / ".lock") as alone:
                    if alone:
                        _remove_if_empty(path.parent)
        return used

    def _home(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self._folder / sha256[:2] / sha256

    def _locked(self, sha256: str) -> Path:
        return self._home(sha256).parent / ".lock"

    def _key(self, page: int, width: int) -> str:
        return f"{page}-{width}-{self._renderer}"


def _refuse(seen: Inspection, page: int) -> None:
    if seen.outcome is not Outcome.OK:
        raise PictureUnavailableError(
            {
                Outcome.TIMEOUT: "Vẽ trang này mất quá nhiều thời gian.",
                Outcome.OUT_OF_MEMORY: "Trang này quá lớn để vẽ thành hình.",
                Outcome.UNAVAILABLE: "Công cụ vẽ trang chưa sẵn sàng.",
            }.get(seen.outcome, "Không vẽ được trang này thành hình."),
            remedy="Tải tài liệu gốc về để xem.",
            detail=seen.reason,
        )
    rule = seen.facts.get("error")
    if rule is None:
        return
    if rule == "page-missing":
        raise PicturePageMissingError(page, seen.facts.get("pages"))
    if rule == "no-picture":
        raise PictureFormatError("Loại tệp này không có hình trang.", remedy="Tải tài liệu gốc về để xem.")
    raise PictureUnavailableError(
        {
            "encrypted": "Tài liệu được bảo vệ bằng mật khẩu nên không vẽ được hình trang.",
            "too-large": "Ảnh quá lớn để vẽ thành hình trang.",
        }.get(str(rule), "Tài liệu hỏng hoặc không đúng định dạng nên không vẽ được hình trang."),
        remedy="Tải tài liệu gốc về để xem.",
        detail=str(rule),
    )


def _files(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            yield from (Path(entry.path) for entry in entries)
    except FileNotFoundError:
        return


def _all_files(folder: Path) -> Iterator[Path]:
    for aa in _files(folder):
        for home in _files(aa) if aa.is_dir() else ():
            yield from _files(home) if home.is_dir() else ()


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
