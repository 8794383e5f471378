"""How much a submission may ask of this machine; everything beyond is refused by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``ratio`` counts only once more than ``ratio_floor_bytes`` come out: small files may compress as well as they
    like. ``nesting`` is how many archives may lie inside one another within a document."""

    members: int = 120_000
    member_bytes: int = 4 << 30
    total_bytes: int = 1 << 40
    ratio: int = 250
    ratio_floor_bytes: int = 128 << 20
    depth: int = 32
    name_chars: int = 255
    path_bytes: int = 4096
    nesting: int = 3
    header_bytes: int = 1 << 20
    """The largest extended header of a tar entry."""
