"""Taking the layout digest of a stored package with every core: threads share out its files as the headers show them.

             the one that has the turn                          side by side
frontier ──▶ reads a piece, finds the files in it,   ──▶ hashes these files; reads the rest of the last
             takes the bytes between, moves on            one, when it reaches beyond the piece, by itself
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from archive.aip.layout_digest import LayoutDigest, file_line, stretch_of
from archive.aip.scan import unreadable

PIECE_BYTES = 1 << 20
_BYTES_A_THREAD = 4 << 20
"""A further thread for every so many bytes, up to one a core: small packages are not worth starting any."""


class Source(Protocol):
    """One reader of one thread; ``archive.steady_reading.SteadyReader`` is one."""

    def read_at(self, position: int, buffer: memoryview) -> int: ...


def layout_sha256(
    size_bytes: int,
    opened: Callable[[], Source],
    progress: Callable[[int], None] | None = None,
    *,
    threads: int | None = None,
    name: str = "",
) -> str:
    """The layout digest of an object of ``size_bytes``; every byte was read once when this returns.

    ``opened`` gives each thread its own source; the caller closes them. ``progress`` is told the bytes as they are read,
    by one thread at a time. Raises ``AipUnreadableError`` when the object is no tar of this archive or shorter than said;
    what sources and ``progress`` raise passes through. Memory: one piece a thread, and a line for each file waiting for
    its turn.
    """
    walk = _Walk(size_bytes, progress)
    count = threads or min(len(os.sched_getaffinity(0)), 1 + size_bytes // _BYTES_A_THREAD)
    if count == 1:
        walk.work(opened())
    else:
        with ThreadPoolExecutor(count, thread_name_prefix=name) as pool:
            for worked in [pool.submit(walk.work, opened()) for _ in range(count)]:
                worked.result()
    return walk.layout.hexdigest()


@dataclass(frozen=True, slots=True)
class _Share:
    """What one thread has taken: the piece ``[begin, end)`` in its buffer and the files that begin in it."""

    number: int
    begin: int
    end: int
    files: list[tuple[int, int]]


class _Walk:
    """How far the tar has been shared out, and its layout text so far."""

    def __init__(self, size_bytes: int, progress: Callable[[int], None] | None) -> None:
        self.layout = LayoutDigest()
        self._size_bytes = size_bytes
        self._progress = progress
        self._turn = Lock()
        self._telling = Lock()
        self._position = 0
        self._ended = False
        self._stopped = False
        self._taken = 0
        self._given = 0
        self._early: dict[int, bytes] = {}

    def work(self, source: Source) -> None:
        """Takes shares until none is left; when one thread fails, the others end too."""
        buffer = memoryview(bytearray(PIECE_BYTES))
        try:
            while (share := self._take(source, buffer)) is not None:
                lines = [
                    file_line(offset, size, self._sha256(source, buffer, share, offset, size))
                    for offset, size in share.files
                ]
                self._give(share.number, b"".join(lines))
        except BaseException:
            self._stopped = True
            raise

    def _take(self, source: Source, buffer: memoryview) -> _Share | None:
        with self._turn:
            begin = self._position
            if self._stopped or begin >= self._size_bytes:
                return None
            piece = buffer[: min(PIECE_BYTES, self._size_bytes - begin)]
            self._read(source, begin, piece)
            end = begin + len(piece)
            files: list[tuple[int, int]] = []
            if self._ended:
                until = end
            else:
                found = stretch_of(piece, begin, self._size_bytes)
                files, self._ended = found.files, found.ended
                until = end if found.ended else found.until
            between = begin
            for offset, size in files:
                self.layout.add_rest(piece[between - begin : offset - begin])
                between = offset + size
            if between < until:
                self.layout.add_rest(piece[between - begin : until - begin])
            self._tell(min(until, end) - begin)
            self._position = until
            self._taken += 1
            return _Share(self._taken - 1, begin, end, files)

    def _sha256(self, source: Source, buffer: memoryview, share: _Share, offset: int, size: int) -> str:
        inside = buffer[offset - share.begin : min(offset + size, share.end) - share.begin]
        digest = hashlib.sha256(inside)
        position, until = offset + len(inside), offset + size
        while position < until and not self._stopped:
            # Only the last file reaches beyond the piece, so the buffer is free by now.
            part = buffer[: min(PIECE_BYTES, until - position)]
            self._read(source, position, part)
            digest.update(part)
            self._tell(len(part))
            position += len(part)
        return digest.hexdigest()

    def _read(self, source: Source, position: int, part: memoryview) -> None:
        if source.read_at(position, part) != len(part):
            raise unreadable(f"shorter than {self._size_bytes} bytes")

    def _give(self, number: int, lines: bytes) -> None:
        with self._turn:
            self._early[number] = lines
            while (next_lines := self._early.pop(self._given, None)) is not None:
                self.layout.add_lines(next_lines)
                self._given += 1

    def _tell(self, count: int) -> None:
        if self._progress is not None:
            with self._telling:
                self._progress(count)
