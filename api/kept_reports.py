"""Reports of audits as they lie in the stores, or still wait on this machine for being brought there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from archive.catalogue.audit_model import AuditRun
from archive.errors import StoreError
from archive.storage.key import Key
from archive.storage.store import Store


def kept_report(folder: Path, stores: Sequence[Store], run: AuditRun, suffix: str) -> bytes | None:
    """The report of ``run`` (``json`` or ``pdf``), from the first place that has it; None when no place has.

    JSON is given only with the digest the catalogue noted: a copy that was changed is passed over.
    """
    for data in _found(folder, stores, f"{run.id}.{suffix}"):
        if suffix != "json" or hashlib.sha256(data).hexdigest() == run.report_sha256:
            return data
    return None


def _found(folder: Path, stores: Sequence[Store], name: str) -> Iterator[bytes]:
    with suppress(OSError):
        yield (folder / name).read_bytes()
    for store in stores:
        with suppress(StoreError):
            yield b"".join(store.read(Key(f"audit/{name}")))
