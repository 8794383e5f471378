"""Bytes among the papers of rounds that no row names, whatever left them there; swept after some days.

seen unclaimed, and noted ─▶ fsck names it ─▶ still unclaimed ``PATIENCE`` later ─▶ removed from every store
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from api.bootstrap import Installation
from archive.catalogue.pieces import pieces
from archive.durable import write_whole
from archive.errors import StoreError
from archive.fsck.own_objects import CLAIMS
from archive.ledger import read_instant, written_instant
from archive.storage.key import Key
from archive.storage.store import Store

PATIENCE = timedelta(days=7)
"""So long after it was first seen. Whoever was killed while he brought it has brought it again by then, or does not."""
_FOLDER = "disposal"
_AT_ONCE = 200
_log = logging.getLogger(__name__)


def sweep_papers(installation: Installation, at: datetime) -> int:
    """How many objects were removed. What is seen for the first time only gets its day; an unknown past waits anew.

    A store that cannot be read or does not let go is passed over: fsck goes on naming what lies there.
    """
    noted = installation.settings.home / "papers-unclaimed.json"
    since = _read(noted.read_bytes() if noted.exists() else b"{}")
    seen: dict[str, datetime] = {}
    removed = 0
    for store in installation.stores:
        try:
            for key in list(_unclaimed(installation, store)):
                seen[key] = min(since.get(key, at), at)
                if at - seen[key] >= PATIENCE:
                    removed += _removed(installation, store, key)
        except StoreError as error:
            seen = {**since, **seen}  # of what lies there nothing is known today
            _log.warning("papers in store %s: %s %s", store.name, error.code, error.detail)
    write_whole(noted, json.dumps({key: written_instant(seen[key]) for key in sorted(seen)}).encode("ascii"))
    return removed


def _unclaimed(installation: Installation, store: Store) -> Iterator[Key]:
    """Each is asked for after it was seen: one that is just being asked for has its order by then, or by its day."""
    for keys in pieces(store.keys(_FOLDER), _AT_ONCE):
        yield from sorted(set(keys) - _claimed(installation, store, keys))


def _claimed(installation: Installation, store: Store, keys: Iterable[Key]) -> set[Key]:
    with installation.catalogue.read() as view:
        return CLAIMS[_FOLDER](view, store.name, list(keys))


def _removed(installation: Installation, store: Store, key: Key) -> bool:
    """Brought again and asked about while it was being removed, it is put back."""
    data = b"".join(store.read(key))
    store.remove(key)
    if not _claimed(installation, store, [key]):
        _log.warning("paper %s of no order removed from store %s", key, store.name)
        return True
    with store.create(key) as writer:
        writer.write(data)
        writer.commit()
    return False


def _read(data: bytes) -> Mapping[str, datetime]:
    with suppress(ValueError, KeyError, AttributeError, TypeError):
        return {key: read_instant(text) for key, text in json.loads(data).items()}
    return {}
