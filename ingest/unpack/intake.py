"""Bytes into quarantine, each read once: written, counted against the limits and hashed twice in the same pass."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from archive.digest import Digests
from archive.errors import LuutruError
from ingest.unpack.entries import IntakeFailedError, QuarantineFullError, refused
from ingest.unpack.limits import Limits

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SMALL_BYTES = 256 << 10
"""Below this a second thread costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Taken:
    """``blob`` is None when nothing was written; ``head`` are the first bytes, for telling archives."""

    blob: Path | None
    digests: Digests
    head: bytes


class Intake:
    """Takes one file after another into ``objects/000001`` …; with ``folder`` None it only hashes.

    SHA-256 runs beside SHA-512 on a second thread for larger files (hashlib lets go of the interpreter lock).
    """

    def __init__(self, folder: Path | None, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._count = 0
        self._total_bytes = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")

    def __enter__(self) -> Intake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def take(self, name: str, chunks: Iterator[bytes]) -> Taken:
        """Raises RefusedError beyond a limit and QuarantineFullError when there is no room; nothing of the file is
        left then, nor when ``chunks`` raises."""
        if self._folder is None:
            return Taken(None, *self._pass(name, chunks, None))
        self._count += 1
        blob = self._folder / f"{self._count:06d}"
        try:
            descriptor = os.open(blob, _CREATE, 0o600)
            try:
                digests, head = self._pass(name, chunks, descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            _removed(blob)
            raise disk_error(error) from error
        except BaseException:
            _removed(blob)
            raise
        return Taken(blob, digests, head)

    def _pass(self, name: str, chunks: Iterator[bytes], descriptor: int | None) -> tuple[Digests, bytes]:
        sha256, sha512 = hashlib.sha256(), hashlib.sha512()
        size, head = 0, b""
        pending: Future[None] | None = None
        try:
            for chunk in chunks:
                size += len(chunk)
                self._count_bytes(name, size, len(chunk))
                if len(head) < 4:
                    head = (head + chunk)[:4]
                if pending is not None:
                    pending.result()
                    pending = None
                if len(chunk) >= _SMALL_BYTES:
                    pending = self._pool.submit(sha256.update, chunk)
                else:
                    sha256.update(chunk)
                sha512.update(chunk)
                if descriptor is not None:
                    _write(descriptor, chunk)
        finally:
            if pending is not None:
                pending.result()
        return Digests(size, sha256.hexdigest(), sha512.hexdigest()), head

    def _count_bytes(self, name: str, size: int, more: int) -> None:
        limits = self._limits
        self._total_bytes += more
        if size > limits.member_bytes:
            raise refused("unpack.limit.member-bytes", name, limit=limits.member_bytes)
        if self._total_bytes > limits.total_bytes:
            raise refused("unpack.limit.total-bytes", limit=limits.total_bytes)


def disk_error(error: OSError) -> LuutruError:
    """The typed error for a disk without room, or for one that fails otherwise."""
    if error.errno in _FULL:
        return QuarantineFullError(
            "Không còn chỗ trống để tiếp nhận hồ sơ.",
            remedy="Giải phóng dung lượng ổ đĩa rồi nộp lại; chưa có nội dung nào được giữ.",
            detail=str(error),
        )
    return IntakeFailedError(
        "Lỗi đọc hoặc ghi đĩa khi tiếp nhận hồ sơ.",
        remedy="Kiểm tra ổ đĩa rồi nộp lại; chưa có nội dung nào được giữ.",
        detail=str(error),
    )


def settle(folder: Path) -> None:
    """Everything written below ``folder`` is on the disk when this returns; one call for the whole file system, since
    fsync of a hundred thousand files costs minutes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if sync is None:
            os.sync()
        elif sync(descriptor) != 0:
            code = ctypes.get_errno()
            raise disk_error(OSError(code, os.strerror(code)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _removed(blob: Path) -> None:
    with suppress(FileNotFoundError):
        blob.unlink()
