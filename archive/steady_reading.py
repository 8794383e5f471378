"""Reading one object of a store in spite of hiccups: a read that failed is tried again, at the same place, anew."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from io import BufferedReader

from archive.errors import ObjectMissingError, StoreError
from archive.storage.key import Key
from archive.storage.store import Store

PAUSES_SECONDS = (0.05, 0.5)
"""How long to wait before each further attempt at a read that failed: a hiccup is not damage (T23)."""


class SteadyReader:
    """Reads on from where it stood when a read fails, after a pause and with the object opened anew; for one thread.

    Raises StoreError when the last attempt failed too, ObjectMissingError at once.
    """

    def __init__(self, store: Store, key: Key, *, cold: bool, pauses_seconds: Sequence[float]) -> None:
        self._store = store
        self._key = key
        self._cold = cold
        self._pauses = pauses_seconds
        self._file: BufferedReader | None = None
        self._position = 0

    def __enter__(self) -> SteadyReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def size(self) -> int:
        """The object's size in bytes; where to read on is not changed."""
        for pause in (*self._pauses, None):
            try:
                file = self._opened()
                size = file.seek(0, io.SEEK_END)
                file.seek(self._position)
                return size
            except StoreError as error:
                self._give_up_or_wait(error, pause)
        raise AssertionError("unreachable")

    def read_at(self, position: int, buffer: memoryview) -> int:
        """Fills ``buffer`` from ``position`` on; fewer bytes only at the end of the object."""
        if position != self._position:
            self._position = position
            if self._file is not None:
                self._file.seek(position)
        done = 0
        while done < len(buffer) and (count := self.readinto(buffer[done:])):
            done += count
        return done

    def readinto(self, buffer: memoryview) -> int:
        """Some of the next bytes, none only at the end."""
        for pause in (*self._pauses, None):
            try:
                count = self._opened().readinto(buffer)
            except StoreError as error:
                self._give_up_or_wait(error, pause)
            else:
                self._position += count
                return count
        raise AssertionError("unreachable")

    def _give_up_or_wait(self, error: StoreError, pause: float | None) -> None:
        if isinstance(error, ObjectMissingError):
            raise error
        self._drop()
        if pause is None:
            raise error
        time.sleep(pause)

    def _opened(self) -> BufferedReader:
        if self._file is None:
            self._file = self._store.open(self._key, cold=self._cold)
            self._file.seek(self._position)
        return self._file

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
