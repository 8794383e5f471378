"""What lies in the stores and should not, and what should and does not: objects against claims, without reading bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.fsck_reading import expected_objects
from archive.catalogue.pieces import pieces
from archive.errors import ObjectMissingError
from archive.fsck.differences import Difference, difference
from archive.fsck.own_objects import CLAIMS, Claim
from archive.storage.key import Key
from archive.storage.store import Store

_AT_ONCE = 500


def object_differences(
    catalogue: Catalogue, store: Store, claims: Mapping[str, Claim] = CLAIMS
) -> Iterator[Difference]:
    """Objects no package, unfinished submission or other part of the archive claims, and foreign files.

    Each is looked up after it was seen, so that one written meanwhile is known by then.
    """
    for keys in pieces(store.keys(""), _AT_ONCE):
        folders: dict[str, list[Key]] = {}
        for key in keys:
            folders.setdefault(key.segments[0], []).append(key)
        with catalogue.read() as view:
            known = {
                key
                for folder, some in folders.items()
                if (claim := claims.get(folder)) is not None
                for key in claim(view, store.name, some)
            }
        for key in keys:
            if key not in known:
                yield difference("store.object.extra", key, f"store:{store.name}", store=store.name)
    for name in store.foreign():
        yield difference("store.file.foreign", name, f"store:{store.name}", store=store.name)


def listing_differences(catalogue: Catalogue, store: Store) -> Iterator[Difference]:
    """Packages whose object the store does not list: asked for once more by name before that is said. Flat memory."""
    # An anonymous database on disk, gone when closed: it joins what may not fit in memory.
    lists = sqlite3.connect("")
    try:
        lists.execute("CREATE TABLE expected (key TEXT PRIMARY KEY, aip_id TEXT) WITHOUT ROWID")
        lists.execute("CREATE TABLE found (key TEXT PRIMARY KEY) WITHOUT ROWID")
        after = ""
        while True:
            with catalogue.read() as view:
                page = expected_objects(view, store.name, after, _AT_ONCE)
            if not page:
                break
            lists.executemany("INSERT INTO expected VALUES (?, ?)", ((str(item.key), item.aip_id) for item in page))
            after = page[-1].aip_id
        # Asked after the catalogue: what was written meanwhile is found besides, never missed.
        for keys in pieces(store.keys("aip"), _AT_ONCE):
            lists.executemany("INSERT OR IGNORE INTO found VALUES (?)", ((str(key),) for key in keys))
        absent = lists.execute("SELECT key, aip_id FROM expected WHERE key NOT IN (SELECT key FROM found) ORDER BY key")
        for key, aip_id in absent:
            try:
                store.size(Key(key))
            except ObjectMissingError:
                yield difference("copy.object.missing", aip_id, f"store:{store.name}", store=store.name)
    finally:
        lists.close()
