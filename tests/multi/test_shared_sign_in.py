"""Signing in behind a proxy: begun at one machine, finished at another, once; and guesses counted by all together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.accounts import create_account, link_identity
from api.bootstrap import now
from api.http.rates import MinuteCounts, Rates
from api.http.routes import presence
from api.settings import OidcSettings
from archive.access import Author, Role
from archive.catalogue.service_tables import used_logins
from tests.http.issuer import Issuer, running_issuer
from tests.multi.machines import Machines
from tests.multi.services import LOCAL, Services, running
from tests.servers.postgresql import programs, running_postgresql

CALLBACK = "/api/v1/session/oidc/callback"
pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def services(tmp_path: Path, issuer: Issuer) -> Iterator[Services]:
    url = running_postgresql().new_url()
    machines = Machines.made(tmp_path, [url, url.replace("?", "?application_name=second&")])
    secret = tmp_path / "secret"
    secret.write_text("bí mật của kho\n", encoding="utf-8")
    for home in machines.homes:
        file = home / "luutru.toml"
        text = file.read_text(encoding="utf-8")
        assert "public_verification = false" in text
        file.write_text(
            text.replace("public_verification = false", "public_verification = true"), encoding="utf-8"
        )  # fmt: skip
    with running(machines.homes, OidcSettings(issuer.address, "luutru", secret)) as made:
        archive = made.machines[0].installation.catalogue
        link_identity(archive, "sender", issuer.address, issuer.subject, by=LOCAL, at=now())
        yield made


def begun(services: Services, issuer: Issuer, machine: int) -> tuple[dict[str, str], str]:
    """What the provider sends the browser back with, and the cookie the browser keeps."""
    answer = services.machines[machine].client.get("/api/v1/session/oidc/login", follow_redirects=False)
    code, state = issuer.authorize(str(answer.headers["Location"]))
    return {"code": code, "state": state}, str(answer.cookies["luutru_login"])


def come_back(services: Services, machine: int, query: dict[str, str], cookie: str) -> Any:
    services.machines[machine].client.cookies.clear()
    headers = {"Cookie": f"luutru_login={cookie}"}
    return services.machines[machine].client.get(CALLBACK, params=query, headers=headers)


def test_a_login_begun_at_one_machine_is_finished_at_another_once(services: Services, issuer: Issuer) -> None:
    query, cookie = begun(services, issuer, 0)
    answer = come_back(services, 1, query, cookie)
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert services.machines[0].client.get("/api/v1/me", headers=bearer).json()["account"]["username"] == "sender"
    for machine in (0, 1):
        again = come_back(services, machine, query, cookie)
        assert (again.status_code, again.json()["code"]) == (403, "session.oidc-refused")
    assert len(issuer.redeemed) == 1  # the provider was not even asked again


def test_of_two_machines_that_are_sent_the_same_answer_at_once_one_opens_a_session(
    services: Services, issuer: Issuer
) -> None:
    query, cookie = begun(services, issuer, 1)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda machine: come_back(services, machine, query, cookie), (0, 1)))
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert len(issuer.redeemed) == 1


def test_a_login_that_is_only_begun_writes_nothing_and_its_secrets_are_in_no_database(
    services: Services, issuer: Issuer
) -> None:
    query, cookie = begun(services, issuer, 0)
    archive = services.machines[0].installation.catalogue
    with archive.read() as reading:
        assert reading.rows(select(func.count()).select_from(used_logins)).scalar_one() == 0
    come_back(services, 1, query, cookie)
    (form,) = issuer.redeemed
    with archive.read() as reading:
        (row,) = reading.rows(select(used_logins)).all()
    assert form["code_verifier"] not in str(row) and query["state"] not in str(row)


def test_who_asks_many_machines_without_an_account_is_counted_once_for_all(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_rates", Rates(per_minute=6000, burst=6000))
    monkeypatch.setattr(presence, "_counts", MinuteCounts("presence", at_most=4))
    moment = now().replace(second=5)
    for hours, machine in enumerate(services.machines):
        # Their own clocks differ; what is counted together is counted by one.
        machine.app.state.service.now = lambda hours=hours: moment + timedelta(hours=hours)
        machine.app.state.service.shared_clock = lambda _view: moment

    def verified(machine: int) -> Any:
        return services.machines[machine].client.get(f"/api/v1/verify/{'0' * 64}")

    assert [verified(number % 2).status_code for number in range(6)] == [200] * 4 + [429] * 2
    assert int(verified(0).headers["Retry-After"]) == 55


def test_wrong_passwords_are_counted_together_by_all_machines(services: Services) -> None:
    archive = services.machines[0].installation.catalogue
    create_account(
        archive,
        username="lan.tran",
        name="Trần Lan",
        role=Role.ARCHIVIST,
        password="mật khẩu kiểm thử rất dài 2026",
        by=Author("kiem-thu"),
        at=now(),
    )
    answers = []
    for number in range(7):
        guess = {"username": "lan.tran", "password": "đoán bừa"}
        answers.append(services.machines[number % 2].client.post("/api/v1/session", json=guess).status_code)
    assert answers == [401] * 5 + [429] * 2
