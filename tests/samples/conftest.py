from pathlib import Path

import pytest

from samples.pki import Pki, create_pki
from samples.workshop import Workshop


@pytest.fixture(scope="session")
def samples_pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("samples-pki") / "pki")


@pytest.fixture(scope="session")
def workshop(samples_pki: Pki) -> Workshop:
    return Workshop(samples_pki)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mau"
