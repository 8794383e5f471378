"""A catalogue in each database, stores in memory and on disk, and an archive's key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.catalogue import Catalogue
from archive.signing import ArchiveKey
from archive.storage.directory import DirectoryStore
from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)
from tests.checkpoints.sealed_archive import SealedArchive


@pytest.fixture
def key() -> ArchiveKey:
    return ArchiveKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32))


@pytest.fixture
def sealed(catalogue: Catalogue, key: ArchiveKey, tmp_path: Path) -> SealedArchive:  # noqa: F811
    stores = [DirectoryStore.initialise(name, tmp_path / "stores" / name) for name in ("kho-1", "kho-2")]
    return SealedArchive(catalogue, stores, key, tmp_path / "stores")
