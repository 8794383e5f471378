"""Archives inside documents are not unpacked; they are asked what they would become, so that no bomb is passed on."""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingest.unpack.entries import Problem, RefusedError, problem
from ingest.unpack.limits import Limits
from ingest.unpack.zip_directory import CentralEntry, central_entries, zip_end
from ingest.unpack.zip_source import beyond_ratio, within_limits

ARCHIVE_HEADS = (b"PK\3\4", b"\x1f\x8b")
_LOOKED_AT_ENTRIES = 2_000
_OPENED_BYTES = 32 << 20
_BOMB_CODES = ("unpack.limit.",)


@dataclass(slots=True)
class _Budget:
    entries: int = _LOOKED_AT_ENTRIES
    bytes_left: int = 4 * _OPENED_BYTES


def nested_fault(name: str, blob: Path, limits: Limits) -> Problem | None:
    """Why the archive in ``blob`` must not be handed on: what it declares breaks the limits, or it nests too deep.

    A broken archive is no fault here: whether a document can be opened is for the checks of its format.
    """
    with open(os.open(blob, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        return _fault(file, name, limits, 1, _Budget())


def _fault(file: BinaryIO, name: str, limits: Limits, level: int, budget: _Budget) -> Problem | None:
    if level > limits.nesting:
        return problem("unpack.nested.depth", name, limit=limits.nesting)
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(2) == b"\x1f\x8b":
        file.seek(max(0, size - 4))
        return _bomb(name) if beyond_ratio(int.from_bytes(file.read(4), "little"), size, limits) else None
    try:
        end = zip_end(file, name)
        if end.count > limits.members:
            return _bomb(name)
        entries = list(central_entries(file, end, name))
        within_limits(entries, limits, name)
    except RefusedError as refusal:
        return _bomb(name) if refusal.fault.code.startswith(_BOMB_CODES) else None
    for entry in entries:
        if entry.encrypted or budget.entries <= 0:
            continue
        budget.entries -= 1
        inner = _inner_archive(file, entry, budget)
        if inner is not None and (fault := _fault(io.BytesIO(inner), name, limits, level + 1, budget)) is not None:
            return fault
    return None


def largest_declared(blob: Path) -> int:
    """The largest size in bytes that anything inside this archive says it unpacks to; 0 for what is no archive.

    Looks as deep as ``nested_fault`` does; beyond what it may open, the archive's own size says nothing and what is
    declared above it counts.
    """
    with open(os.open(blob, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        if not file.read(4).startswith(ARCHIVE_HEADS):
            return 0
        return _largest(file, Limits().nesting, _Budget())


def _largest(file: BinaryIO, levels: int, budget: _Budget) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(2) == b"\x1f\x8b":
        file.seek(max(0, size - 4))
        return int.from_bytes(file.read(4), "little")
    try:
        end = zip_end(file, "")
        entries = list(central_entries(file, end, "")) if end.count <= Limits().members else []
    except RefusedError:
        return 0
    largest = max((entry.size_bytes for entry in entries), default=0)
    for entry in entries:
        if levels and budget.entries > 0 and not entry.encrypted:
            budget.entries -= 1
            if (inner := _inner_archive(file, entry, budget)) is not None:
                largest = max(largest, _largest(io.BytesIO(inner), levels - 1, budget))
    return largest


def _bomb(name: str) -> Problem:
    return problem("unpack.nested.bomb", name)


def _inner_archive(file: BinaryIO, entry: CentralEntry, budget: _Budget) -> bytes | None:
    """The bytes of an entry that is an archive itself and small enough to look into."""
    file.seek(entry.offset + 26)
    lengths = file.read(4)
    if len(lengths) != 4 or entry.size_bytes < 22:
        return None
    file.seek(entry.offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"))
    packed = file.read(min(entry.compressed_bytes, 1024))
    if not _opened(packed, entry.method, 4).startswith(ARCHIVE_HEADS):
        return None
    if max(entry.size_bytes, entry.compressed_bytes) > min(_OPENED_BYTES, budget.bytes_left):
        return None
    budget.bytes_left -= entry.size_bytes
    return _opened(packed + file.read(entry.compressed_bytes - len(packed)), entry.method, entry.size_bytes)


def _opened(packed: bytes, method: int, size_bytes: int) -> bytes:
    if method != 8:
        return packed[:size_bytes] if method == 0 else b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size_bytes)
    except zlib.error:
        return b""
