"""The bytes inside a gzip file, forward only, stopped when they come out of all proportion."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO

from ingest.unpack.entries import refused
from ingest.unpack.limits import Limits


class GzipStream:
    """``read`` gives what is asked for, or less at the end; raises RefusedError for damage and beyond the ratio."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self._packed_bytes = max(1, file.seek(0, 2))
        file.seek(0)
        self._stream = gzip.GzipFile(fileobj=file, mode="rb")
        self._name = name
        self._limits = limits
        self._out_bytes = 0

    def read(self, size: int, /) -> bytes:
        try:
            data = self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise refused("unpack.archive.damaged", self._name, reason="dữ liệu gzip sai hoặc bị cắt") from error
        self._out_bytes += len(data)
        limits = self._limits
        if self._out_bytes > limits.ratio_floor_bytes and self._out_bytes > limits.ratio * self._packed_bytes:
            raise refused("unpack.limit.ratio", self._name, limit=limits.ratio)
        return data
