"""The validation material of one file, written once under the hash of its bytes, so that packages can share it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUFFIXES = {"certificate": ".cer", "crl": ".crl", "ocsp": ".ocsp", "timestamp": ".tst", "report": ".etsi.xml"}


@dataclass
class Material:
    """Takes what validation used; ``written`` puts it into ``folder`` (None: only lists it)."""

    folder: Path | None
    _items: dict[str, tuple[str, bytes, set[str]]] = field(default_factory=dict)

    def add(self, kind: str, der: bytes, origin: str = "") -> str:
        """Keep ``der`` as ``kind``; gives its SHA-256. The same bytes are kept once, with every origin."""
        digest = hashlib.sha256(der).hexdigest()
        _, _, origins = self._items.setdefault(digest, (kind, der, set()))
        if origin:
            origins.add(origin)
        return digest

    def written(self) -> list[dict[str, Any]]:
        """The list of the material, after all of it lies in the folder."""
        rows = []
        for digest, (kind, der, origins) in sorted(self._items.items()):
            name = digest + SUFFIXES[kind]
            if self.folder is not None:
                put_once(self.folder / name, der)
            rows.append(
                {
                    "kind": kind,
                    "name": name,
                    "sha256": digest,
                    "sha512": hashlib.sha512(der).hexdigest(),
                    "size": len(der),
                    "origins": sorted(origins),
                }
            )
        return rows


def put_once(path: Path, data: bytes) -> None:
    """``path`` holds ``data``: complete or not there; a file that is there already is left alone (same name, same
    bytes)."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def prefix_digests(path: Path, ends: Iterable[int]) -> dict[int, str]:
    """SHA-256 of the first ``end`` bytes for each of ``ends``, all in one pass."""
    found: dict[int, str] = {}
    digest, position = hashlib.sha256(), 0
    with path.open("rb") as file:
        for end in sorted(set(ends)):
            while position < end:
                chunk = file.read(min(1 << 20, end - position))
                if not chunk:
                    return found
                digest.update(chunk)
                position += len(chunk)
            found[end] = digest.copy().hexdigest()
    return found
