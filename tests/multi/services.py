"""Services of several machines over one archive, and a sender who is sent now to one and now to another."""

from __future__ import annotations

import base64
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.accounts import create_account, issue_token
from api.bootstrap import Installation, now, opened
from api.http.app import create_app
from api.settings import OidcSettings, load_settings
from archive.access import Author, Role
from archive.catalogue.model import Submission

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LOCAL = Author("kiem-thu")
AGENCY = "H99.12"
UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
DATA = b"PK\x03\x04" + random.Random(7).randbytes(300_000)


@dataclass
class Service:
    """One machine's service, asked in this process."""

    installation: Installation
    app: FastAPI
    client: TestClient


@dataclass
class Services:
    """The services of all machines; ``tokens`` by user name hold on each of them."""

    machines: Sequence[Service]
    tokens: dict[str, str] = field(default_factory=dict)

    def account(self, username: str, role: Role = Role.AGENCY, agency: str = AGENCY) -> None:
        catalogue = self.machines[0].installation.catalogue
        create_account(
            catalogue, username=username, name=username, role=role, agency_code=agency, by=LOCAL, at=now()
        )  # fmt: skip
        self.tokens[username] = issue_token(catalogue, username, label="kiểm thử", by=LOCAL, at=now()).secret

    def ask(self, machine: int, method: str, address: str, content: Any = b"", who: str = "sender", **more: str) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more}
        return self.machines[machine].client.request(method, address, content=content, headers=headers)

    def begun(self, machine: int, length: int = len(DATA), more: Mapping[str, str] | None = None) -> str:
        answer = self.ask(machine, "POST", UPLOADS, **{**TUS, "Upload-Length": str(length), **(more or {})})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def sent(self, machine: int, address: str, offset: int, content: Any, **more: str) -> Any:
        return self.ask(machine, "PATCH", address, content, **{**CHUNK, "Upload-Offset": str(offset), **more})

    def offset(self, machine: int, address: str) -> int:
        answer = self.ask(machine, "HEAD", address, **TUS)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def submissions(self) -> list[Submission]:
        with self.machines[0].installation.catalogue.read() as reading:
            return list(reading.submissions_in())


@contextmanager
def running(homes: Sequence[Path], oidc: OidcSettings | None = None) -> Iterator[Services]:
    """A service on each of ``homes``, and the account of a sender."""
    with ExitStack() as stack:
        machines = []
        for home in homes:
            installation = stack.enter_context(opened(replace(load_settings(home), oidc=oidc)))
            app = create_app(installation)
            machines.append(Service(installation, app, stack.enter_context(TestClient(app))))
        services = Services(machines)
        services.account("sender")
        yield services


def metadata(**values: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"Upload-Metadata": ",".join(pairs)}
