"""The legal backup of one installation: onto its media, kept as long as the settings say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.backup_minutes import backup_pdf
from api.bootstrap import Installation, now
from api.scratch import scratch_of
from api.sealing_ledger import seal_now
from archive.catalogue.backup_log import (
    Backup,
    BackupKind,
    RunState,
    backups_kept,
    backups_logged,
    medium_was_used,
)
from archive.errors import StoreError
from archive.local_time import VIETNAM, local_text
from archive.recovery.backing_up import BackingUp, Medium, due_kind
from archive.recovery.backup_ages import expired, remove_sets
from archive.storage.directory import MARKER, DirectoryStore


def back_up(
    installation: Installation,
    kind: BackupKind | None = None,
    *,
    actor: str = "luutru",
    progress: Callable[[int], None] = lambda _hoso: None,
) -> Backup:
    """A new set on all media (``kind``: as the day asks when not given); then what is past its time is removed.

    Sealed first, so that the set and the checkpoint it names speak of the same. Raises BackupFailedError.
    """
    settings = installation.settings
    seal_now(installation)
    with installation.catalogue.read() as view:
        due = kind or due_kind(view, now().astimezone(VIETNAM).date())
    making = BackingUp(
        installation.catalogue,
        _media(installation),
        installation.stores,
        installation.key,
        {"code": settings.archive_code, "name": settings.archive_name},
        now,
        backup_pdf,
        settings.backup.location,
        settings.backup.operator,
        actor,
        progress,
    )
    with tempfile.TemporaryDirectory(prefix="backup-", dir=scratch_of(settings.home)) as folder:
        done = making.run(due, Path(folder))
    remove_expired(installation)
    return done


def remove_expired(installation: Installation) -> tuple[str, ...]:
    """The names of sets that are gone from all their media."""
    settings = installation.settings.backup
    with installation.catalogue.read() as view:
        kept = backups_kept(view)
    sets = expired(
        kept,
        now(),
        keep_full_months=settings.keep_full_months,
        keep_incremental_days=settings.keep_incremental_days,
    )
    return remove_sets(installation.catalogue, [medium.store for medium in _media(installation)], sets, now())


def log_view(installation: Installation, limit: int = 50) -> list[dict[str, Any]]:
    """The log of backups, the newest first."""
    with installation.catalogue.read() as view:
        return [backup_view(item) for item in backups_logged(view, limit)]


def backup_view(item: Backup) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind.value,
        "state": item.state.value,
        "begun_at": local_text(item.begun_at),
        "ended_at": local_text(item.ended_at) if item.ended_at else None,
        "removed_at": local_text(item.removed_at) if item.removed_at else None,
        "ledger": {"after": item.after_seq, "to": item.to_seq},
        "checkpoint": item.checkpoint,
        "hoso": item.hoso,
        "documents": item.documents,
        "size_bytes": item.size_bytes,
        "manifest_sha256": item.manifest_sha256,
        "media": [dict(medium) for medium in item.media],
        "error": item.error,
        "red": item.state is RunState.FAILED,
    }


def _media(installation: Installation) -> tuple[Medium, ...]:
    """The media of the settings, or else all stores of the policy."""
    given = installation.settings.backup.media
    if not given:
        places = {item.name: f"{item.location} {item.medium}".strip() for item in installation.policy.stores}
        return tuple(Medium(store, places.get(store.name, ""), True) for store in installation.stores)
    found = []
    for item in given:
        store = DirectoryStore(item.name, item.path)
        if not (item.path / MARKER).exists() and item.path.is_dir():
            with installation.catalogue.read() as view:
                used = medium_was_used(view, item.name)
            # An empty folder under a name that was used is a medium that is away, and must not be written into.
            if not used:
                try:
                    store = DirectoryStore.initialise(item.name, item.path)
                except StoreError:
                    store = DirectoryStore(item.name, item.path)
        found.append(Medium(store, str(item.path), False))
    return tuple(found)
