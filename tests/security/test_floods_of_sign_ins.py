"""Somebody without an account who signs in at the provider again and again: few records, an end, and no thread held."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from api.http import oidc
from api.http.oidc import OidcUnavailableError, Provider
from api.http.sign_in_limits import PER_MINUTE
from api.settings import OidcSettings
from archive.events import Event
from tests.http.issuer import Issuer, running_issuer
from tests.http.peopled import Peopled, Template, make_template, peopled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def people(tmp_path: Path, template: Template, issuer: Issuer) -> Iterator[Peopled]:
    with peopled(template, tmp_path, OidcSettings(issuer.address, "luutru")) as made:
        yield made


def refusals(people: Peopled) -> list[Any]:
    return [record for record in people.ledger() if record.event == Event.ACCOUNT_SESSION_REFUSED]


def begun(people: Peopled, issuer: Issuer) -> dict[str, str]:
    location = people.ask(None, "GET", "/session/oidc/login", follow_redirects=False).headers["Location"]
    code, state = issuer.authorize(location)
    return {"code": code, "state": state}


def come_back(people: Peopled, query: dict[str, str]) -> Any:
    return people.ask(None, "GET", "/session/oidc/callback", params=query)


@pytest.mark.parametrize("more", [{}, {"iss": "https://ai-do.example"}], ids=["replayed", "issuer"])
def test_one_cookie_replayed_writes_one_record_and_ends_in_429(
    people: Peopled, issuer: Issuer, more: dict[str, str]
) -> None:
    query = begun(people, issuer) | more
    statuses = [come_back(people, query).status_code for _ in range(PER_MINUTE + 5)]
    assert set(statuses) == {403, 429} and statuses[-1] == 429
    assert statuses.index(429) >= PER_MINUTE - 1
    assert len(refusals(people)) == 1


def test_logins_that_are_only_begun_end_in_429_without_asking_the_provider(people: Peopled, issuer: Issuer) -> None:
    answers = [people.ask(None, "GET", "/session/oidc/login", follow_redirects=False) for _ in range(PER_MINUTE + 5)]
    assert answers[0].status_code == 303 and answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert refusals(people) == []


def test_a_provider_that_dribbles_holds_nobody_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "DEADLINE_SECONDS", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dribble() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not over.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=dribble)
        thread.start()
        try:
            provider = Provider(OidcSettings(f"http://127.0.0.1:{server.getsockname()[1]}", "luutru"))
            with pytest.raises(OidcUnavailableError) as refused:
                provider.begin("http://127.0.0.1/callback")
        finally:
            over.set()
            thread.join()
    assert "no whole answer" in refused.value.detail
