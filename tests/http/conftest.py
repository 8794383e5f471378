"""The service over an archive that holds three hồ sơ of one agency, with an account of every role.

``service_home`` … ``client`` are made once a session, for tests that read. A test that changes what others read, or
breaks something, asks for ``fresh``: a copy of that archive for itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.accounts import create_account, issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from archive.access import Author, Role
from samples.documents import AGENCY_CODE
from samples.making import make_samples
from tests.cli.shell import ROOT
from tests.servers.homes import copied_home

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

STORED = ("quyet-dinh", "danh-muc-csv", "danh-muc-xlsx")
"""Samples the archive holds; all of ``AGENCY_CODE``."""
OTHERS = ("danh-muc-zip", "bad-checksum", "no-revocation-data", "secrecy-mark-in-metadata")
"""Samples at hand to be handed in: stored, returned, in review, refused."""
OTHER_AGENCY = "H99.34"
ACCOUNTS: Mapping[str, tuple[Role, str]] = {
    "agency": (Role.AGENCY, AGENCY_CODE),
    "other_agency": (Role.AGENCY, OTHER_AGENCY),
    "archivist": (Role.ARCHIVIST, ""),
    "archivist_2": (Role.ARCHIVIST, ""),
    "head": (Role.HEAD, ""),
    "auditor": (Role.AUDITOR, ""),
    "administrator": (Role.ADMINISTRATOR, ""),
}
PASSWORD = "mật khẩu kiểm thử rất dài 2026"
LOCAL = Author("kiem-thu")
Bearer = dict[str, str]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The path to submit of each sample by name (of ``STORED`` and ``OTHERS``), ``trust-list`` and ``agreement``."""
    folder = tmp_path_factory.mktemp("samples")
    made = make_samples(folder, [*STORED, *OTHERS])
    paths = {name: folder / row["path"] for name, row in made.rows.items()}
    return {**paths, "trust-list": folder / "trust-list.json", "agreement": ROOT / "samples" / "agreement.toml"}


@dataclass(frozen=True)
class ServiceHome:
    """An archive's home and the tokens of its accounts, by role; ``submissions``: ids of what is stored, by sample."""

    folder: Path
    tokens: Mapping[str, str]
    submissions: Mapping[str, str]

    def bearer(self, name: str) -> Bearer:
        return {"Authorization": f"Bearer {self.tokens[name]}"}


@pytest.fixture(scope="session")
def service_home(tmp_path_factory: pytest.TempPathFactory, samples: dict[str, Path]) -> ServiceHome:
    home = tmp_path_factory.mktemp("service") / "home"
    initialise(
        home,
        name="Lưu trữ lịch sử tỉnh Bình Minh",
        code="H99.12",
        trust_list=samples["trust-list"],
        agreement=samples["agreement"],
    )
    file = home / "luutru.toml"
    # Nobody answers there: the index is asked for by the tests of searching only.
    text = file.read_text(encoding="utf-8").replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]')
    # One of each worker: another would be started for every archive, and be of no use.
    text = text.replace("workers = 0", "workers = 1")
    file.write_text(text.replace("free_bytes_reserve = 1073741824", "free_bytes_reserve = 1048576"), encoding="utf-8")
    with opened(load_settings(home)) as installation:
        handed = hand_in(
            installation, [samples[name] for name in STORED], client_key=None, received=lambda: None
        )  # fmt: skip
        ids = {name: row.submission.id for name, row in zip(STORED, handed, strict=True) if row.submission}
        assert carry(installation, list(ids.values())) == {}
        tokens = {name: _account(installation, name, role, agency) for name, (role, agency) in ACCOUNTS.items()}
    return ServiceHome(home, tokens, ids)


def _account(installation: Installation, name: str, role: Role, agency: str) -> str:
    """The secret of a token of a new account."""
    username = name.replace("_", "-")
    create_account(
        installation.catalogue,
        username=username,
        name=f"Tài khoản {name}",
        role=role,
        agency_code=agency,
        password=PASSWORD,
        by=LOCAL,
        at=now(),
    )
    return issue_token(installation.catalogue, username, label="kiểm thử", by=LOCAL, at=now()).secret


@pytest.fixture(scope="session")
def installation(service_home: ServiceHome) -> Iterator[Installation]:
    with opened(load_settings(service_home.folder)) as made:
        yield made


@pytest.fixture(scope="session")
def app(installation: Installation) -> FastAPI:
    return create_app(installation)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


@pytest.fixture(scope="session")
def tokens(service_home: ServiceHome) -> dict[str, Bearer]:
    """Header with the bearer token, by role (``agency`` owns what is stored, ``other_agency`` nothing)."""
    return {name: service_home.bearer(name) for name in service_home.tokens}


@dataclass(frozen=True)
class Fresh:
    """A service of its own over a copy of the archive."""

    home: ServiceHome
    installation: Installation
    app: FastAPI
    client: TestClient

    def bearer(self, name: str, **more: str) -> Bearer:
        return {**self.home.bearer(name), **more}


@pytest.fixture
def fresh(tmp_path: Path, service_home: ServiceHome) -> Iterator[Fresh]:
    home = ServiceHome(tmp_path / "home", service_home.tokens, service_home.submissions)
    copied_home(service_home.folder, home.folder)
    with opened(load_settings(home.folder)) as installation:
        app = create_app(installation)
        with TestClient(app) as client:
            yield Fresh(home, installation, app, client)


@pytest.fixture(scope="session")
def carried() -> Callable[[Installation, str], None]:
    """Carries a submission to where it rests, as the worker of the service does."""

    def carry_one(installation: Installation, submission_id: str) -> None:
        assert carry(installation, [submission_id]) == {}

    return carry_one
