"""A service over an archive with an account of every role and one hồ sơ known to the catalogue alone: made in no time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI

from api.accounts import create_account, issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.initialising import initialise
from api.settings import OidcSettings, load_settings
from archive.access import Author, Role
from archive.access.passwords import Passwords
from archive.ledger import Record
from tests.catalogue.builders import stored_package
from tests.servers.homes import copied_home

with warnings.catch_warnings():
    # It would rather have another client below it than the one the service itself uses.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FIRST = "mật khẩu do người khác đặt"
OWN = "mật khẩu của riêng tôi 2026"
AGENCY = "H01.02"
LOCAL = Author("kiem-thu")
_QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
_NAMES: Mapping[str, Role] = {
    "agency": Role.AGENCY,
    "archivist": Role.ARCHIVIST,
    "head": Role.HEAD,
    "head-2": Role.HEAD,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
    "administrator-2": Role.ADMINISTRATOR,
}


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass(frozen=True)
class Peopled:
    """``aip_id``: of a stored hồ sơ with three documents. ``clock``: the service's own."""

    installation: Installation
    app: FastAPI
    client: TestClient
    clock: Clock
    tokens: Mapping[str, str]
    ids: Mapping[str, str]
    aip_id: str

    def ask(self, who: str | None, method: str, path: str, **options: Any) -> Any:
        """The answer to ``who`` (None: nobody), a name of an account or a token."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def sign_in(self, username: str, password: str, **more: str) -> Any:
        return self.ask(None, "POST", "/session", json={"username": username, "password": password, **more})

    def ledger(self) -> list[Record]:
        with self.installation.catalogue.read() as reading:
            return reading.records(limit=1000)


@dataclass(frozen=True)
class Template:
    home: Path
    tokens: Mapping[str, str]
    ids: Mapping[str, str]
    aip_id: str


@cache
def make_template(folder: Path) -> Template:
    home = folder / "home"
    initialise(home, name="Lưu trữ lịch sử tỉnh Bình Minh", code="H99.12")
    tokens, ids = {}, {}
    with opened(load_settings(home)) as installation:
        for name, role in _NAMES.items():
            account = create_account(
                installation.catalogue,
                username=name,
                name=f"Tài khoản {name}",
                role=role,
                agency_code=AGENCY if role is Role.AGENCY else "",
                password=FIRST,
                by=LOCAL,
                at=now(),
                passwords=_QUICK,
            )
            ids[name] = account.id
            tokens[name] = issue_token(installation.catalogue, name, label="kiểm thử", by=LOCAL, at=now()).secret
        aip_id = stored_package(installation.catalogue).aip_id
    return Template(home, tokens, ids, aip_id)


@contextmanager
def peopled(template: Template, folder: Path, oidc: OidcSettings | None = None) -> Iterator[Peopled]:
    """A copy of its own, so that a test may change what it likes."""
    copied_home(template.home, folder / "home")
    with opened(replace(load_settings(folder / "home"), oidc=oidc)) as installation:
        app, clock = create_app(installation), Clock(now())
        app.state.service.now = clock
        with TestClient(app) as client:
            yield Peopled(installation, app, client, clock, template.tokens, template.ids, template.aip_id)
