"""A zip as a stream: stored, ZIP64 where needed, sizes and checksums *before* the bytes, the same bytes each time.

Size and CRC-32 of each file are known when its header is written, so there are no data descriptors: a reader that
cannot seek reads it too, which it could not with stored files of unknown size. The libraries at hand stamp each file
with the time of writing or need a descriptor, hence these few structures of APPNOTE 6.3.
"""

from __future__ import annotations

import struct
from datetime import datetime

from archive.aip.xmltext import VIETNAM

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_MOST = 0xFFFFFFFF
_MOST_FILES = 0xFFFF
_UTF8 = 1 << 11
_STORED_VERSION = 20
_ZIP64_VERSION = 45
_UNIX = 3 << 8
_PLAIN_FILE = (0o100644 << 16) & _MOST


class ZipStream:
    """Hands out the structures between the files; whoever writes puts ``size_bytes`` bytes after each ``header``."""

    media_type = "application/zip"

    def __init__(self, at: datetime) -> None:
        local = at.astimezone(VIETNAM)
        year = min(max(local.year, 1980), 2107)
        self._date = (year - 1980) << 9 | local.month << 5 | local.day
        self._time = local.hour << 11 | local.minute << 5 | local.second // 2
        self._directory = bytearray()
        self._count = 0
        self._position = 0

    def header(self, name: str, size_bytes: int, crc32: int) -> bytes:
        """What stands before the bytes of a file."""
        encoded = name.encode("utf-8")
        flags = 0 if name.isascii() else _UTF8
        large, far = size_bytes >= _MOST, self._position >= _MOST
        size = _MOST if large else size_bytes
        version = _ZIP64_VERSION if large or far else _STORED_VERSION
        extra = struct.pack("<2H2Q", 1, 16, size_bytes, size_bytes) if large else b""
        local = _LOCAL.pack(
            b"PK\x03\x04", version, flags, 0, self._time, self._date, crc32, size, size, len(encoded), len(extra)
        )
        beyond = [*([size_bytes, size_bytes] if large else []), *([self._position] if far else [])]
        wide = struct.pack(f"<2H{len(beyond)}Q", 1, 8 * len(beyond), *beyond) if beyond else b""
        self._directory += _CENTRAL.pack(
            b"PK\x01\x02",
            version | _UNIX,
            version,
            flags,
            0,
            self._time,
            self._date,
            crc32,
            size,
            size,
            len(encoded),
            len(wide),
            0,
            0,
            0,
            _PLAIN_FILE,
            _MOST if far else self._position,
        )
        self._directory += encoded + wide
        self._count += 1
        header = local + encoded + extra
        self._position += len(header) + size_bytes
        return header

    def padding(self, size_bytes: int) -> bytes:
        """What stands after the bytes of a file: nothing."""
        return b""

    def end(self) -> bytes:
        """The directory: without it, nothing can be taken for a whole zip."""
        size, start, count = len(self._directory), self._position, self._count
        wide = b""
        if size >= _MOST or start >= _MOST or count >= _MOST_FILES:
            wide = _END64.pack(
                b"PK\x06\x06", 44, _ZIP64_VERSION | _UNIX, _ZIP64_VERSION, 0, 0, count, count, size, start
            ) + _LOCATOR64.pack(b"PK\x06\x07", 0, start + size, 1)
        few = min(count, _MOST_FILES)
        last = _END.pack(b"PK\x05\x06", 0, 0, few, few, min(size, _MOST), min(start, _MOST), 0)
        return bytes(self._directory) + wide + last
