"""The layout digest of a tar: one SHA-256 that covers every byte and its place, and that several threads can check.

It is the SHA-256 of this text (docs/format.md, 2.1), one line for each file up to the end mark, in the order of the tar:

    1536 48213 9f86d08188…     where its bytes begin, how many, their SHA-256
    …
    rest 61440 2c26b46b68…     all other bytes (headers, padding, end) in order: how many, their SHA-256

Whoever finds the same text has read the same bytes: the lines fix the bytes of each file and where they lie, the last
one all that is left. Headers are believed only so far as to find the files; a false one gives another text.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from archive.aip.scan import BLOCK_BYTES, pax_records, unreadable

_ZEROS = bytes(BLOCK_BYTES)
_SIZE = slice(124, 136)
_KIND = 156
_FILE_KINDS = b"0\0"
_PAX_KIND = ord("x")
_PAX_BYTES = 64 << 10


class LayoutDigest:
    """The text as it grows, kept as its digest only. Files and rest bytes are each given in their own order."""

    def __init__(self) -> None:
        self._text = hashlib.sha256()
        self._rest = hashlib.sha256()
        self._rest_bytes = 0

    def add_lines(self, lines: bytes) -> None:
        self._text.update(lines)

    def add_rest(self, data: bytes | memoryview) -> None:
        self._rest.update(data)
        self._rest_bytes += len(data)

    def hexdigest(self) -> str:
        """The digest if nothing more comes; the text itself is not ended by asking."""
        whole = self._text.copy()
        whole.update(b"rest %d %s\n" % (self._rest_bytes, self._rest.hexdigest().encode()))
        return whole.hexdigest()


def file_line(offset: int, size_bytes: int, sha256: str) -> bytes:
    return b"%d %d %s\n" % (offset, size_bytes, sha256.encode())


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a piece of a tar shows: the files that begin in it, and where to go on.

    ``files`` are ``(offset in the tar, size)`` in order; only the last may reach beyond the piece. ``ended``: from
    ``until`` on no file comes any more.
    """

    files: list[tuple[int, int]]
    until: int
    ended: bool


def stretch_of(piece: memoryview, begin: int, end: int) -> Stretch:
    """The files in ``piece``, which begins at ``begin`` of a tar of ``end`` bytes: at a header, or in padding before one.

    Raises ``AipUnreadableError`` for what this archive never writes: another kind of member, a size that is none or leads
    out of the tar, a tar without end mark. Checksums are not looked at: the digest is over the headers too.
    """
    files: list[tuple[int, int]] = []
    header = go_on = begin + -begin % BLOCK_BYTES
    known_size: int | None = None
    while header + BLOCK_BYTES <= begin + len(piece):
        block = bytes(piece[header - begin : header - begin + BLOCK_BYTES])
        if block == _ZEROS:
            return Stretch(files, go_on, True)
        offset = header + BLOCK_BYTES
        size = _octal(block[_SIZE]) if known_size is None else known_size
        if offset + size > end:
            raise unreadable(f"a member of {size} bytes at {header} of {end}")
        if block[_KIND] == _PAX_KIND and known_size is None and size <= _PAX_BYTES:
            header = offset + size + -size % BLOCK_BYTES
            if header + BLOCK_BYTES > begin + len(piece):
                break
            known_size = _pax_size(bytes(piece[offset - begin : offset - begin + size]), header, piece, begin)
        elif block[_KIND] in _FILE_KINDS:
            files.append((offset, size))
            known_size = None
            go_on = offset + size
            header = go_on + -size % BLOCK_BYTES
            if go_on > begin + len(piece):
                return Stretch(files, go_on, False)
        else:
            raise unreadable(f"member of kind {block[_KIND]} at {header}")
    if go_on <= begin or begin + len(piece) >= end:
        raise unreadable("cut short, or a header of extraordinary length")
    return Stretch(files, go_on, False)


def _pax_size(data: bytes, header: int, piece: memoryview, begin: int) -> int:
    """The size of the file behind a pax header: its record ``size``, else what its own header says."""
    stated = pax_records(data).get("size")
    if stated is None:
        return _octal(bytes(piece[header - begin : header - begin + BLOCK_BYTES])[_SIZE])
    if not (stated.isascii() and stated.isdigit() and len(stated) < 20):
        raise unreadable(f"pax size {stated[:40]!r}")
    return int(stated)


def _octal(field: bytes) -> int:
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    if not digits.isdigit():
        raise unreadable(f"size {field!r}")
    try:
        return int(digits, 8)
    except ValueError as error:
        raise unreadable(f"size {field!r}") from error
