"""One pool of each tool for all tests of this folder, and a way to examine a file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from archive.digest import file_digests
from archive.paths import RelPath
from ingest.checks.pdfa import examine
from ingest.examination_result import DocumentResult
from ingest.inspector.client import inspector_pool
from ingest.subject import Member
from ingest.verapdf.build import DEFAULT_HOME, build
from ingest.verapdf.client import VeraPool, verapdf_pool
from ingest.workers.budget import Budget
from ingest.workers.pool import WorkerPool

Examined = Callable[..., DocumentResult]


@pytest.fixture(scope="session")
def inspectors() -> Iterator[WorkerPool]:
    with inspector_pool(1, 384 << 20) as pool:
        yield pool


@pytest.fixture(scope="session")
def verapdf() -> Iterator[VeraPool]:
    build(DEFAULT_HOME)
    pool = verapdf_pool(DEFAULT_HOME, 1)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def hostile() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hostile_pdfs", Path(__file__).with_name("hostile.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def good(hostile: ModuleType) -> Path:
    """A PDF/A-2u as WeasyPrint makes it."""
    path: Path = hostile.GOOD
    return path


@pytest.fixture
def examined(inspectors: WorkerPool, verapdf: VeraPool) -> Examined:
    def examined(path: Path, seconds: float = 60.0, name: str = "Quyết định.pdf", **tools: object) -> DocumentResult:
        member = Member(RelPath(name), path, file_digests(path))
        used = {"inspectors": inspectors, "verapdf": verapdf, **tools}
        return examine(member.path, member, budget=Budget(seconds), **used)  # type: ignore[arg-type]

    return examined
