"""A round at work on each database, its stores in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)
from tests.destruction.round_at_work import RoundAtWork, in_folders


@pytest.fixture
def work(catalogue: Catalogue, url: str, tmp_path: Path) -> RoundAtWork:  # noqa: F811
    return in_folders(catalogue, url, tmp_path)
