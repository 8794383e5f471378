"""One AIP written once for the tests that only read it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from contents import aip_content  # found by the line above

from archive.aip.model import AipContent, WrittenAip
from archive.aip.writer import write_aip


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> AipContent:
    return aip_content(tmp_path_factory.mktemp("blobs"))


@pytest.fixture(scope="module")
def written(content: AipContent) -> tuple[WrittenAip, bytes]:
    out = io.BytesIO()
    return write_aip(content, out), out.getvalue()


@pytest.fixture
def written_path(written: tuple[WrittenAip, bytes], tmp_path: Path) -> Path:
    path = tmp_path / "aip.tar"
    path.write_bytes(written[1])
    return path
