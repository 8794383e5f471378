"""The stores a policy names, built: nothing is asked of them yet."""

from __future__ import annotations

from pathlib import Path

from archive.errors import StoreError
from archive.storage.directory import DirectoryStore
from archive.storage.store import Store
from archive.storage_policy import StoragePolicy, StoreKind, StorePolicy


def built_stores(policy: StoragePolicy, home: Path) -> tuple[Store, ...]:
    """All stores in the policy's order. Raises StoreSettingsError when the settings of one make no store."""
    return tuple(built_store(store, home) for store in policy.stores)


def built_store(store: StorePolicy, home: Path) -> Store:
    if store.kind is StoreKind.DIRECTORY:
        assert store.path is not None, "a directory store is read with its path"
        return DirectoryStore(store.name, store.path)
    return _s3_store(store, home)


def initialised_store(store: StorePolicy, home: Path, *, tried: bool = True) -> Store:
    """The same, made a store first; repeating it is fine.

    Raises StoreError, also for a server of S3 that does not keep what a store needs of it (unless it is not ``tried``).
    """
    if store.kind is StoreKind.DIRECTORY:
        assert store.path is not None, "a directory store is read with its path"
        return DirectoryStore.initialise(store.name, store.path)
    from archive.storage.s3 import S3Store
    from archive.storage.s3_probe import probe
    from archive.storage.s3_settings import s3_settings

    made = S3Store.initialise(store.name, s3_settings(store.s3, home))
    refused = [trial for trial in probe(made) if trial.refused] if tried else []
    if refused:
        raise StoreError(
            f"Máy chủ S3 của kho «{store.name}» không giữ lời hứa cần thiết: "
            + " ".join(trial.message for trial in refused),
            remedy="Dùng máy chủ khác; xem docs/storage-policy.md.",
            detail="; ".join(f"{trial.check}: {trial.detail}" for trial in refused),
        )
    return made


def _s3_store(store: StorePolicy, home: Path) -> Store:
    # The client of S3 takes long to import; who has no such store never pays for it.
    from archive.storage.s3 import S3Store
    from archive.storage.s3_settings import s3_settings

    return S3Store(store.name, s3_settings(store.s3, home))
