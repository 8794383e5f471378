"""Signing in at an OpenID Connect provider: a real one run on loopback, and one that lies in every way it can."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.settings import OidcSettings
from tests.http.issuer import Issuer, rsa_key, running_issuer, signed_with_the_public_key, unsigned
from tests.http.peopled import Peopled, Template, make_template, peopled
from tests.servers.ports import free_port

CLIENT = "luutru"
SECRET = "bí mật/của+kho"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def real_provider() -> Iterator[str]:
    """The address of oidc-provider-mock in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, "the provider ended"
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def settings(issuer: str, folder: Path) -> OidcSettings:
    secret = folder / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    return OidcSettings(issuer, CLIENT, secret)


@pytest.fixture
def people(tmp_path: Path, template: Template, real_provider: str) -> Iterator[Peopled]:
    with peopled(template, tmp_path, settings(real_provider, tmp_path)) as made:
        yield made


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.fixture
def deceived(tmp_path: Path, template: Template, issuer: Issuer) -> Iterator[Peopled]:
    with peopled(template, tmp_path, settings(issuer.address, tmp_path)) as made:
        link(made, "archivist", issuer.subject)
        yield made


def link(people: Peopled, who: str, subject: str) -> None:
    path = f"/accounts/{people.ids[who]}/identity"
    assert people.ask("administrator", "PUT", path, json={"subject": subject}).status_code == 200


def begin(people: Peopled) -> str:
    answer = people.ask(None, "GET", "/session/oidc/login", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["Cache-Control"] == "no-store"
    return str(answer.headers["Location"])


def come_back(people: Peopled, **query: str) -> Any:
    return people.ask(None, "GET", "/session/oidc/callback", params=query)


def log_in_for_real(people: Peopled, subject: str) -> dict[str, str]:
    """What the real provider sends the browser back with."""
    answer = httpx.post(begin(people), data={"sub": subject})
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/api/v1/session/oidc/callback"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def log_in(people: Peopled, issuer: Issuer) -> Any:
    code, state = issuer.authorize(begin(people))
    return come_back(people, code=code, state=state)


def refused(people: Peopled, answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert not any(record.event == "account.session.opened" for record in people.ledger())


def test_a_real_provider_opens_the_linked_account(people: Peopled) -> None:
    link(people, "archivist", "nguyen.van.an")
    answer = come_back(people, **log_in_for_real(people, "nguyen.van.an"))
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert people.ask(answer.json()["token"], "GET", "/me").json()["account"]["username"] == "archivist"
    opened = [record for record in people.ledger() if record.event == "account.session.opened"]
    assert [record.data["how"] for record in opened] == ["oidc"]


def test_somebody_the_provider_knows_and_the_archive_does_not_is_told_what_to_do(people: Peopled) -> None:
    answer = come_back(people, **log_in_for_real(people, "nguoi-la"))
    refused(people, answer, 403, "session.oidc-unknown")
    assert "nguoi-la" in answer.json()["detail"] and "người quản trị" in answer.json()["remedy"]


def test_a_disabled_account_is_not_opened_by_its_provider(people: Peopled) -> None:
    link(people, "archivist", "nguyen.van.an")
    people.ask("administrator", "PUT", f"/accounts/{people.ids['archivist']}/active", json={"active": False})
    refused(people, come_back(people, **log_in_for_real(people, "nguyen.van.an")), 403, "session.oidc-unknown")


def test_the_same_answer_of_the_provider_counts_once(people: Peopled) -> None:
    link(people, "archivist", "nguyen.van.an")
    begun = log_in_for_real(people, "nguyen.van.an")
    cookie = people.client.cookies["luutru_login"]
    assert come_back(people, **begun).status_code == 200
    assert "luutru_login" not in people.client.cookies
    again = people.ask(
        None, "GET", "/session/oidc/callback", params=begun, headers={"Cookie": f"luutru_login={cookie}"}
    )
    assert (again.status_code, again.json()["code"]) == (403, "session.oidc-refused")


def test_a_code_the_provider_never_gave_opens_nothing(people: Peopled) -> None:
    begun = log_in_for_real(people, "nguyen.van.an")
    refused(people, come_back(people, **(begun | {"code": "không-phải-mã"})), 403, "session.oidc-refused")


def test_the_state_must_be_the_one_this_browser_was_given(people: Peopled) -> None:
    begun = log_in_for_real(people, "nguyen.van.an")
    for state in ("", "x", begun["state"][:-1], begun["state"] + "x", begun["state"].swapcase()):
        refused(people, come_back(people, code=begun["code"], state=state), 400, "session.oidc-state")
    people.client.cookies.clear()
    refused(people, come_back(people, **begun), 400, "session.oidc-state")


def test_the_cookie_cannot_be_made_changed_or_kept(people: Peopled) -> None:
    begun = log_in_for_real(people, "nguyen.van.an")
    cookie = people.client.cookies["luutru_login"]
    people.client.cookies.clear()
    middle = len(cookie) // 2
    changed = cookie[:middle] + ("A" if cookie[middle] != "A" else "B") + cookie[middle + 1 :]
    for value in (changed, cookie[:-4], "x", "A" * 5000):
        answer = people.ask(
            None, "GET", "/session/oidc/callback", params=begun, headers={"Cookie": f"luutru_login={value}"}
        )
        refused(people, answer, 400, "session.oidc-state")
    people.clock.forward(minutes=11)
    answer = people.ask(
        None, "GET", "/session/oidc/callback", params=begun, headers={"Cookie": f"luutru_login={cookie}"}
    )
    refused(people, answer, 400, "session.oidc-state")


def test_the_cookie_is_for_this_path_and_no_script(people: Peopled) -> None:
    answer = people.ask(None, "GET", "/session/oidc/login", follow_redirects=False)
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said and "SameSite=lax" in said and "Path=/api/v1/session/oidc" in said
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"] and query["nonce"] and query["scope"] == ["openid"]
    for hidden in (query["state"][0], query["nonce"][0]):
        assert hidden not in said


def test_a_provider_that_checks_the_verifier_and_the_secret_is_satisfied(deceived: Peopled, issuer: Issuer) -> None:
    answer = log_in(deceived, issuer)
    assert answer.status_code == 200 and answer.json()["username"] == "archivist"
    (form,) = issuer.redeemed
    assert len(form["code_verifier"]) >= 43 and form["authorization"].startswith("Basic ")


_FAR = 10**10


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "của lần khác"},
        {"nonce": None},
        {"aud": "kho-khac"},
        {"aud": ["kho-khac"]},
        {"aud": [CLIENT, "kho-khac"], "azp": "kho-khac"},
        {"aud": None},
        {"iss": "https://ai-do.example"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "mai"},
        {"iat": _FAR, "exp": 2 * _FAR},
        {"nbf": _FAR},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": ["248289761001"]},
        {"at_hash": "không-khớp"},
    ],
    ids=str,
)
def test_a_token_with_one_wrong_claim_opens_nothing(deceived: Peopled, issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    refused(deceived, log_in(deceived, issuer), 403, "session.oidc-refused")


def test_a_token_signed_by_anyone_else_or_not_at_all_opens_nothing(deceived: Peopled, issuer: Issuer) -> None:
    lies: list[dict[str, Any]] = [
        {"signing": rsa_key("two")},
        {"signing": rsa_key("two"), "header": {"alg": "RS256", "kid": "two"}},
        {"signing": rsa_key("two"), "header": {"alg": "RS256"}},
        {"by_hand": signed_with_the_public_key},
        {"signing": rsa_key("one"), "header": {"alg": "RS512", "kid": "one"}},
        {"by_hand": unsigned},
        {"by_hand": lambda _claims: "không phải token"},
        {"by_hand": lambda _claims: "a.b.c"},
        {"status": 400},
    ]
    for lie in lies:
        right = {name: getattr(issuer, name) for name in lie}
        for name, value in lie.items():
            setattr(issuer, name, value)
        refused(deceived, log_in(deceived, issuer), 403, "session.oidc-refused")
        for name, value in right.items():
            setattr(issuer, name, value)
    assert log_in(deceived, issuer).status_code == 200


def test_a_new_key_of_the_provider_is_found_and_unknown_ones_do_not_make_us_ask_for_ever(
    deceived: Peopled, issuer: Issuer
) -> None:
    assert log_in(deceived, issuer).status_code == 200
    later = time.monotonic() + 60
    deceived.app.state.oidc_provider.monotonic = lambda: later
    issuer.signing, issuer.header = rsa_key("two"), {"alg": "RS256", "kid": "two"}
    issuer.published = [rsa_key("one"), rsa_key("two")]
    assert log_in(deceived, issuer).status_code == 200
    asked = issuer.asked.count("/jwks")
    issuer.signing, issuer.header = rsa_key("three"), {"alg": "RS256", "kid": "three"}
    for _ in range(3):
        assert log_in(deceived, issuer).status_code == 403
    assert issuer.asked.count("/jwks") == asked


def test_an_answer_in_the_name_of_another_issuer_is_refused(deceived: Peopled, issuer: Issuer) -> None:
    code, state = issuer.authorize(begin(deceived))
    answer = come_back(deceived, code=code, state=state, iss="https://ai-do.example")
    refused(deceived, answer, 403, "session.oidc-refused")
    assert not issuer.redeemed


def test_who_is_refused_by_the_provider_is_told_so(deceived: Peopled, issuer: Issuer) -> None:
    _, state = issuer.authorize(begin(deceived))
    answer = come_back(deceived, error="access_denied", state=state)
    refused(deceived, answer, 403, "session.oidc-denied")


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://ai-do.example"},
        {"authorization_endpoint": "http://ai-do.example/authorize"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "x" * (1 << 20)},
    ],
    ids=("issuer", "clear", "none", "long"),
)
def test_a_provider_that_does_not_describe_itself_rightly_is_not_used(
    deceived: Peopled, issuer: Issuer, discovery: dict[str, Any]
) -> None:
    issuer.discovery = discovery
    answer = deceived.ask(None, "GET", "/session/oidc/login", follow_redirects=False)
    refused(deceived, answer, 503, "session.oidc-unavailable")
    assert issuer.address not in answer.text


def test_a_provider_that_is_away_is_said_to_be_away_and_passwords_still_work(
    tmp_path: Path, template: Template
) -> None:
    with peopled(template, tmp_path, OidcSettings("http://127.0.0.1:9", CLIENT)) as people:
        answer = people.ask(None, "GET", "/session/oidc/login", follow_redirects=False)
        assert (answer.status_code, answer.json()["code"]) == (503, "session.oidc-unavailable")
        assert people.ask("head", "GET", "/me").status_code == 200


def test_without_a_provider_there_is_nothing_to_sign_in_at(tmp_path: Path, template: Template) -> None:
    with peopled(template, tmp_path) as people:
        for path in ("/session/oidc/login", "/session/oidc/callback?code=x&state=y"):
            answer = people.ask(None, "GET", path, follow_redirects=False)
            assert (answer.status_code, answer.json()["code"]) == (404, "session.oidc-not-configured")
