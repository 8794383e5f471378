"""The bytes of one request on their way into an upload: durable every so often, and in the end all or what its sum says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.http.upload import beyond_length, sum_wrong
from ingest.unpack.intake import disk_error

CHECKPOINT_BYTES = 16 << 20
"""So many bytes at most are sent again after a crash."""


class Writing:
    """The bytes of one request. What is not ``settled`` does not count; ended by the ``with`` it came from.

    ``longest``: how many bytes the whole upload may have; ``note`` is told how many are durable, after they are;
    ``checksum``: algorithm (of hashlib) and hexadecimal digest of all that will be taken.
    """

    def __init__(
        self, file: int, offset: int, *, longest: int, note: Callable[[int], None], checksum: tuple[str, str] | None
    ) -> None:
        self._file = file
        self._longest = longest
        self._note = note
        self._checksum = checksum
        self._summed = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
        self._durable = offset
        self.offset = offset

    def take(self, data: bytes) -> None:
        """Raises ArrivalTooLargeError for more than the upload will be; QuarantineFullError when there is no room."""
        if self.offset + len(data) > self._longest:
            raise beyond_length()
        with disk_errors():
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            self.offset += len(data)
            if self._summed is not None:
                self._summed.update(data)
            elif self.offset - self._durable >= CHECKPOINT_BYTES:
                self._keep()

    def settle(self) -> int:
        """Everything taken is durable and acknowledged; says the offset. Raises ChecksumMismatchError."""
        if self._summed is not None and self._checksum is not None and self._summed.hexdigest() != self._checksum[1]:
            self.forget()
            raise sum_wrong()
        if self.offset != self._durable:
            with disk_errors():
                self._keep()
        return self.offset

    def salvage(self) -> None:
        """The sender hung up: what came is kept, unless it was summed as a whole."""
        if self._summed is None:
            self.settle()
        else:
            self.forget()

    def forget(self) -> None:
        """Nothing behind the last durable offset counts."""
        with disk_errors():
            if self._file >= 0 and self.offset != self._durable:
                os.ftruncate(self._file, self._durable)
                self.offset = self._durable

    def _keep(self) -> None:
        os.fsync(self._file)
        self._note(self.offset)
        self._durable = self.offset


@contextmanager
def disk_errors() -> Iterator[None]:
    """What the disk says inside comes out as one of ours: no room, or not to be read."""
    try:
        yield
    except OSError as error:
        raise disk_error(error) from error
