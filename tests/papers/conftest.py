"""One pool of each tool for all tests of papers, a test PKI, and papers printed once."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archive.signing import ArchiveKey, create_key
from ingest.inspector.client import inspector_pool
from ingest.papers.composing import paper_pdf
from ingest.papers.printing import Printed
from ingest.verapdf.build import DEFAULT_HOME, build
from ingest.verapdf.client import VeraPool, verapdf_pool
from ingest.workers.pool import WorkerPool
from samples.pki import Pki, create_pki
from samples.trust_list import write_trust_list


def _module(name: str) -> ModuleType:
    """A file of this folder; its values are not at the mercy of how pytest imports."""
    spec = importlib.util.spec_from_file_location(f"papers_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def specimens() -> ModuleType:
    return _module("specimens")


@pytest.fixture(scope="session")
def printed_papers(specimens: ModuleType) -> dict[str, Printed]:
    return {kind: paper_pdf(paper) for kind, paper in specimens.papers().items()}


@pytest.fixture(scope="session")
def inspectors() -> Iterator[WorkerPool]:
    with inspector_pool(1, 512 << 20) as pool:
        yield pool


@pytest.fixture(scope="session")
def verapdf() -> Iterator[VeraPool]:
    build(DEFAULT_HOME)
    pool = verapdf_pool(DEFAULT_HOME, 1)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def trust_file(pki: Pki) -> Path:
    return write_trust_list(pki, pki.folder / "trust.json")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> ArchiveKey:
    return create_key(tmp_path_factory.mktemp("key") / "archive.pem")


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory,
    specimens: ModuleType,
    pki: Pki,
    key: ArchiveKey,
    inspectors: WorkerPool,
    trust_file: Path,
) -> Any:
    """A finished round: ``rounds.FinishedRound``."""
    folder = tmp_path_factory.mktemp("round")
    return _module("rounds").finished_round(folder, specimens, pki, key, inspectors, trust_file)
