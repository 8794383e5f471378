from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sealing.archived import World, made_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An archive with a key store, and a submission of a hồ sơ kept for years that waits to be packaged."""
    with made_world(tmp_path) as world:
        yield world
