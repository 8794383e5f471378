"""Whether a store takes a byte now: found out by writing one, of which nothing is kept."""

from __future__ import annotations

from archive.storage.key import Key
from archive.storage.s3 import S3Store
from archive.storage.store import Store

PROBE = Key("health/probe.bin")


def require_writable(store: Store) -> None:
    """Raises StoreError when the store does not take a byte."""
    if isinstance(store, S3Store):
        # There a writer makes no request before the end of an object, so one that is given up proves nothing.
        store.require_writable()
        return
    with store.create(PROBE) as writer:
        writer.write(b"\0")
