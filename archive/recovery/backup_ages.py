"""How long backup sets are kept, and removing those whose time is over from every medium that can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from archive.catalogue import Catalogue
from archive.catalogue.backup_log import Backup, BackupKind, RunState, end_backup
from archive.errors import StoreError
from archive.storage.store import Store

_DAYS_A_MONTH = 31


def expired(
    kept: Sequence[Backup], now: datetime, *, keep_full_months: int, keep_incremental_days: int
) -> tuple[Backup, ...]:
    """Sets that may go: failed ones a day old, and completed ones past their time (0 keeps for ever).

    Never the newest full one, nor anything behind it: what is left always leads up to the newest.
    """
    completed = [item for item in kept if item.state is RunState.COMPLETED]
    newest_full = max((item.begun_at for item in completed if item.kind is BackupKind.FULL), default=None)
    found = []
    for item in kept:
        age = now - item.begun_at
        if item.state is RunState.FAILED:
            if age > timedelta(days=1):
                found.append(item)
        elif item.state is RunState.COMPLETED and newest_full is not None and item.begun_at < newest_full:
            full = item.kind is BackupKind.FULL
            days = keep_full_months * _DAYS_A_MONTH if full else keep_incremental_days
            if days and age > timedelta(days=days):
                found.append(item)
    return tuple(found)


def remove_sets(catalogue: Catalogue, media: Sequence[Store], sets: Sequence[Backup], now: datetime) -> tuple[str, ...]:
    """The names of the sets of which nothing is left on any medium they were written to; others are tried again."""
    removed = []
    known = {store.name: store for store in media}
    for item in sets:
        places = [str(medium["name"]) for medium in item.media] or list(known)
        if all([name in known and _gone(known[name], item.name) for name in places]):
            with catalogue.transaction() as tx:
                end_backup(tx, replace(item, removed_at=now))
            removed.append(item.name)
    return tuple(removed)


def _gone(store: Store, name: str) -> bool:
    with suppress(StoreError):
        for key in list(store.keys(f"backup/{name}")):
            store.remove(key)
        return True
    return False
