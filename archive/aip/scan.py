"""The headers of an AIP's tar: only what this archive writes is accepted, and every byte is accounted for."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from archive.aip.model import AipUnreadableError, Entry

BLOCK_BYTES = 512
_PAX_BYTES = 1 << 20
Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Header:
    path: str
    size_bytes: int

    @property
    def padding_bytes(self) -> int:
        return -self.size_bytes % BLOCK_BYTES


def unreadable(detail: str) -> AipUnreadableError:
    return AipUnreadableError(
        "Gói tin lưu trữ bị hỏng hoặc không đúng cấu trúc.", remedy="Khôi phục từ bản lưu khác.", detail=detail
    )


def next_header(read: Read) -> Header | None:
    """The next file's header from ``read`` (exactly n bytes or fewer at the end), or None at the end of the tar.

    Raises ``AipUnreadableError`` for a bad checksum, a member that is no plain file, or a tar that is cut short.
    """
    info = _block(read)
    pax: dict[str, str] = {}
    if info is not None and info.type == tarfile.XHDTYPE:
        if info.size > _PAX_BYTES:
            raise unreadable(f"pax header of {info.size} bytes")
        pax = pax_records(_exactly(read, info.size))
        _exactly(read, -info.size % BLOCK_BYTES)
        info = _block(read)
    if info is None:
        if pax:
            raise unreadable("pax header without a file")
        return None
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise unreadable(f"member of type {info.type!r}: {info.name!r}")
    try:
        return Header(pax.get("path", info.name), int(pax.get("size", info.size)))
    except ValueError as error:
        raise unreadable(str(error)) from error


def scan(file: BinaryIO) -> Iterator[Entry]:
    """Every file of the tar with its offset, read from the headers alone; ``file`` is seekable."""
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    while (found := next_header(file.read)) is not None:
        offset = file.tell()
        if offset + found.size_bytes + found.padding_bytes > size_bytes:
            raise unreadable(f"cut short inside {found.path!r}")
        yield Entry(found.path, offset, found.size_bytes)
        file.seek(offset + found.size_bytes + found.padding_bytes)


def _block(read: Read) -> tarfile.TarInfo | None:
    try:
        return tarfile.TarInfo.frombuf(_exactly(read, BLOCK_BYTES), "utf-8", "strict")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # not in the stubs
        return None
    except (tarfile.HeaderError, ValueError) as error:
        raise unreadable(f"bad header: {error}") from error


def _exactly(read: Read, count: int) -> bytes:
    data = read(count)
    if len(data) != count:
        raise unreadable("cut short")
    return data


def pax_records(data: bytes) -> dict[str, str]:
    """The records of a pax header; ``AipUnreadableError`` when they are malformed."""
    records: dict[str, str] = {}
    try:
        while data:
            length = int(data[: data.index(b" ")])
            key, _, value = data[data.index(b" ") + 1 : length - 1].partition(b"=")
            if length < 5 or data[length - 1 : length] != b"\n":
                raise ValueError("malformed pax record")
            records[key.decode("utf-8")] = value.decode("utf-8")
            data = data[length:]
    except ValueError as error:
        raise unreadable(f"bad pax header: {error}") from error
    return records
