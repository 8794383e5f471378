"""Entries of a TAR (v7, ustar, GNU, pax), plain or through gzip, read forward only and with bounded headers."""

from __future__ import annotations

from collections.abc import Iterator

from archive.digest import CHUNK_BYTES
from ingest.unpack.entries import Entry, Kind, Problem, Readable, nothing, refused
from ingest.unpack.limits import Limits

BLOCK = 512
_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.LINK,
    b"3": Kind.DEVICE,
    b"4": Kind.DEVICE,
    b"5": Kind.DIRECTORY,
    b"6": Kind.FIFO,
    b"S": Kind.SPARSE,
}
_WITHOUT_CONTENT = frozenset({Kind.HARD_LINK, Kind.LINK, Kind.DEVICE, Kind.DIRECTORY, Kind.FIFO})


def valid_header(block: bytes) -> bool:
    """Whether a block is a tar header by its checksum."""
    if len(block) != BLOCK or not any(block):
        return False
    try:
        stated = _number(block[148:156])
    except ValueError:
        return False
    return stated == sum(block) - sum(block[148:156]) + 8 * 32


class TarSource:
    """Reads one TAR from a forward-only stream (``read`` gives fewer bytes only at the end)."""

    def __init__(self, stream: Readable, name: str, limits: Limits, problems: list[Problem]) -> None:
        self._stream = stream
        self._name = name
        self._limits = limits
        self._problems = problems
        self._left = 0
        self._padding = 0

    def entries(self) -> Iterator[Entry]:
        extended: dict[str, bytes] = {}
        while (block := self._next_header()) is not None:
            kind_byte, size = block[156:157], self._size(block, extended)
            if kind_byte in (b"x", b"g", b"L", b"K", b"X"):
                self._extend(kind_byte, size, extended)
                continue
            raw_name = extended.get("path") or _header_name(block)
            sparse = any(key.startswith("GNU.sparse") for key in extended)
            kind = Kind.SPARSE if sparse else _KINDS.get(kind_byte, Kind.OTHER)
            if kind is Kind.FILE and raw_name.endswith(b"/"):
                kind = Kind.DIRECTORY  # how v7 wrote directories
            extended = {}
            self._left = 0 if kind in _WITHOUT_CONTENT else size
            self._padding = -self._left % BLOCK
            name = raw_name.decode("utf-8", "surrogateescape")
            if kind is Kind.FILE and size > self._limits.member_bytes:
                raise refused("unpack.limit.member-bytes", name, limit=self._limits.member_bytes)
            yield Entry(name, kind, self._chunks if kind is Kind.FILE else nothing)
        self._nothing_behind()

    def _chunks(self) -> Iterator[bytes]:
        while self._left:
            chunk = self._stream.read(min(self._left, CHUNK_BYTES))
            if not chunk:
                raise refused("unpack.archive.damaged", self._name, reason="tệp bị cắt")
            self._left -= len(chunk)
            yield chunk

    def _next_header(self) -> bytes | None:
        for _ in self._chunks():
            pass
        if self._padding:
            self._exactly(self._padding)
            self._padding = 0
        block = self._stream.read(BLOCK)
        if not block:
            return None  # some writers leave the end mark out
        if len(block) == BLOCK and not any(block):
            return None
        if not valid_header(block):
            raise refused("unpack.archive.damaged", self._name, reason="phần đầu của mục sai mã kiểm")
        return block

    def _size(self, block: bytes, extended: dict[str, bytes]) -> int:
        try:
            size = _decimal(extended["size"]) if "size" in extended else _number(block[124:136])
        except ValueError:
            size = -1
        if size < 0:
            raise refused("unpack.archive.damaged", self._name, reason="kích thước của mục sai")
        return size

    def _extend(self, kind: bytes, size: int, extended: dict[str, bytes]) -> None:
        if size > self._limits.header_bytes:
            raise refused("unpack.archive.damaged", self._name, reason="phần đầu mở rộng quá lớn")
        content = self._exactly(size)
        if -size % BLOCK:
            self._exactly(-size % BLOCK)
        if kind == b"L":
            extended["path"] = content.split(b"\0", 1)[0]
        elif kind in (b"x", b"X"):
            extended.update(self._records(content))
        elif kind == b"g" and {"path", "size", "linkpath"} & self._records(content).keys():
            raise refused("unpack.archive.unreadable", self._name, reason="phần đầu chung đặt lại tên hoặc kích thước")

    def _records(self, content: bytes) -> dict[str, bytes]:
        """The records of a pax header: ``length key=value``, each ended by a line feed."""
        records: dict[str, bytes] = {}
        at = 0
        while at < len(content):
            space = content.find(b" ", at, at + 12)
            digits = content[at:space] if space > 0 else b""
            length = int(digits) if digits.isdigit() else 0
            record = content[at : at + length]
            key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
            if length <= len(digits) + 1 or len(record) != length or not record.endswith(b"\n") or not equals:
                raise refused("unpack.archive.damaged", self._name, reason="phần đầu pax sai")
            records[key.decode("utf-8", "replace")] = value
            at += length
        return records

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) != count:
            raise refused("unpack.archive.damaged", self._name, reason="tệp bị cắt")
        return data

    def _nothing_behind(self) -> None:
        """Only zeros may follow the end mark; reading them to the end also lets gzip check its own checksum."""
        while chunk := self._stream.read(CHUNK_BYTES):
            if chunk.count(0) != len(chunk):
                raise refused("unpack.tar.trailing", self._name)


def _header_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].split(b"\0", 1)[0]
        return prefix + b"/" + name if prefix else name
    return name


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError("not decimal")
    return int(digits)


def _number(field: bytes) -> int:
    """An octal field, or GNU's base-256; ValueError for anything else."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if field[0] == 0xFF:
        return -1
    text = field.split(b"\0", 1)[0].strip(b" ")
    if text and not all(48 <= byte <= 55 for byte in text):
        raise ValueError("not octal")
    return int(text, 8) if text else 0
