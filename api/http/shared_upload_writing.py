"""The bytes of one request on their way into an upload that any machine may go on with: durable first, then counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack

from api.http.upload import beyond_length, sum_wrong
from api.http.upload_writing import CHECKPOINT_BYTES
from archive.catalogue.shared_uploads import UploadPart
from archive.storage.store import ObjectWriter


class SharedWriting:
    """A ``Taking``: every so many bytes, or all that one sum is over, become one object, which then counts.

    ``begin`` makes the object that begins at an offset under a token; ``count`` makes it count, or raises, and then what
    was written goes with it. Nothing is waited for: of two who write from the same place on, the first to count wins.
    """

    def __init__(
        self,
        offset: int,
        *,
        longest: int,
        begin: Callable[[int, str], ObjectWriter],
        count: Callable[[UploadPart], None],
        new_token: Callable[[], str],
        checksum: tuple[str, str] | None,
    ) -> None:
        self._begin = begin
        self._count = count
        self._longest = longest
        self._new_token = new_token
        self._checksum = checksum
        self._summed = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
        self._counted = offset
        self._open = ExitStack()
        self._writer: ObjectWriter | None = None
        self._digest = hashlib.sha256()
        self._token = ""
        self.offset = offset

    def take(self, data: bytes) -> None:
        if self.offset + len(data) > self._longest:
            raise beyond_length()
        if not data:
            return
        if self._writer is None:
            self._token, self._digest = self._new_token(), hashlib.sha256()
            self._writer = self._open.enter_context(self._begin(self._counted, self._token))
        self._writer.write(data)
        self._digest.update(data)
        self.offset += len(data)
        if self._summed is not None:
            self._summed.update(data)
        elif self.offset - self._counted >= CHECKPOINT_BYTES:
            self._keep()

    def settle(self) -> int:
        if self._summed is not None and self._checksum is not None and self._summed.hexdigest() != self._checksum[1]:
            self.forget()
            raise sum_wrong()
        self._keep()
        return self.offset

    def salvage(self) -> None:
        if self._summed is None:
            self.settle()
        else:
            self.forget()

    def forget(self) -> None:
        self._open.close()
        self._writer = None
        self.offset = self._counted

    def _keep(self) -> None:
        if self._writer is None:
            return
        part = UploadPart(self._counted, self.offset - self._counted, self._digest.hexdigest(), self._token)
        self._writer.commit()
        self._open.close()
        self._writer = None
        self._count(part)
        self._counted = self.offset
