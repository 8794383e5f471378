"""How often a PDF was saved, and whether a signature's range covers one whole saving.

Each revision ends with ``startxref``, an offset that points at a cross-reference, ``%%EOF`` and maybe an end of line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 64
_END = re.compile(rb"startxref[\s\0]{1,8}(\d{1,15})[\s\0]{1,8}%%EOF")
_TABLE = re.compile(rb"[\s\0]*(?:xref\b|\d+\s+\d+\s+obj\b)")
_ENDS_SHOWN = 10_000


@dataclass(frozen=True, slots=True)
class Revisions:
    """``count`` of complete revisions; ``ends``: for each end marker, the first byte behind it (end of line not
    included) in order."""

    count: int
    ends: tuple[int, ...]


def revisions(path: Path, header_offset: int = 0) -> Revisions:
    """The revisions of a file, read in one pass with flat memory.

    An end marker inside an embedded file does not count, because its offset points nowhere here; nor does the first one
    of a linearized file, whose offset is 0 or points at the same one revision.
    """
    with path.open("rb") as file:
        marks = [(end, xref) for end, xref in _marks(file) if _points_at_table(file, xref, header_offset)]
        file.seek(0)
        linearized = b"/Linearized" in file.read(2048)
    count = len({xref for _, xref in marks})
    if linearized and count > 1:
        count -= 1
    return Revisions(count, tuple(end for end, _ in marks[:_ENDS_SHOWN]))


def covers_revision(path: Path, byte_range: Sequence[int], ends: Sequence[int]) -> bool:
    """Whether ``byte_range`` is all of one revision except one hexadecimal string (the signature's own value).

    The end of line behind the end marker is optional, so it may be covered or not (veraPDF-validation#166).
    """
    if len(byte_range) != 4 or byte_range[0] != 0 or min(byte_range) < 0:
        return False
    gap_start, gap_end = byte_range[1], byte_range[2]
    signed_end = gap_end + byte_range[3]
    if gap_end - gap_start < 2:
        return False
    with path.open("rb") as file:
        borders = [_bytes_at(file, gap_start, 1), _bytes_at(file, gap_end - 1, 1)]
        if borders != [b"<", b">"]:
            return False
        return any(
            _bytes_at(file, end, signed_end - end) in (b"", b"\r", b"\n", b"\r\n")
            for end in ends
            if end <= signed_end <= end + 2
        )


def _marks(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Every end marker as (first byte behind it, offset it names)."""
    position, carried, seen = 0, b"", 0
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        window = carried + chunk
        start = position - len(carried)
        position += len(chunk)
        for found in _END.finditer(window):
            end = start + found.end()
            if end > seen:
                seen = end
                yield end, int(found[1])
                file.seek(position)  # the caller may have looked elsewhere
        carried = window[-_OVERLAP_BYTES:]


def _points_at_table(file: IO[bytes], xref: int, header_offset: int) -> bool:
    return xref > 0 and _TABLE.match(_bytes_at(file, xref + header_offset, 40)) is not None


def _bytes_at(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    data = file.read(count)
    return data if len(data) == count or count > 2 else b"?"
