"""``write_aip``: the whole package in one pass over its originals, with flat memory, the same bytes for the same input."""

from __future__ import annotations

from pathlib import Path

from archive.aip.model import AipContent, SupportsWrite, WrittenAip


def write_aip(content: AipContent, out: SupportsWrite, *, scratch: Path | None = None) -> WrittenAip:
    """Write the AIP of ``content`` to ``out`` and tell its SHA-256, size and the offset of every file in it.

    Each original is read once; its SHA-256 is compared with the one taken at receipt (``OriginalChangedError``: throw
    away what was written). The same content gives the same bytes. Memory does not grow with the size of originals.
    Generated lists longer than some MiB are spooled in ``scratch`` (default: the system's temporary folder).
    """
    raise NotImplementedError
