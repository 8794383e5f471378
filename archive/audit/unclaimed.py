"""Objects no record claims: what the store lists, compared with the catalogue in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from archive.catalogue.audit_reading import claimed
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.destruction_reading import lingering
from archive.catalogue.pieces import pieces
from archive.storage.key import Key
from archive.storage.store import Store

OWN_FOLDERS = frozenset({"ledger", "checkpoint", "rows", "backup", "audit", "canary", "inbox", "upload"})
"""What else the archive itself keeps in its stores; the last two where machines share a quarantine by one of them."""
_AT_ONCE = 500


def unclaimed(catalogue: Catalogue, store: Store, seen: Callable[[], None] = lambda: None) -> Iterator[Key]:
    """Keys of objects of ``store`` that are neither a package's, nor of a submission under way, nor the archive's own; nor
    of a destroyed package of which it is known that it is not gone yet.

    Each is looked up after it was seen, so that one written meanwhile is known by then. ``seen`` is called between
    pages. Raises StoreError.
    """
    theirs = (key for key in store.keys("") if key.segments[0] not in OWN_FOLDERS)
    for some in pieces(theirs, _AT_ONCE):
        seen()
        with catalogue.read() as view:
            known = claimed(view, some) | lingering(view, store.name, some)
        yield from (key for key in some if key not in known)
