"""How far the reading of one large object has come, in a file beside the archive: what a killed reading has read counts.

<magic line>                        which object under which record this is about
kind, length, CRC, packed content   one after another, each written whole; what is torn or wrong ends what is believed

Kept are the lines of the layout text, the bytes between the files (they are few, and shrink well), and, of a file too
long to be begun anew, the state of its digest. In the end the digest over all of it must be the recorded one.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from archive.aip.hashing import Hasher
from archive.audit.hash_state import KeptSha256, kept_sha256
from archive.catalogue.audit_model import RunState
from archive.catalogue.audit_reading import run
from archive.catalogue.catalogue import Catalogue
from archive.layout_reading import Given, Taken, Unfinished

_HEAD = struct.Struct(">cII")
_TAKEN, _GIVEN, _WITHIN = b"T", b"G", b"W"
_MOST_BYTES = 1 << 30
KEEP_SECONDS = 2.0
"""How much work a kill may cost; the file is made durable as often."""


class FileBookmark:
    """A ``Bookmark`` in the file ``path``, about the object that ``subject`` names; one about another is begun anew."""

    def __init__(self, path: Path, subject: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises OSError when there can be no such file; later on what cannot be written is not noted, no more."""
        self._path = path
        self._clock = clock
        self._head = _head(subject)
        self._whole = _whole_bytes(path, self._head)
        self.resumed = self._whole > len(self._head)
        mode = "r+b" if self._whole else "w+b"
        self._file = path.open(mode)
        if self._whole:
            self._file.truncate(self._whole)
            self._file.seek(0, os.SEEK_END)
        else:
            self._file.write(self._head)
        self._kept = self._clock()
        self._noted: dict[int, float] = {}
        self._full = False

    def earlier(self) -> Iterator[Taken | Given | Unfinished]:
        latest: dict[int, Unfinished] = {}
        for kind, content in _records(self._path, len(self._head), self._whole):
            if kind == _WITHIN:
                if (found := _unfinished(content)) is not None:
                    latest[found.offset] = found
            else:
                yield _taken(content) if kind == _TAKEN else _given(content)
        yield from latest.values()

    def taken(self, share: Taken) -> None:
        facts = {"number": share.number, "files": list(share.files), "until": share.until, "ended": share.ended}
        self._put(_TAKEN, json.dumps(facts).encode() + b"\n" + share.rest)

    def given(self, share: Given) -> None:
        self._put(_GIVEN, b"%d\n" % share.number + share.lines)

    def digest(self) -> Hasher:
        return kept_sha256() or hashlib.sha256()

    def within(self, offset: int, position: int, digest: Hasher) -> None:
        now = self._clock()
        if isinstance(digest, KeptSha256) and now - self._noted.get(offset, 0.0) >= KEEP_SECONDS:
            self._noted[offset] = now
            self._put(_WITHIN, b"%d %d\n" % (offset, position) + digest.state())

    def close(self) -> None:
        """What was noted stays for whoever goes on."""
        with suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """The reading has come to its end: nothing is left to go on with."""
        self.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _put(self, kind: bytes, content: bytes) -> None:
        """A full disk here says nothing of the copy that is read: from then on nothing more is noted."""
        if self._full:
            return
        packed = zlib.compress(content, 1)
        try:
            self._file.write(_HEAD.pack(kind, len(packed), zlib.crc32(kind + packed)) + packed)
            if self._clock() - self._kept >= KEEP_SECONDS:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._kept = self._clock()
        except OSError:
            self._full = True


def is_about(path: Path, subject: str) -> bool:
    """Whether a reading of this object was begun and is noted there."""
    try:
        return _whole_bytes(path, _head(subject)) > 0
    except OSError:
        return False


def forget_readings(folder: Path, catalogue: Catalogue) -> None:
    """Nothing is left of readings whose run (the name of the file up to its first dot) has ended without them."""
    for path in folder.glob("*.reading*"):
        with catalogue.read() as view:
            known = run(view, path.name.partition(".")[0])
        if known is None or known.state is not RunState.RUNNING:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _head(subject: str) -> bytes:
    return f"luutru-reading/1 {subject}\n".encode()


def _whole_bytes(path: Path, head: bytes) -> int:
    """How much of the file can be believed: 0 when it is about something else or not there."""
    try:
        with path.open("rb") as file:
            if file.read(len(head)) != head:
                return 0
    except FileNotFoundError:
        return 0
    whole = len(head)
    for _kind, packed in _packed(path, len(head), path.stat().st_size):
        whole += _HEAD.size + len(packed)
    return whole


def _records(path: Path, begin: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    for kind, packed in _packed(path, begin, end):
        yield kind, zlib.decompress(packed)


def _packed(path: Path, begin: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        file.seek(begin)
        position = begin
        while position + _HEAD.size <= end:
            kind, length, crc = _HEAD.unpack(file.read(_HEAD.size))
            position += _HEAD.size + length
            if position > end or length > _MOST_BYTES:
                return
            packed = file.read(length)
            if zlib.crc32(kind + packed) != crc or kind not in (_TAKEN, _GIVEN, _WITHIN):
                return
            yield kind, packed


def _taken(content: bytes) -> Taken:
    facts, _, rest = content.partition(b"\n")
    said = json.loads(facts)
    files = [(offset, size) for offset, size in said["files"]]
    return Taken(said["number"], files, rest, said["until"], said["ended"])


def _given(content: bytes) -> Given:
    number, _, lines = content.partition(b"\n")
    return Given(int(number), lines)


def _unfinished(content: bytes) -> Unfinished | None:
    facts, _, state = content.partition(b"\n")
    offset, position = map(int, facts.split())
    digest = kept_sha256(state)
    return None if digest is None else Unfinished(offset, position, digest)
