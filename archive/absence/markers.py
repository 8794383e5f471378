"""Markers: 32 bytes out of the middle of each original and of its text, and the words people knew it by.

They are taken while the content is there and stand, until proof is given, in one file of the archive's home: in base64, so
that looking for them does not find that file. It is removed before a certificate is issued. Taking them where they occur
nowhere else is done twice: originals that another hồ sơ has too give none, and one met later in a row of a living hồ sơ is
reported as lawful there.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from archive.absence.patterns import SHORTEST_BYTES, Needle, searchable
from archive.canonical import canonical_sha256
from archive.catalogue.destruction_model import Needles
from archive.durable import sync_folder

MARKER_BYTES = 32
OF_EACH = 3
_NONE: Mapping[str, Needles] = {}
_LOOKED_AT_BYTES = 4096
_VARIED = 12
"""Different bytes in a marker: a stretch of blanks is in every file."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The needles of one hồ sơ. ``unread``: how many of its originals could not be read, and gave none."""

    file_id: str
    needles: tuple[Needle, ...]
    unread: int = 0

    @property
    def seal(self) -> Needles:
        """What the intent keeps of them: a hồ sơ looked for by other needles than these was not looked for."""
        rows = sorted([needle.kind, needle.data.hex()] for needle in self.needles)
        return Needles(len(rows), canonical_sha256({"needles": rows}))


def content_markers(file: BinaryIO, begin: int, size: int, count: int = OF_EACH) -> list[bytes]:
    """At most ``count`` stretches of 32 bytes out of the ``size`` bytes from ``begin`` on, spread over them."""
    found: list[bytes] = []
    for number in range(count):
        middle = begin + size * (2 * number + 1) // (2 * count)
        start = max(begin, min(middle, begin + size - _LOOKED_AT_BYTES // 2))
        file.seek(start)
        marker = first_marker(file.read(min(_LOOKED_AT_BYTES, begin + size - start)))
        if marker is not None and marker not in found:
            found.append(marker)
    return found


def first_marker(data: bytes) -> bytes | None:
    """The first 32 bytes of ``data`` that can be looked for; None when all of it is too monotonous."""
    for start in range(0, len(data) - MARKER_BYTES + 1):
        marker = data[start : start + MARKER_BYTES]
        if len(set(marker)) >= _VARIED and searchable(marker):
            return marker
    return None


def text_needles(about: str, text: str) -> Iterator[Needle]:
    """A title or the name of a file in every form it is written in somewhere; none for what is too short to tell."""
    for form in forms(text):
        if searchable(form):
            yield Needle(about, "text", form)


def forms(text: str) -> tuple[bytes, ...]:
    """UTF-8 composed and decomposed, UTF-16, JSON and URL escapes: as files, databases, logs and addresses have it."""
    composed = unicodedata.normalize("NFC", text.strip())
    if len(composed.encode("utf-8", "surrogatepass")) < SHORTEST_BYTES:
        return ()
    found = [
        composed.encode("utf-8", "surrogatepass"),
        unicodedata.normalize("NFD", composed).encode("utf-8", "surrogatepass"),
        composed.encode("utf-16-le", "surrogatepass"),
        json.dumps(composed, ensure_ascii=True)[1:-1].encode("ascii"),
        json.dumps(composed, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
        quote(composed.encode("utf-8", "surrogatepass")).encode("ascii"),
    ]
    return tuple(dict.fromkeys(found))


class MarkerFile:
    """The markers of one round in a file only this account reads; each hồ sơ's are durable before it is destroyed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, marked: Iterable[Marked]) -> None:
        """Durable when this returns, each hồ sơ in a line of its own. A line a kill cut off takes none of these with it, and
        neither does another process that adds at the same time.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                file.write(b"\n")
            for item in marked:
                rows = [[needle.kind, base64.b64encode(needle.data).decode("ascii")] for needle in item.needles]
                row = {"file_id": item.file_id, "unread": item.unread, "needles": rows}
                file.write(json.dumps(row).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)

    def read(self, seals: Mapping[str, Needles] = _NONE) -> dict[str, Marked]:
        """By id of the hồ sơ; a line that a kill cut off is passed over, its hồ sơ was not begun then.

        ``seals``: what the intents sealed. Of a hồ sơ with one its line counts, whatever a process that was taken over
        added behind it; of others the last.
        """
        if not self.path.exists():
            return {}
        with self.path.open("rb") as lines:
            return read_marked(lines, seals)

    def remove(self) -> None:
        """Written over, then gone; gone already is fine. Whether the medium keeps the old blocks is for the minutes."""
        if not self.path.exists():
            return
        size = self.path.stat().st_size
        with self.path.open("r+b") as file:
            for start in range(0, size, 1 << 20):
                file.write(bytes(min(1 << 20, size - start)))
            file.flush()
            os.fsync(file.fileno())
        self.path.unlink()
        sync_folder(self.path.parent)


def read_marked(lines: Iterable[bytes], seals: Mapping[str, Needles] = _NONE) -> dict[str, Marked]:
    """The lines of a marker file, as ``MarkerFile.read`` tells them; one that a kill cut off is passed over."""
    found: dict[str, Marked] = {}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        needles = (Needle(row["file_id"], kind, base64.b64decode(data, validate=True)) for kind, data in row["needles"])
        said, known = Marked(row["file_id"], tuple(needles), int(row["unread"])), found.get(row["file_id"])
        if known is None or known.seal != seals.get(said.file_id):
            found[said.file_id] = said
    return found
