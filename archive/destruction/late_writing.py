"""Whoever wrote an object of a package while its hồ sơ was being destroyed: what was just written goes again.

written ─▶ is the package ended? ── no ──▶ its end, if it comes, comes later and finds the object
                 │ yes
                 ▼
          due there again ─▶ removed at once; what stands in the way of that is met by the round itself
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from archive.catalogue import Catalogue
from archive.catalogue.destruction_reading import store_place, tombstone, tombstone_package
from archive.catalogue.destruction_writing import reopen_work
from archive.destruction.beginning import CATALOGUE
from archive.destruction.store_place import keys_of
from archive.errors import StoreError
from archive.storage.store import Store

_log = logging.getLogger(__name__)


def withdrawn(catalogue: Catalogue, stores: Sequence[Store], aip_id: str, now: Callable[[], datetime]) -> bool:
    """Whether this package has ended, and with it whatever was just written of it into ``stores``.

    Asked after the writing, never before: an end that begins later removes the object itself. Its round has to look there
    again, also after its certificate, so that a kill in between leaves nothing behind; a store that does not let it go is
    asked again by the round. Raises nothing of the world.
    """
    with catalogue.read() as view:
        package = tombstone_package(view, aip_id)
        laid = None if package is None else tombstone(view, package.file_id)
    if package is None or laid is None:
        return False
    with catalogue.transaction() as tx:
        places = [CATALOGUE, *(store_place(store.name) for store in stores)]
        reopen_work(tx, laid.round_id, [laid.file_id], now(), places=places)
    for store in stores:
        try:
            for key in keys_of(package):
                store.remove(key)
        except StoreError as error:
            _log.warning("package %s ended while it was written to %s: %s", aip_id, store.name, error.detail)
    return True
