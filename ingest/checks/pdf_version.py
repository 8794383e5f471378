"""The version a PDF really has: the header's, unless the catalogue names a later one (ISO 32000-1, 7.5.2)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pikepdf

HEADER_WINDOW_BYTES = 1024
_HEADER = re.compile(rb"%PDF-(\d)\.(\d)")
_VERSION = re.compile(r"/?(\d)\.(\d)")


def header_facts(path: Path) -> dict[str, Any]:
    """``header_version`` (None when there is no PDF header in the first 1,024 bytes) and its ``header_offset``."""
    with path.open("rb") as file:
        head = file.read(HEADER_WINDOW_BYTES + 8)
    found = _HEADER.search(head)
    if found is None:
        marker = head.find(b"%PDF-", 0, HEADER_WINDOW_BYTES)
        return {"is_pdf": marker >= 0, "header_version": None, "header_offset": max(marker, 0)}
    version = f"{int(found[1])}.{int(found[2])}"
    return {"is_pdf": True, "header_version": version, "header_offset": found.start()}


def catalogue_version(pdf: pikepdf.Pdf) -> str | None:
    """What /Version of the catalogue of the last revision says; a signed update writes it there, not in the header."""
    said = pdf.Root.get("/Version")
    found = _VERSION.fullmatch(str(said)) if isinstance(said, pikepdf.Name) else None
    return f"{found[1]}.{found[2]}" if found else None


def effective_version(header: str | None, catalogue: str | None) -> str | None:
    """The later of the two."""
    return max((version for version in (header, catalogue) if version), default=None)
