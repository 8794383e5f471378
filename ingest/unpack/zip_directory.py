"""The central directory of a ZIP, read strictly: where two readers could differ, the archive is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ingest.unpack.entries import refused

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END_MAGIC, _END64_LOCATOR_MAGIC, _END64_MAGIC = b"PK\5\6", b"PK\6\7", b"PK\6\6"
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF

ENCRYPTED, DESCRIPTOR, STRONG, UTF8, MASKED = 0x1, 0x8, 0x40, 0x800, 0x2000


@dataclass(frozen=True, slots=True)
class CentralEntry:
    """One entry as the central directory states it. ``unicode_name`` is the Info-ZIP Unicode path when it applies."""

    raw_name: bytes
    unicode_name: bytes | None
    flags: int
    method: int
    crc: int
    compressed_bytes: int
    size_bytes: int
    offset: int
    unix_mode: int

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & (ENCRYPTED | STRONG | MASKED))


@dataclass(frozen=True, slots=True)
class ZipEnd:
    """Where the central directory lies and how many entries it says it has."""

    count: int
    offset: int
    size_bytes: int


def zip_end(file: BinaryIO, name: str) -> ZipEnd:
    """The one end record that ends this file exactly; raises RefusedError when there is none, or more than one."""
    size = file.seek(0, 2)
    start = max(0, size - _END.size - _MAX16)
    file.seek(start)
    tail = file.read(size - start)
    positions = []
    at = tail.find(_END_MAGIC)
    while at >= 0:
        if len(tail) - at >= _END.size and _END.unpack_from(tail, at)[7] == len(tail) - at - _END.size:
            positions.append(at)
        at = tail.find(_END_MAGIC, at + 1)
    if not positions:
        raise refused("unpack.archive.unreadable", name, reason="không có phần kết thúc ZIP")
    if len(positions) > 1:
        raise refused("unpack.zip.ambiguous", name)
    at = start + positions[0]
    _, disk, central_disk, here, count, size_bytes, offset, _ = _END.unpack_from(tail, positions[0])
    ends_at = at
    if at >= _END64_LOCATOR.size:
        file.seek(at - _END64_LOCATOR.size)
        magic, _, end64_at, disks = _END64_LOCATOR.unpack(file.read(_END64_LOCATOR.size))
        if magic == _END64_LOCATOR_MAGIC:
            end = _end64(file, name, end64_at, at - _END64_LOCATOR.size, disks)
            stated = ((count, _MAX16, end.count), (size_bytes, _MAX32, end.size_bytes), (offset, _MAX32, end.offset))
            if any(value not in (most, value64) for value, most, value64 in stated):
                raise refused("unpack.zip.ambiguous", name)
            disk = central_disk = 0
            here, count, size_bytes, offset, ends_at = end.count, end.count, end.size_bytes, end.offset, end64_at
    if disk or central_disk or here != count:
        raise refused("unpack.archive.unreadable", name, reason="tệp ZIP chia nhiều phần")
    if offset + size_bytes != ends_at:
        raise refused("unpack.zip.ambiguous", name)
    return ZipEnd(count, offset, size_bytes)


def _end64(file: BinaryIO, name: str, at: int, ends_at: int, disks: int) -> ZipEnd:
    if disks > 1 or at + _END64.size > ends_at:
        raise refused("unpack.archive.unreadable", name, reason="phần kết thúc ZIP64 sai")
    file.seek(at)
    magic, length, _, _, disk, central_disk, here, count, size_bytes, offset = _END64.unpack(file.read(_END64.size))
    if magic != _END64_MAGIC or at + 12 + length != ends_at or disk or central_disk or here != count:
        raise refused("unpack.archive.unreadable", name, reason="phần kết thúc ZIP64 sai")
    return ZipEnd(count, offset, size_bytes)


def central_entries(file: BinaryIO, end: ZipEnd, name: str) -> Iterator[CentralEntry]:
    """Every entry of the central directory, which must be filled by them exactly."""
    file.seek(end.offset)
    left = end.size_bytes
    for _ in range(end.count):
        head = file.read(_CENTRAL.size)
        if len(head) != _CENTRAL.size or not head.startswith(b"PK\1\2"):
            raise refused("unpack.archive.damaged", name, reason="mục lục ZIP bị cắt hoặc sai")
        fields = _CENTRAL.unpack(head)
        flags, method, crc, compressed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
        name_length, extra_length, comment_length, disk = fields[12:16]
        attributes, offset = fields[17], fields[18]
        length = name_length + extra_length + comment_length
        rest = file.read(length)
        left -= _CENTRAL.size + length
        if len(rest) != length or left < 0:
            raise refused("unpack.archive.damaged", name, reason="mục lục ZIP bị cắt hoặc sai")
        raw_name, extra = rest[:name_length], rest[name_length : name_length + extra_length]
        if extra and _MAX32 in (size, compressed, offset):
            size, compressed, offset = zip64_values(extra, size, compressed, offset)
        if disk not in (0, _MAX16):
            raise refused("unpack.archive.unreadable", name, reason="tệp ZIP chia nhiều phần")
        unicode_name = _unicode_path(extra, raw_name) if extra else None
        yield CentralEntry(raw_name, unicode_name, flags, method, crc, compressed, size, offset, attributes >> 16)
    if left:
        raise refused("unpack.zip.ambiguous", name)


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each extra field; a broken tail is left out."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if at + 4 + length > len(extra):
            return
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def zip64_values(extra: bytes, *values: int) -> tuple[int, int, int]:
    """Sizes and offset with those that did not fit taken from the ZIP64 field, in the order the format gives them."""
    taken = list(values)
    for tag, content in extra_fields(extra):
        if tag == 1:
            at = 0
            for index, value in enumerate(taken):
                if value == _MAX32 and at + 8 <= len(content):
                    taken[index] = int.from_bytes(content[at : at + 8], "little")
                    at += 8
            break
    return taken[0], taken[1], taken[2] if len(taken) > 2 else 0


def _unicode_path(extra: bytes, raw_name: bytes) -> bytes | None:
    for tag, content in extra_fields(extra):
        if tag == 0x7075 and len(content) > 5 and content[0] == 1:
            return content[5:] if int.from_bytes(content[1:5], "little") == zlib.crc32(raw_name) else None
    return None
