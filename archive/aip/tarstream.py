"""An uncompressed tar as a stream: each byte read once, hashed on the way by two lanes, written in large pieces.

source ──readinto──▶ buffer (1 MiB) ──write──▶ out
                        │ segment: SHA-256, SHA-512 of the file      } lanes
                        │ whole buffer: SHA-256 of the tar           }
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from types import TracebackType
from typing import IO

from archive.aip.hashing import BufferPool, Hasher, Lane
from archive.aip.model import AipContentError, Entry, OriginalChangedError, Source, SupportsWrite
from archive.digest import Digests

BLOCK_BYTES = 512
RECORD_BYTES = 20 * BLOCK_BYTES
FILE_MODE = 0o644
_BUFFER_BYTES = 1 << 20
_BUFFERS = 12
_INLINE_BYTES = 64 << 10
"""Files up to this size are hashed by the copying thread: handing them over would cost more than hashing them."""


class TarStream:
    """Files in, tar bytes out, in the order of ``add``. ustar headers; a pax record only where ustar cannot say it."""

    def __init__(self, out: SupportsWrite, *, mtime: int) -> None:
        self._out = out
        self._mtime = mtime
        self._pool = BufferPool(_BUFFERS, _BUFFER_BYTES)
        self._buffer = self._pool.take()
        self._used = 0
        self._position = 0
        self._whole = hashlib.sha256()
        self._names: set[str] = set()
        self._lanes = (Lane("aip-sha256"), Lane("aip-sha512"))

    def __enter__(self) -> TarStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.close()

    def add(self, name: str, source: Source | IO[bytes], *, expected: Digests | None = None) -> Entry:
        """The next file. With ``expected`` its SHA-256 is taken and compared, its SHA-512 taken over.

        Raises ``OriginalChangedError`` when the bytes are not the expected ones, ``AipContentError`` for a name twice.
        """
        if name in self._names:
            raise AipContentError("Gói tin có hai tệp trùng tên.", detail=f"twice in the tar: {name!r}")
        self._names.add(name)
        file, owned = _opened(source)
        try:
            size = expected.size_bytes if expected else _size_of(file)
            self._append(header(name, size, self._mtime))
            offset = self._position
            sha256, sha512 = self._copy(file, size, name, sha512=expected is None)
        finally:
            if owned:
                file.close()
        self._pad(BLOCK_BYTES)
        if expected is not None and sha256 != expected.sha256:
            raise changed(name, f"SHA-256 {sha256}, at receipt {expected.sha256}")
        return Entry(name, offset, size, sha256, expected.sha512 if expected else sha512)

    def finish(self) -> tuple[str, int]:
        """End the tar; its SHA-256 and size in bytes."""
        self._append(bytes(2 * BLOCK_BYTES))
        self._pad(RECORD_BYTES)
        self._flush()
        self._lanes[0].wait()
        return self._whole.hexdigest(), self._position

    def _copy(self, file: IO[bytes], size: int, name: str, *, sha512: bool) -> tuple[str, str | None]:
        first, second = hashlib.sha256(), hashlib.sha512() if sha512 else None
        # Two SHA-256 in one lane cost about as much as one SHA-512 in the other; without SHA-512 each lane gets one.
        plan: list[tuple[Lane, Hasher]] = [(self._lanes[0] if second else self._lanes[1], first)]
        if second is not None:
            plan.append((self._lanes[1], second))
        inline = size <= _INLINE_BYTES
        left = size
        while left:
            if self._used == _BUFFER_BYTES:
                self._flush()
            room = self._buffer.view[self._used : self._used + min(left, _BUFFER_BYTES - self._used)]
            count = file.readinto(room)  # type: ignore[attr-defined]  # IO[bytes] of an unbuffered or memory file
            if not count:
                raise changed(name, f"{left} bytes too short")
            self._hash(plan, room[:count], inline=inline)
            self._used += count
            self._position += count
            left -= count
        if file.read(1):
            raise changed(name, "longer than it was")
        if not inline:
            for lane, _ in plan:
                lane.wait()
        return first.hexdigest(), second.hexdigest() if second else None

    def _hash(self, plan: list[tuple[Lane, Hasher]], data: memoryview, *, inline: bool) -> None:
        for lane, hasher in plan:
            if inline:
                hasher.update(data)
            else:
                self._buffer.hold()
                lane.submit((hasher,), data, self._buffer.release)

    def _append(self, data: bytes) -> None:
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
        self._lanes[0].submit((self._whole,), data, self._buffer.release)
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
