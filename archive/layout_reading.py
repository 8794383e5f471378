"""Taking the layout digest of a stored package with every core: threads share out its files as the headers show them.

             the one that has the turn                          side by side
frontier ──▶ reads a piece, finds the files in it,   ──▶ hashes these files; reads the rest of the last
             takes the bytes between, moves on            one, when it reaches beyond the piece, by itself
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock, local
from typing import Protocol

from archive.aip.hashing import Hasher
from archive.aip.layout_digest import LayoutDigest, file_line, stretch_of
from archive.aip.scan import unreadable

PIECE_BYTES = 1 << 20
LONG_BYTES = 64 << 20
"""From this size on it is noted how far a single file was read."""
_BYTES_A_THREAD = 4 << 20
"""A further thread for every so many bytes, up to one a core: small packages are not worth starting any."""


class Source(Protocol):
    """One reader of one thread; ``archive.steady_reading.SteadyReader`` is one."""

    def read_at(self, position: int, buffer: memoryview) -> int: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """A share as a bookmark keeps it: the files in it, the bytes between them, and where the next share begins."""

    number: int
    files: Sequence[tuple[int, int]]
    rest: bytes
    until: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A long file that was read as far as ``position``; ``digest`` has seen all of it up to there."""

    offset: int
    position: int
    digest: Hasher


@dataclass(frozen=True, slots=True)
class Given:
    """The lines of the share ``number``: all its files were read."""

    number: int
    lines: bytes


class Bookmark(Protocol):
    """Keeps how far a reading has come, so that another process can go on. Called by one thread at a time."""

    def earlier(self) -> Iterator[Taken | Given | Unfinished]:
        """What earlier readings of the same object have noted, in their order."""
        ...

    def taken(self, share: Taken) -> None: ...

    def given(self, share: Given) -> None: ...

    def digest(self) -> Hasher:
        """A hasher for a long file, one whose state can be kept where there is such a thing."""
        ...

    def within(self, offset: int, position: int, digest: Hasher) -> None:
        """The file at ``offset`` was read as far as ``position``."""
        ...


def layout_sha256(
    size_bytes: int,
    opened: Callable[[], Source],
    progress: Callable[[int], None] | None = None,
    *,
    threads: int | None = None,
    name: str = "",
    bookmark: Bookmark | None = None,
) -> str:
    """The layout digest of an object of ``size_bytes``; every byte was read once when this returns.

    ``opened`` gives each thread its own source; the caller closes them. ``progress`` is told the bytes as they are read,
    by one thread at a time. Raises ``AipUnreadableError`` when the object is no tar of this archive or shorter than said;
    what sources and ``progress`` raise passes through. Memory: one piece a thread, and a line for each file waiting for
    its turn. With ``bookmark`` the reading goes on where an earlier one ended: every byte was read by one of them, and
    the digest is over what each of them read.
    """
    walk = _Walk(size_bytes, progress, bookmark)
    count = threads or min(len(os.sched_getaffinity(0)), 1 + size_bytes // _BYTES_A_THREAD)
    if count == 1:
        walk.work(opened())
    else:
        with ThreadPoolExecutor(count, thread_name_prefix=name) as pool:
            for worked in [pool.submit(walk.work, opened()) for _ in range(count)]:
                worked.result()
    return walk.layout.hexdigest()


class _Buffers(local):
    """One for each thread, made once: of a small package, making it would take as long as reading."""

    def __init__(self) -> None:
        self.piece = memoryview(bytearray())


_buffers = _Buffers()


def _buffer() -> memoryview:
    if len(_buffers.piece) != PIECE_BYTES:
        _buffers.piece = memoryview(bytearray(PIECE_BYTES))
    return _buffers.piece


@dataclass(frozen=True, slots=True)
class _Share:
    """What one thread has taken: the piece ``[begin, end)`` in its buffer and the files that begin in it."""

    number: int
    begin: int
    end: int
    files: list[tuple[int, int]]


class _Walk:
    """How far the tar has been shared out, and its layout text so far."""

    def __init__(
        self, size_bytes: int, progress: Callable[[int], None] | None, bookmark: Bookmark | None = None
    ) -> None:
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
        self._bookmark = bookmark
        self._left: deque[Taken] = deque()
        self._unfinished: dict[int, Unfinished] = {}
        if bookmark is not None:
            self._go_on(bookmark.earlier())

    def work(self, source: Source) -> None:
        """Takes shares until none is left; when one thread fails, the others end too."""
        buffer = _buffer()
        try:
            while (share := self._take_left() or self._take(source, buffer)) is not None:
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
            rest: list[memoryview] = []
            between = begin
            for offset, size in files:
                rest.append(piece[between - begin : offset - begin])
                between = offset + size
            if between < until:
                rest.append(piece[between - begin : until - begin])
            for part in rest:
                self.layout.add_rest(part)
            self._tell(min(until, end) - begin)
            self._position = until
            self._taken += 1
            if self._bookmark is not None:
                self._bookmark.taken(Taken(self._taken - 1, files, b"".join(rest), until, self._ended))
            return _Share(self._taken - 1, begin, end, files)

    def _sha256(self, source: Source, buffer: memoryview, share: _Share, offset: int, size: int) -> str:
        until = offset + size
        inside = buffer[max(0, offset - share.begin) : max(0, min(until, share.end) - share.begin)]
        earlier = self._unfinished.get(offset)
        long = self._bookmark if size >= LONG_BYTES else None
        digest: Hasher = hashlib.sha256() if long is None else long.digest()
        position = offset + len(inside)
        if earlier is not None:
            digest, position = earlier.digest, earlier.position
        else:
            digest.update(inside)
        while position < until and not self._stopped:
            # Only the last file reaches beyond the piece, so the buffer is free by now.
            part = buffer[: min(PIECE_BYTES, until - position)]
            self._read(source, position, part)
            digest.update(part)
            self._tell(len(part))
            position += len(part)
            if long is not None:
                with self._turn:
                    long.within(offset, position, digest)
        return digest.hexdigest()

    def _read(self, source: Source, position: int, part: memoryview) -> None:
        if source.read_at(position, part) != len(part):
            raise unreadable(f"shorter than {self._size_bytes} bytes")

    def _give(self, number: int, lines: bytes) -> None:
        with self._turn:
            if self._stopped:
                return  # some of these lines may be of files not read to their end
            if self._bookmark is not None:
                self._bookmark.given(Given(number, lines))
            self._note(number, lines)

    def _note(self, number: int, lines: bytes) -> None:
        self._early[number] = lines
        while (next_lines := self._early.pop(self._given, None)) is not None:
            self.layout.add_lines(next_lines)
            self._given += 1

    def _go_on(self, earlier: Iterator[Taken | Given | Unfinished]) -> None:
        left: dict[int, Taken] = {}
        for noted in earlier:
            if isinstance(noted, Taken):
                self.layout.add_rest(noted.rest)
                self._position, self._ended, self._taken = noted.until, noted.ended, noted.number + 1
                left[noted.number] = replace(noted, rest=b"")
            elif isinstance(noted, Given):
                self._note(noted.number, noted.lines)
                del left[noted.number]
            else:
                self._unfinished[noted.offset] = noted
        self._left.extend(left.values())

    def _take_left(self) -> _Share | None:
        """A share an earlier reading has taken and not finished: nothing of it is in the buffer."""
        with self._turn:
            if self._stopped or not self._left:
                return None
            left = self._left.popleft()
            return _Share(left.number, 0, 0, list(left.files))

    def _tell(self, count: int) -> None:
        if self._progress is not None:
            with self._telling:
                self._progress(count)
