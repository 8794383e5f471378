"""An uncompressed tar as a stream: each byte read once, hashed on the way by three lanes, written in large pieces.

source ──readinto──▶ buffer ──write──▶ out
                        │ part of a file: SHA-256                  }
                        │ the same part: SHA-512, where not known  } a lane each
                        │ whole buffer: SHA-256 of the tar         }

Nobody waits at the end of a file: the next one is read while the lanes still hash the last (``add_many``).
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import IO

from archive.aip.hashing import BufferPool, Hasher, Lane
from archive.aip.layout_digest import LayoutDigest, file_line
from archive.aip.model import AipContentError, Entry, OriginalChangedError, Source, SupportsWrite
from archive.digest import Digests

BLOCK_BYTES = 512
RECORD_BYTES = 20 * BLOCK_BYTES
FILE_MODE = 0o644
_BUFFER_BYTES = 1 << 20
_BUFFERS = 12
_INLINE_BYTES = 64 << 10
"""Files up to this size are hashed by the copying thread: handing them over would cost more than hashing them."""


_WAITING_FILES = 32
"""So many files may be written and not yet hashed; the buffers bound their bytes long before."""


@dataclass(frozen=True, slots=True)
class TarEnd:
    """The finished tar: SHA-256 of all its bytes, their number, and their layout digest."""

    sha256: str
    size_bytes: int
    layout_sha256: str


@dataclass(frozen=True, slots=True)
class ToAdd:
    """A file to come. With ``expected`` its SHA-256 is taken and compared, its SHA-512 taken over."""

    name: str
    source: Source | IO[bytes]
    expected: Digests | None = None


@dataclass(frozen=True, slots=True)
class _Copied:
    """A file that stands in the tar; its digests are right once every event in ``reached`` is set."""

    name: str
    offset: int
    size_bytes: int
    sha256: Hasher
    sha512: Hasher | None
    expected: Digests | None
    reached: tuple[Event, ...]


class TarStream:
    """Files in, tar bytes out, in the order of adding. ustar headers; a pax record only where ustar cannot say it."""

    def __init__(self, out: SupportsWrite, *, mtime: int) -> None:
        self._out = out
        self._mtime = mtime
        self._pool = BufferPool(_BUFFERS, _BUFFER_BYTES)
        self._buffer = self._pool.take()
        self._used = 0
        self._position = 0
        self._whole = hashlib.sha256()
        self._layout = LayoutDigest()
        self._names: set[bytes] = set()
        self._lanes = self._whole_lane, self._sha256_lane, self._sha512_lane = (
            Lane("aip-tar"),
            Lane("aip-sha256"),
            Lane("aip-sha512"),
        )

    def __enter__(self) -> TarStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.close()

    def add(self, name: str, source: Source | IO[bytes], *, expected: Digests | None = None) -> Entry:
        """The next file.

        Raises ``OriginalChangedError`` when the bytes are not the expected ones, ``AipContentError`` for a name twice.
        """
        return self._settled(self._copied(ToAdd(name, source, expected)))

    def add_many(self, files: Iterable[ToAdd]) -> Iterator[Entry]:
        """The next files, each told a little after it was added; raises as ``add``, also that much later."""
        waiting: deque[_Copied] = deque()
        for file in files:
            waiting.append(self._copied(file))
            while len(waiting) > _WAITING_FILES or (waiting and not waiting[0].reached):
                yield self._settled(waiting.popleft())
        for copied in waiting:
            yield self._settled(copied)

    def finish(self) -> TarEnd:
        """End the tar."""
        self._append(bytes(2 * BLOCK_BYTES))
        self._pad(RECORD_BYTES)
        self._flush()
        self._whole_lane.wait()
        return TarEnd(self._whole.hexdigest(), self._position, self._layout.hexdigest())

    def _copied(self, file: ToAdd) -> _Copied:
        # A digest of each name, because the names of a hundred thousand documents are long.
        name = hashlib.blake2b(file.name.encode("utf-8"), digest_size=16).digest()
        if name in self._names:
            raise AipContentError("Gói tin có hai tệp trùng tên.", detail=f"twice in the tar: {file.name!r}")
        self._names.add(name)
        source, owned = _opened(file.source)
        try:
            size = file.expected.size_bytes if file.expected else _size_of(source)
            self._append(header(file.name, size, self._mtime))
            copied = self._copy(source, size, file)
        finally:
            if owned:
                source.close()
        self._pad(BLOCK_BYTES)
        return copied

    def _copy(self, source: IO[bytes], size: int, file: ToAdd) -> _Copied:
        sha256, sha512 = hashlib.sha256(), None if file.expected else hashlib.sha512()
        plan: list[tuple[Lane, Hasher]] = [(self._sha256_lane, sha256)]
        if sha512 is not None:
            plan.append((self._sha512_lane, sha512))
        offset, inline, left = self._position, size <= _INLINE_BYTES, size
        while left:
            if self._used == _BUFFER_BYTES:
                self._flush()
            room = self._buffer.view[self._used : self._used + min(left, _BUFFER_BYTES - self._used)]
            count = source.readinto(room)  # type: ignore[attr-defined]  # IO[bytes] of an unbuffered or memory file
            if not count:
                raise changed(file.name, f"{left} bytes too short")
            self._hash(plan, room[:count], inline=inline)
            self._used += count
            self._position += count
            left -= count
        if source.read(1):
            raise changed(file.name, "longer than it was")
        reached = () if inline else tuple(lane.mark() for lane, _ in plan)
        return _Copied(file.name, offset, size, sha256, sha512, file.expected, reached)

    def _settled(self, file: _Copied) -> Entry:
        for reached in file.reached:
            reached.wait()
        for lane in self._lanes:
            lane.require_sound()
        sha256 = file.sha256.hexdigest()
        self._layout.add_lines(file_line(file.offset, file.size_bytes, sha256))
        if file.expected is not None and sha256 != file.expected.sha256:
            raise changed(file.name, f"SHA-256 {sha256}, at receipt {file.expected.sha256}")
        sha512 = file.sha512.hexdigest() if file.sha512 is not None else None
        return Entry(file.name, file.offset, file.size_bytes, sha256, file.expected.sha512 if file.expected else sha512)

    def _hash(self, plan: list[tuple[Lane, Hasher]], data: memoryview, *, inline: bool) -> None:
        for lane, hasher in plan:
            if inline:
                hasher.update(data)
            else:
                self._buffer.hold()
                lane.submit(hasher, data, self._buffer.release)

    def _append(self, data: bytes) -> None:
        """What is no file's: headers, padding, the end."""
        self._layout.add_rest(data)
        view = memoryview(data)
        while view:
            if self._used == _BUFFER_BYTES:
                self._flush()
            count = min(len(view), _BUFFER_BYTES - self._used)
            self._buffer.view[self._used : self._used + count] = view[:count]
            self._used += count
            self._position += count
            view = view[count:]

    def _pad(self, multiple: int) -> None:
        self._append(bytes(-self._position % multiple))

    def _flush(self) -> None:
        data = self._buffer.view[: self._used]
        self._buffer.hold()
        self._whole_lane.submit(self._whole, data, self._buffer.release)
        left = data
        while left:
            # A raw file may take less than it was given; a buffered one and a fan-out say nothing or all.
            taken = self._out.write(left)
            left = left[len(left) if taken is None else taken :]
        self._buffer.release()
        self._buffer = self._pool.take()
        self._used = 0


def header(name: str, size: int, mtime: int) -> bytes:
    """The header of one plain file, the same bytes for the same arguments: no owner, fixed mode, no device."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime, FILE_MODE
    if name.isascii():
        try:
            return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
        except ValueError:
            pass  # too long for ustar's name and prefix, or too large
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def changed(name: str, detail: str) -> OriginalChangedError:
    return OriginalChangedError(
        "Nội dung tệp không còn đúng như khi tiếp nhận; gói tin không được tạo.", path=name, detail=detail
    )


def _opened(source: Source | IO[bytes]) -> tuple[IO[bytes], bool]:
    if isinstance(source, Path):
        return source.open("rb", buffering=0), True
    if isinstance(source, bytes):
        return io.BytesIO(source), True
    return source, False


def _size_of(file: IO[bytes]) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size
