"""Signing in with a password, what a token is good for, and what nobody learns by trying."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.http import sign_in
from tests.http.peopled import FIRST, OWN, Peopled, Template, make_template, peopled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    with peopled(template, tmp_path) as made:
        yield made


def test_a_password_set_by_another_opens_nothing_until_it_is_replaced(people: Peopled) -> None:
    refused = people.sign_in("archivist", FIRST)
    assert (refused.status_code, refused.json()["code"]) == (403, "session.password-change-needed")
    assert people.sign_in("archivist", FIRST, new_password=FIRST).status_code == 409
    weak = people.sign_in("archivist", FIRST, new_password="ngắn")
    assert (weak.status_code, weak.json()["code"]) == (409, "password.refused")
    signed_in = people.sign_in("archivist", FIRST, new_password=OWN)
    assert signed_in.status_code == 201
    assert people.sign_in("archivist", FIRST).status_code == 401
    assert people.sign_in("archivist", OWN).status_code == 201


def test_a_session_is_a_token_for_twelve_hours_with_the_scopes_of_the_role(people: Peopled) -> None:
    session = people.sign_in("head", FIRST, new_password=OWN).json()
    assert session["scopes"] == ["administer", "decide", "read", "review"]
    assert people.ask(session["token"], "GET", "/me").json()["account"]["username"] == "head"
    people.clock.forward(hours=11, minutes=59)
    assert people.ask(session["token"], "GET", "/me").status_code == 200
    people.clock.forward(minutes=2)
    over = people.ask(session["token"], "GET", "/me")
    assert (over.status_code, over.json()["code"]) == (401, "access.token-invalid")


def test_form_and_json_are_the_same_sign_in(people: Peopled) -> None:
    form = {"username": " HEAD ", "password": FIRST, "new_password": OWN}
    assert people.ask(None, "POST", "/session", data=form).status_code == 201
    assert people.ask(None, "POST", "/session", data={"username": "head", "password": OWN}).status_code == 201


def test_nothing_of_the_address_signs_anybody_in(people: Peopled) -> None:
    for path in (f"/session?username=head&password={FIRST}", "/session"):
        assert people.ask(None, "POST", path, json={}).status_code == 422
    for name in ("token", "access_token", "authorization"):
        assert people.ask(None, "GET", f"/me?{name}={people.tokens['head']}").status_code == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"username": "head", "password": 1}', "application/json", 422),
        (b'{"username": "head", "password": "x", "role": "head"}', "application/json", 422),
        (b'{"username": "\\ud800", "password": "x"}', "application/json", 422),
        (b"username=head&username=agency&password=x", "application/x-www-form-urlencoded", 422),
        (b"username=head", "application/x-www-form-urlencoded", 422),
        (b"x" * 100, "multipart/form-data; boundary=x", 415),
        (b"{}", "text/plain", 415),
        (b'{"username": "head", "password": "' + b"x" * 5000 + b'"}', "application/json", 422),
        (b'{"username": "' + b"x" * 5000 + b'", "password": "x"}', "application/json", 422),
    ],
)
def test_a_body_that_is_none_is_refused_and_not_repeated(people: Peopled, body: bytes, kind: str, status: int) -> None:
    answer = people.ask(None, "POST", "/session", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "xxxx" not in answer.text


def test_a_name_nobody_has_is_answered_like_a_wrong_password(people: Peopled) -> None:
    def said(username: str) -> dict[str, object]:
        answer = people.sign_in(username, "không phải mật khẩu này")
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
        return {name: value for name, value in answer.json().items() if name != "request_id"}

    assert said("archivist") == said("khong-co-ai") == said("người lạ") == said("аrchivist")


def test_failures_bring_a_wait_for_names_that_exist_and_for_those_that_do_not(people: Peopled) -> None:
    for name in ("archivist", "khong-co-ai"):
        statuses = [people.sign_in(name, "sai").status_code for _ in range(6)]
        assert statuses == [401, 401, 401, 401, 401, 429]
        blocked = people.sign_in(name, FIRST)
        assert blocked.status_code == 429 and blocked.json()["code"] == "session.blocked"
        assert 0 < int(blocked.headers["Retry-After"]) <= 30
    people.clock.forward(seconds=31)
    assert people.sign_in("archivist", FIRST, new_password=OWN).status_code == 201


def test_attempts_at_the_same_time_are_counted_one_by_one(people: Peopled) -> None:
    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda _: people.sign_in("archivist", "sai").status_code, range(12)))
    assert statuses.count(401) == 5 and statuses.count(429) == 7


def test_more_at_once_than_there_are_places_are_sent_away_not_queued(people: Peopled) -> None:
    taken = [sign_in._places.acquire(blocking=False) for _ in range(sign_in.MOST_AT_ONCE)]
    try:
        answer = people.sign_in("head", FIRST)
        assert (answer.status_code, answer.json()["code"]) == (503, "session.busy")
        assert answer.headers["Retry-After"]
        assert people.ask("head", "GET", "/me").status_code == 200
    finally:
        for _ in taken:
            sign_in._places.release()


def test_signing_out_ends_the_token_used_and_no_other(people: Peopled) -> None:
    session = people.sign_in("head", FIRST, new_password=OWN).json()
    assert people.ask(session["token"], "DELETE", "/session").status_code == 204
    assert people.ask(session["token"], "GET", "/me").status_code == 401
    assert people.ask("head", "GET", "/me").status_code == 200


def test_a_disabled_account_is_signed_in_by_nothing(people: Peopled) -> None:
    session = people.sign_in("head-2", FIRST, new_password=OWN).json()
    closed = people.ask("administrator", "PUT", f"/accounts/{people.ids['head-2']}/active", json={"active": False})
    assert closed.status_code == 200 and closed.json()["active"] is False
    assert people.ask(session["token"], "GET", "/me").status_code == 401
    assert people.ask("head-2", "GET", "/me").status_code == 401
    assert people.sign_in("head-2", OWN).status_code == 401


def test_no_secret_is_in_the_log_or_the_ledger_and_no_answer_is_kept(
    people: Peopled, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = people.sign_in("auditor", FIRST, new_password=OWN)
        people.sign_in("auditor", "sai mật khẩu rồi")
        made = people.ask("auditor", "POST", "/me/tokens", json={"label": "hệ thống"})
    said = capsys.readouterr()
    everything = said.out + said.err + caplog.text + "".join(record.body.decode() for record in people.ledger())
    for secret in (FIRST, OWN, "sai mật khẩu rồi", answer.json()["token"], made.json()["token"]):
        assert secret not in everything
    for response in (answer, made, people.ask("auditor", "GET", "/me"), people.ask("auditor", "DELETE", "/session")):
        assert response.headers["Cache-Control"] == "no-store"


def test_two_authorization_headers_are_nobodys(people: Peopled) -> None:
    headers = [("Authorization", f"Bearer {people.tokens[name]}") for name in ("auditor", "head")]
    assert people.client.get("/api/v1/me", headers=headers).status_code == 401
