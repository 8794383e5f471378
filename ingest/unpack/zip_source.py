"""Entries of a ZIP in the order of their bytes; its two kinds of header must agree and no entries share bytes."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from archive.digest import CHUNK_BYTES
from ingest.unpack.entries import Entry, Kind, Problem, nothing, problem, refused
from ingest.unpack.limits import Limits
from ingest.unpack.zip_directory import DESCRIPTOR, UTF8, CentralEntry, central_entries, zip64_values, zip_end

_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR_BYTES = 24
_STORED, _DEFLATED = 0, 8
_SPECIAL = {
    stat.S_IFLNK: Kind.LINK,
    stat.S_IFIFO: Kind.FIFO,
    stat.S_IFSOCK: Kind.SOCKET,
    stat.S_IFCHR: Kind.DEVICE,
    stat.S_IFBLK: Kind.DEVICE,
}


class ZipSource:
    """Reads one ZIP. Sizes are held against the limits as declared before a single byte is unpacked, and as found."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits, problems: list[Problem]) -> None:
        self._file = file
        self._name = name
        self._limits = limits
        self._problems = problems
        self._guessed = 0

    def entries(self) -> Iterator[Entry]:
        end = zip_end(self._file, self._name)
        if end.count > self._limits.members * 2:  # folders have entries too
            raise refused("unpack.limit.members", limit=self._limits.members)
        central = sorted(central_entries(self._file, end, self._name), key=lambda entry: entry.offset)
        within_limits(central, self._limits, self._name)
        hidden = central[0].offset if central else end.offset
        for index, entry in enumerate(central):
            following = central[index + 1].offset if index + 1 < len(central) else end.offset
            name = self._decoded(entry)
            starts_at = self._checked_local(entry, name)
            gap = following - (starts_at + entry.compressed_bytes)
            if gap < 0:
                raise refused("unpack.zip.overlap", name)
            hidden += max(0, gap - (_DESCRIPTOR_BYTES if entry.flags & DESCRIPTOR else 0))
            kind = _kind(entry)
            if kind is Kind.FILE and entry.encrypted:
                self._problems.append(problem("unpack.zip.encrypted", name))
                continue
            if kind is Kind.FILE and entry.method not in (_STORED, _DEFLATED):
                self._problems.append(problem("unpack.zip.method", name, method=entry.method))
                continue
            content = partial(unpacked_chunks, self._file, entry, starts_at, name) if kind is Kind.FILE else nothing
            yield Entry(name, kind, content)
        if hidden:
            self._problems.append(problem("unpack.zip.hidden-bytes", size_bytes=hidden))
        if self._guessed:
            self._problems.append(problem("unpack.name.guessed-utf8", count=self._guessed))

    def _decoded(self, entry: CentralEntry) -> str:
        """The exact name: UTF-8 when it says so or reads so, else cp437, the format's own old encoding."""
        raw = entry.unicode_name if entry.unicode_name is not None else entry.raw_name
        if raw.isascii():
            return raw.decode("ascii")
        if entry.flags & UTF8 or entry.unicode_name is not None:
            return raw.decode("utf-8", "surrogateescape")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("cp437")
            self._problems.append(problem("unpack.name.legacy", name))
            return name
        self._guessed += 1
        return name

    def _checked_local(self, entry: CentralEntry, name: str) -> int:
        """Where the entry's bytes start, once its local header is found to say the same as the central one."""
        self._file.seek(entry.offset)
        head = self._file.read(_LOCAL.size)
        if len(head) != _LOCAL.size or not head.startswith(b"PK\3\4"):
            raise refused("unpack.archive.damaged", name, reason="không thấy phần đầu của mục")
        _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = _LOCAL.unpack(head)
        rest = self._file.read(name_length + extra_length)
        if 0xFFFFFFFF in (size, compressed):
            size, compressed, _ = zip64_values(rest[name_length:], size, compressed)
        stated = (crc, compressed, size)
        central = (entry.crc, entry.compressed_bytes, entry.size_bytes)
        differing = [
            label
            for label, same in (
                ("tên", rest[:name_length] == entry.raw_name),
                ("phương pháp", method == entry.method),
                ("cờ", not (flags ^ entry.flags) & (0x1 | DESCRIPTOR | UTF8)),
                ("kích thước", stated == central or bool(flags & DESCRIPTOR and not any(stated))),
            )
            if not same
        ]
        if differing:
            raise refused("unpack.zip.header-mismatch", name, fields=", ".join(differing))
        return entry.offset + _LOCAL.size + len(rest)


def within_limits(entries: list[CentralEntry], limits: Limits, name: str) -> None:
    """Raises RefusedError when the declared sizes alone break a limit."""
    total = compressed = 0
    for entry in entries:
        shown = entry.raw_name.decode("utf-8", "surrogateescape")
        if entry.size_bytes > limits.member_bytes:
            raise refused("unpack.limit.member-bytes", shown, limit=limits.member_bytes)
        if beyond_ratio(entry.size_bytes, entry.compressed_bytes, limits):
            raise refused("unpack.limit.ratio", shown, limit=limits.ratio)
        total += entry.size_bytes
        compressed += entry.compressed_bytes
    if total > limits.total_bytes:
        raise refused("unpack.limit.total-bytes", limit=limits.total_bytes)
    if beyond_ratio(total, compressed, limits):
        raise refused("unpack.limit.ratio", name, limit=limits.ratio)


def beyond_ratio(size_bytes: int, compressed_bytes: int, limits: Limits) -> bool:
    return size_bytes > limits.ratio_floor_bytes and size_bytes > limits.ratio * max(1, compressed_bytes)


def unpacked_chunks(file: BinaryIO, entry: CentralEntry, starts_at: int, name: str) -> Iterator[bytes]:
    """The entry's bytes, never more than declared; raises RefusedError when size or CRC-32 is not as declared."""
    crc = size = 0
    for chunk in (
        _inflated(file, entry, starts_at, name) if entry.method == _DEFLATED else _stored(file, entry, starts_at)
    ):
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
        if size > entry.size_bytes:
            break
        yield chunk
    if size != entry.size_bytes or crc != entry.crc:
        raise refused("unpack.archive.damaged", name, reason="kích thước hoặc CRC-32 không khớp")


def _stored(file: BinaryIO, entry: CentralEntry, starts_at: int) -> Iterator[bytes]:
    file.seek(starts_at)
    left = entry.compressed_bytes
    while left and (chunk := file.read(min(left, CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk


def _inflated(file: BinaryIO, entry: CentralEntry, starts_at: int, name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(file, entry, starts_at):
            if inflater.eof:
                raise refused("unpack.archive.damaged", name, reason="còn dữ liệu sau khi giải nén")
            while packed:
                yield inflater.decompress(packed, CHUNK_BYTES)
                packed = inflater.unconsumed_tail
        if not inflater.eof or inflater.unused_data:
            raise refused("unpack.archive.damaged", name, reason="dữ liệu nén không kết thúc đúng")
    except zlib.error as error:
        raise refused("unpack.archive.damaged", name, reason="dữ liệu nén sai") from error


def _kind(entry: CentralEntry) -> Kind:
    special = _SPECIAL.get(stat.S_IFMT(entry.unix_mode))
    if special is not None:
        return special
    return Kind.DIRECTORY if entry.raw_name.endswith(b"/") else Kind.FILE
