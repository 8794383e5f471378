"""Signing in by guessing, by keeping others out, by planting a session, by reading the log."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bootstrap import opened
from api.http.app import create_app
from api.settings import load_settings
from archive.access.attempts import ACCOUNT, ADDRESS, address_key
from tests.http.peopled import FIRST, OWN, Peopled, Template
from tests.security.conftest import TestClient
from tests.servers.homes import copied_home
from tests.serving.test_serve import serving


def test_who_is_blocked_stays_blocked_when_the_service_starts_again(people: Peopled) -> None:
    statuses = [people.sign_in("archivist", "sai").status_code for _ in range(6)]
    assert statuses[-1] == 429
    with opened(load_settings(people.installation.settings.home)) as installation:
        app = create_app(installation)
        app.state.service.now = people.clock
        with TestClient(app) as client:
            answer = client.post("/api/v1/session", json={"username": "archivist", "password": FIRST})
    assert (answer.status_code, answer.json()["code"]) == (429, "session.blocked")


def test_names_are_not_told_apart_by_their_spelling_when_attempts_are_counted(people: Peopled) -> None:
    spellings = [
        "archivist",
        "ARCHIVIST",
        " archivist",
        "archivist ",
        "Archivist",
        "ａｒｃｈｉｖｉｓｔ",
        "archi\u00advist",
    ]
    statuses = [people.sign_in(name, "sai").status_code for name in spellings]
    assert 429 in statuses and set(statuses) <= {401, 422, 429}


def test_one_address_does_not_try_one_password_on_every_name(people: Peopled) -> None:
    with people.installation.catalogue.transaction() as tx:
        for _ in range(48):
            # As 48 sign-ins count, without the work of comparing 48 passwords.
            tx.attempt({address_key("testclient"): ADDRESS}, people.clock.at)
    statuses = [people.sign_in(f"nguoi-{number}", "123456").status_code for number in range(5)]
    assert statuses == [401, 401, 429, 429, 429]
    assert people.sign_in("head", FIRST).status_code == 429
    assert people.ask("head", "GET", "/me").status_code == 200


def test_keeping_somebody_out_lasts_minutes_and_touches_no_token(people: Peopled) -> None:
    for _ in range(12):
        people.sign_in("head", "sai")
    assert people.ask("head", "GET", "/me").status_code == 200
    blocked = people.sign_in("head", FIRST)
    assert blocked.status_code == 429
    assert (
        int(blocked.headers["Retry-After"]) <= ACCOUNT.longest.total_seconds() <= timedelta(minutes=15).total_seconds()
    )
    people.clock.forward(minutes=16)
    assert people.sign_in("head", FIRST, new_password=OWN).status_code == 201


def test_a_session_somebody_planted_is_not_the_one_that_is_opened(people: Peopled) -> None:
    planted = people.tokens["agency"]
    headers = {"Authorization": f"Bearer {planted}", "Cookie": f"luutru_login={planted}; session={planted}"}
    answer = people.ask(
        None,
        "POST",
        "/session",
        params={"token": planted, "session": planted},
        json={"username": "head", "password": FIRST, "new_password": OWN},
        headers=headers,
    )
    assert answer.status_code == 201 and answer.json()["token"] != planted
    assert answer.json()["username"] == "head" and "set-cookie" not in answer.headers
    assert people.ask(planted, "GET", "/me").json()["account"]["role"] == "agency"


@pytest.mark.parametrize(
    "body",
    [
        {"username": {"$ne": ""}, "password": {"$ne": ""}},
        {"username": ["head"], "password": [FIRST]},
        {"username": "head' --", "password": "x"},
        {"username": "head\x00", "password": FIRST},
        {"username": "*", "password": "*"},
        {"username": "head", "password": FIRST, "role": "administrator"},
        {"username": "head", "password": FIRST + "\x00"},
        {"username": "head", "password": True},
        {"username": "head", "password": "a" * 2000},
        {"username": "head", "password": FIRST, "new_password": ""},
        {"username": "head", "password": FIRST, "new_password": FIRST},
        {"username": "head", "password": FIRST, "new_password": "ngắn"},
    ],
    ids=lambda body: json.dumps(body, ensure_ascii=True)[:40],
)
def test_what_is_no_name_and_no_password_signs_nobody_in(people: Peopled, body: dict[str, Any]) -> None:
    answer = people.ask(None, "POST", "/session", json=body)
    assert answer.status_code in (401, 409, 422), answer.text
    assert "token" not in answer.json() and FIRST not in answer.text


def test_the_log_of_the_service_holds_no_password_no_token_and_nothing_that_was_asked(
    template: Template, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    copied_home(template.home, home)
    secrets = ["mat-khau-zqbimatzq", "zqtimkiemzq", "luutru_" + "Z" * 43, template.tokens["head"]]
    with (
        serving(home, "--no-work") as (_process, address),
        httpx.Client(base_url=f"{address}/api/v1", timeout=60) as asking,
    ):
        asking.post("/session", json={"username": secrets[0], "password": secrets[0]})
        asking.post(f"/session?password={secrets[0]}", data={"username": "head", "password": secrets[0]})
        asking.post("/session", content=f'{{"password": "{secrets[0]}"', headers={"Content-Type": "application/json"})
        asking.get(f"/search?q={secrets[1]}", headers={"Authorization": f"Bearer {template.tokens['head']}"})
        asking.get(f"/me?token={secrets[2]}", headers={"Authorization": f"Bearer {secrets[2]}"})
        asking.get(f"/{secrets[1]}/{secrets[2]}", headers={"User-Agent": secrets[1], "Referer": secrets[2]})
        asking.get("/me", headers={"X-Request-ID": "zqtimkiemzq\x7f"})
        # The line of a request is written after its answer.
        for _ in range(200):
            log = (home / "out.log").read_text(encoding="utf-8")
            if log.count('"status"') >= 7:
                break
            time.sleep(0.05)
    assert log.count('"status"') >= 7
    for secret in secrets:
        assert secret not in log
    for line in log.splitlines():
        json.loads(line)
