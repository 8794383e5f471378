"""One object of a store on S3 as a raw file: a body that streams while it is read on, a new range where it is not.

From front to end (``cold``) it is one GET; elsewhere ranges, each further one in a row four times as long, so that
looking up a few bytes costs a few bytes and reading on costs few requests.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

from archive.errors import StoreError
from archive.storage.s3_bucket import S3Bucket, Stretch
from archive.storage.s3_errors import told

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 64 << 10
_FIRST_BYTES = 256 << 10
_LONGEST_BYTES = 64 << 20
_KEPT_BYTES = 64 << 10
"""Of what was read last, so much can be read again: who reads a tar by pieces goes back to the header a piece ended in."""
_DRAIN_BYTES = 64 << 10
"""A body with no more than this left is read to its end, so that its connection can be used again."""


class S3File(io.RawIOBase):
    """Seekable, read-only, for one thread. What it reads is one version of the object, or a StoreError.

    ``begin`` and ``length``: what will be read for certain (``length`` None: to the end), asked for at once; without
    ``begin`` only the object's presence is. Raises ObjectMissingError.
    """

    def __init__(
        self,
        bucket: S3Bucket,
        name: str,
        *,
        version: str | None = None,
        begin: int | None = None,
        length: int | None = None,
    ) -> None:
        super().__init__()
        self._bucket = bucket
        self._name = name
        self._pinned: dict[str, str] = {} if version is None else {"VersionId": version}
        self._window = _FIRST_BYTES
        self._stretch: Stretch | None = None
        self._position = 0
        self._reached = -1
        self._kept = b""
        if begin is not None and length != 0:
            self._stretch = bucket.get(name, begin, None if length is None else begin + length, self._pinned)
        if self._stretch is not None:
            self._size, etag, found = self._stretch.size_bytes, self._stretch.etag, self._stretch.version
            self._reached = self._stretch.begin
        else:
            head = bucket.head(name, version)
            self._size, etag, found = head.size_bytes, head.etag, head.version
        if not self._pinned:
            # Whatever takes this object's place meanwhile, the bytes of two are never mixed.
            self._pinned = {"IfMatch": etag} if found is None else {"VersionId": found}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._position >= self._size or not view:
            return 0
        if self._reached - len(self._kept) <= self._position < self._reached:
            kept = self._kept[self._position - self._reached :][: len(view)]
            view[: len(kept)] = kept
            self._position += len(kept)
            return len(kept)
        if self._stretch is None or self._reached != self._position or self._reached >= self._stretch.end:
            self._ask(len(view))
        assert self._stretch is not None
        view = view[: self._stretch.end - self._position]
        try:
            with told(self._bucket.store, self._name):
                count = int(self._stretch.body.readinto(view))
            if not 0 < count <= len(view):
                raise StoreError(
                    f"Kho «{self._bucket.store}» gửi đối tượng không trọn vẹn.",
                    remedy="Kiểm tra máy chủ lưu trữ và đường truyền.",
                    detail=f"{self._name}: cut at {self._position} of {self._size}",
                )
        except StoreError:
            self._drop()
            raise
        self._position += count
        self._reached = self._position
        self._kept = bytes(view[max(0, count - _KEPT_BYTES) : count])
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            offset += self._size
        elif whence == io.SEEK_CUR:
            offset += self._position
        if offset < 0:
            raise ValueError("a negative position")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if not self.closed:
            super().close()
            with suppress(AttributeError):  # not even begun
                self._drop()

    def _ask(self, wanted: int) -> None:
        """A new stretch from the position on, longer when it continues the last one."""
        in_a_row = self._reached == self._position
        self._drop()
        self._window = min(self._window * 4, _LONGEST_BYTES) if in_a_row else _FIRST_BYTES
        end = min(self._size, self._position + max(self._window, wanted))
        stretch = self._bucket.get(self._name, self._position, end, self._pinned)
        if stretch is None or stretch.size_bytes != self._size:
            if stretch is not None:
                stretch.body.close()
            raise StoreError(
                f"Đối tượng trong kho «{self._bucket.store}» đổi khi đang đọc.",
                detail=f"{self._name}: no longer {self._size} bytes",
            )
        self._stretch = stretch
        self._reached = self._position
        self._kept = b""

    def _drop(self) -> None:
        stretch, self._stretch = self._stretch, None
        if stretch is None:
            return
        with suppress(StoreError), told(self._bucket.store, self._name):
            if 0 < stretch.end - self._reached <= _DRAIN_BYTES:
                stretch.body.read()
            stretch.body.close()
