"""A real package with documents of awkward names, kept in stores of which some may be damaged."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from holding import Holding, holding  # found by the line above


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Holding:
    return holding(tmp_path_factory.mktemp("held"))


@pytest.fixture
def out() -> io.BytesIO:
    return io.BytesIO()
