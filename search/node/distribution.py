"""Which Elasticsearch the archive runs, and how its checked zip becomes a home folder."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from search.errors import NodeError

VERSION = "9.5.3"
ZIP_SHA256 = "bec49f3b8d00e75c8d1cec85c35298635ec9fbd3ae80ef5aeb6bc05abdb3db2d"
"""The registry publishes no checksum beside this zip, so the one that was examined is fixed here."""

_KEPT_MODULES = frozenset({"transport-netty4"})
_LEFT_OUT = ("darwin-", "windows-")


def check_zip(path: Path) -> None:
    """Returns only if ``path`` is byte for byte the distribution that was examined; else NodeError."""
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != ZIP_SHA256:
        raise NodeError(
            "Tệp Elasticsearch tải về không đúng mã băm đã ghim; không sử dụng. / "
            "The downloaded Elasticsearch does not match its pinned SHA-256; it was not used.",
            remedy="Xóa bản trong kho Maven cục bộ rồi tải lại; nếu vẫn sai thì không cài.",
            detail=f"{path}: sha256 {actual}, expected {ZIP_SHA256}",
        )


def unpack(source: Path, home: Path) -> None:
    """Writes the parts of the zip that the embedded node uses into ``home``.

    Left out: files for other systems, and the modules the loopback node does without (apm agent, x-pack).
    """
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            below = _wanted(entry.filename)
            if below is None or entry.is_dir():
                continue
            target = home.joinpath(*below.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as incoming, target.open("wb") as outgoing:
                shutil.copyfileobj(incoming, outgoing, 1 << 20)
    for folder in ("modules", "plugins", "config"):
        (home / folder).mkdir(exist_ok=True)


def _wanted(name: str) -> PurePosixPath | None:
    parts = PurePosixPath(name).parts[1:]
    if not parts or ".." in parts:
        return None
    if parts[0] == "modules" and (len(parts) < 2 or parts[1] not in _KEPT_MODULES):
        return None
    if parts[0] not in {"lib", "modules", "LICENSE.txt", "NOTICE.txt"}:
        return None
    if any(part.startswith(_LEFT_OUT) for part in parts):
        return None
    return PurePosixPath(*parts)
