from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.keystore.file_kek import FileKek
from archive.keystore.store import KeyStore
from tests.keystore.kept import Kept


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is such a thing: killing at every call asks for thousands of fsyncs."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def kept(quick: Path) -> Kept:
    """A key store in two places, its key-encryption key in a file."""
    kept = Kept((quick / "one", quick / "two"), quick / "medium" / "kek.json")
    KeyStore.create(kept.places, FileKek(kept.kek_file))
    return kept
