"""Where each document stands in what is given out: under its exact name, unless a receiver's disk would lose it there.

    Quyết định.pdf                 as received
    0000003/quyết định.pdf         collapses with another name on Windows or macOS: its own folder, the name exact
    0000004/_bảng _mới_.txt        Windows could not write it: its own folder, what cannot be written becomes "_"

The exact name always stands in the list that goes with it (PREMIS ``originalName``, ``danh-muc.csv``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from archive.aip.profile import numbered
from archive.dip.model import GivenDocument
from archive.paths import RelPath

_FORBIDDEN = r'<>:"|?*\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069'
"""What Windows refuses, control characters, and those that turn the writing round: ``\\u202efdp.exe`` shows as a PDF."""
_END = re.compile(r"[ .]+$")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?", re.IGNORECASE)
_ORDINAL = re.compile(r"[0-9]{7}")
_LONGEST_NAME = 200
_LONGEST_NAME_BYTES = 255
_LONGEST_PATH = 400
_DIGEST_BYTES = 12


class Places:
    """``of`` gives each document its place, one after another, no two of which collapse on any usual disk.

    ``taken``: paths that other files have there. ``avoided``: further characters that may not stand in a place.
    """

    def __init__(self, taken: Iterable[str] = (), avoided: str = "") -> None:
        self._unwritable = re.compile(f"[{_FORBIDDEN}{re.escape(avoided)}]")
        self._files: set[bytes] = set()
        self._folders: set[bytes] = set()
        for path in taken:
            self._claim(path)

    def of(self, document: GivenDocument) -> RelPath:
        exact = document.path
        usable = self._writable(exact) and not _ORDINAL.fullmatch(exact.partition("/")[0])
        if usable and self._claim(exact):
            return exact
        return RelPath(f"{numbered(document.ordinal)}/{self._made_writable(exact)}")

    def _claim(self, path: str) -> bool:
        """Whether the path was free: no file there, no folder there, no file where it needs a folder."""
        file, *folders = _collapsed_digests(path)
        if file in self._files or file in self._folders or not self._files.isdisjoint(folders):
            return False
        self._files.add(file)
        self._folders.update(folders)
        return True

    def _writable(self, path: str) -> bool:
        return len(path) <= _LONGEST_PATH and all(self._segment_writable(segment) for segment in path.split("/"))

    def _segment_writable(self, name: str) -> bool:
        return not (
            self._unwritable.search(name)
            or _END.search(name)
            or name != name.strip()
            or _RESERVED.fullmatch(name)
            or len(name) > _LONGEST_NAME
            or len(name.encode("utf-8")) > _LONGEST_NAME_BYTES
        )

    def _made_writable(self, path: RelPath) -> str:
        if self._writable(path):
            return path
        name = self._unwritable.sub("_", path.name)
        stem, dot, extension = name.rpartition(".")
        if not dot or not stem or len(extension) > 10:
            stem, extension = name, ""
        name = _shortened(stem.strip()) + (f".{extension.strip()}" if extension.strip() else "")
        name = _END.sub("_", name) or "_"
        return f"_{name}" if _RESERVED.fullmatch(name) else name


def _collapsed_digests(path: str) -> Iterator[bytes]:
    """A digest of the path as no disk can tell it from others, then one of each folder it needs."""
    segments = RelPath(path).collapsed().split("/")
    for count in range(len(segments), 0, -1):
        yield hashlib.blake2b("/".join(segments[:count]).encode("utf-8"), digest_size=_DIGEST_BYTES).digest()


def _shortened(stem: str) -> str:
    cut = stem[: _LONGEST_NAME - 20]
    while len(cut.encode("utf-8")) > _LONGEST_NAME_BYTES - 30:
        cut = cut[:-1]
    return cut.rstrip(" .") or "_"
