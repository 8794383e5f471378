"""Tokens replayed, cut, widened, sent where they do not belong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from api.accounts import change_role, disable_account, issue_token, revoke_token
from api.http.progress import Streams, told
from archive.access import Author, Role, Scope
from archive.catalogue import Submission
from tests.http.peopled import LOCAL, Peopled
from tests.security.conftest import Arena


def end_by_revocation(people: Peopled, token_id: str) -> None:
    revoke_token(people.installation.catalogue, token_id, by=LOCAL, at=people.clock.at)


def end_by_time(people: Peopled, _token_id: str) -> None:
    people.clock.forward(days=1)


def end_by_closing_the_account(people: Peopled, _token_id: str) -> None:
    disable_account(people.installation.catalogue, "archivist", by=LOCAL, at=people.clock.at)


@pytest.mark.parametrize("end", [end_by_revocation, end_by_time, end_by_closing_the_account])
def test_a_token_that_is_over_is_worth_nothing_from_the_next_request_on(
    people: Peopled, end: Callable[[Peopled, str], None]
) -> None:
    issued = issue_token(people.installation.catalogue, "archivist", label="hai", by=LOCAL, at=people.clock.at, days=1)
    assert people.ask(issued.secret, "GET", "/me").status_code == 200
    end(people, issued.token.id)
    for path in ("/me", f"/records/{people.aip_id}", "/submissions", "/search?q=a"):
        answer = people.ask(issued.secret, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (401, "access.token-invalid")
    # Nor does it prolong itself.
    assert people.ask(issued.secret, "POST", "/me/tokens", json={"label": "ba"}).status_code == 401


def test_a_role_made_smaller_holds_for_tokens_and_their_children_at_once(people: Peopled) -> None:
    child = people.ask("archivist", "POST", "/me/tokens", json={"label": "con"}).json()["token"]
    change_role(people.installation.catalogue, "archivist", Role.AUDITOR, by=LOCAL, at=people.clock.at)
    for secret in ("archivist", child):
        assert people.ask(secret, "GET", "/review").status_code == 403
        me = people.ask(secret, "GET", "/me").json()
        assert me["account"]["role"] == "auditor" and "submission.review" not in me["operations"]


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "in the address": lambda secret: {"params": {"access_token": secret, "token": secret, "authorization": secret}},
    "in a cookie": lambda secret: {"headers": {"Cookie": f"luutru={secret}; token={secret}; Authorization={secret}"}},
    "in a body": lambda secret: {"json": {"token": secret, "access_token": secret}},
    "as a password": lambda secret: {"auth": ("head", secret)},
    "as a user": lambda secret: {"auth": (secret, "")},
    "in another header": lambda secret: {
        "headers": {"X-Auth-Token": secret, "Proxy-Authorization": f"Bearer {secret}"}
    },
    "under another scheme": lambda secret: {"headers": {"Authorization": f"Token {secret}"}},
    "bare": lambda secret: {"headers": {"Authorization": secret}},
    "with a word before it": lambda secret: {"headers": {"Authorization": f"Bearer Bearer {secret}"}},
    "with one behind it": lambda secret: {"headers": {"Authorization": f"Bearer {secret}, Bearer {secret}"}},
    "cut": lambda secret: {"headers": {"Authorization": f"Bearer {secret[:-1]}"}},
    "longer": lambda secret: {"headers": {"Authorization": f"Bearer {secret}A"}},
    "in capitals": lambda secret: {"headers": {"Authorization": f"Bearer {secret.upper()}"}},
    "without its prefix": lambda secret: {"headers": {"Authorization": f"Bearer {secret.removeprefix('luutru_')}"}},
    "as a pattern": lambda secret: {"headers": {"Authorization": f"Bearer {secret[:-1]}%"}},
    "with a query": lambda secret: {"headers": {"Authorization": f"Bearer {secret[:20]}' OR '1'='1"}},
    "as a query": lambda _secret: {"headers": {"Authorization": 'Bearer {"match_all": {}}'}},
    "with a zero": lambda secret: {"headers": {"Authorization": f"Bearer {secret}%00"}},
    "as its digest": lambda _secret: {"headers": {"Authorization": "Bearer " + "0" * 64}},
    "empty": lambda _secret: {"headers": {"Authorization": "Bearer "}},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_token_is_taken_whole_from_its_header_and_from_nowhere_else(
    peopled_once: Peopled, way: Callable[[str], dict[str, Any]]
) -> None:
    for path in ("/api/v1/me", "/api/v1/ledger", f"/api/v1/records/{peopled_once.aip_id}"):
        answer = peopled_once.client.request("GET", path, **way(peopled_once.tokens["head"]))
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer"), answer.text
        assert peopled_once.tokens["head"] not in answer.text


def test_two_tokens_at_once_are_nobodys_whichever_comes_first(peopled_once: Peopled) -> None:
    head, agency = (("Authorization", f"Bearer {peopled_once.tokens[who]}") for who in ("head", "agency"))
    for pair in ([head, agency], [agency, head], [head, head]):
        assert peopled_once.client.get("/api/v1/me", headers=pair).status_code == 401


@pytest.mark.parametrize("wider", [{"scopes": ["read", "decide"]}, {"scopes": ["administer"]}, {"scopes": []}])
def test_a_limited_token_mints_none_that_is_wider(people: Peopled, wider: dict[str, Any]) -> None:
    issued = issue_token(
        people.installation.catalogue, "head", label="đọc", scopes=frozenset({Scope.READ}), by=LOCAL, at=people.clock.at
    )
    answer = people.ask(issued.secret, "POST", "/me/tokens", json={"label": "rộng hơn", **wider})
    assert answer.status_code in (409, 422), answer.text
    # Said nothing, it is as wide as the one it comes from.
    child = people.ask(issued.secret, "POST", "/me/tokens", json={"label": "con"}).json()
    assert child["scopes"] == ["read"]
    assert people.ask(child["token"], "PUT", f"/records/{people.aip_id}/mode", json={}).status_code in (403, 422)
    body = {"mode": "restricted", "reason": "thử"}
    assert people.ask(child["token"], "PUT", f"/records/{people.aip_id}/mode", json=body).status_code == 403


def test_nobody_mints_or_revokes_a_token_of_somebody_else(people: Peopled) -> None:
    tokens = people.ask("head", "GET", "/me/tokens").json()["items"]
    for who in ("archivist", "auditor", "agency", "head-2"):
        assert people.ask(who, "DELETE", f"/me/tokens/{tokens[0]['id']}").status_code == 404
        assert people.ask(who, "GET", f"/accounts/{people.ids['head']}/tokens").status_code == 403
    assert people.ask("administrator", "POST", f"/accounts/{people.ids['head']}/tokens", json={}).status_code == 405
    assert people.ask("head", "GET", "/me").status_code == 200


def test_no_answer_and_no_list_holds_a_secret_or_its_digest(people: Peopled) -> None:
    for who, path in (
        ("head", "/me/tokens"),
        ("administrator", f"/accounts/{people.ids['head']}/tokens"),
        ("administrator", "/accounts"),
        ("auditor", "/ledger?limit=500"),
        ("head", "/rights-changes"),
    ):
        answer = people.ask(who, "GET", path)
        assert answer.status_code == 200, answer.text
        assert "luutru_" not in answer.text and "argon2" not in answer.text and "secret" not in answer.text


def lose_the_token(arena: Arena, who: str) -> None:
    with arena.installation.catalogue.transaction() as tx:
        account = tx.account_named(who)
        assert account is not None
        for token in tx.tokens(account.id):
            if token.revoked_at is None:
                tx.revoke_token(token.id, by=Author("kiem-thu"), at=arena.app.state.service.now())


def lose_the_account(arena: Arena, who: str) -> None:
    disable_account(arena.installation.catalogue, who, by=Author("kiem-thu"), at=arena.app.state.service.now())


def lose_the_agency(arena: Arena, who: str) -> None:
    now = arena.app.state.service.now()
    change_role(arena.installation.catalogue, who, Role.AGENCY, agency_code="H11.11", by=Author("kiem-thu"), at=now)


@pytest.mark.parametrize("lose", [lose_the_token, lose_the_account, lose_the_agency])
def test_an_open_stream_of_events_ends_when_who_listens_loses_the_right(
    own_arena: Arena, lose: Callable[[Arena, str], None]
) -> None:
    answer = own_arena.ask(
        "agency", "POST", "/submissions", content=b"PK\x03\x04", headers={"Content-Type": "application/zip"}
    )
    submission_id = answer.json()["id"]
    service, heard = own_arena.app.state.service, threading.Event()
    from api.http.found_submission import submission_target
    from api.http.gate import Asked
    from archive.access import Operation

    principal = service.authenticated(own_arena.world.tokens["agency"], service.now())
    asked = Asked(principal, Operation.SUBMISSION_READ, service.now(), "r", service)
    streams = Streams()
    streams.enter(asked.who.account_id)
    names: list[str] = []

    def allowed(submission: Submission) -> bool:
        return asked.still_allowed(submission_target(submission))

    async def listen() -> None:
        async for event in told(service, streams, asked.who.account_id, submission_id, 0, allowed):
            names.append(str(event.event))
            heard.set()
            await anyio.to_thread.run_sync(lose, own_arena, "zq-agency-zq")

    anyio.run(listen)
    # It waits in its queue for ever: only the loss can have ended the stream, and it counted as no end.
    assert names == ["state"] and streams.count == 0


def test_what_a_browser_was_told_to_keep_is_never_a_problem_or_a_secret(people: Peopled) -> None:
    for answer in (
        people.ask(None, "GET", "/me"),
        people.ask("head", "GET", "/records/00000000-0000-4000-8000-000000000000"),
        people.ask("head", "POST", "/me/tokens", json={"label": "một"}),
        people.ask("administrator", "GET", "/accounts"),
    ):
        assert "no-store" in answer.headers["cache-control"], json.dumps(dict(answer.headers))


def test_a_grant_that_ends_between_two_requests_has_ended(people: Peopled) -> None:
    body = {"mode": "restricted", "reason": "thử"}
    assert people.ask("head", "PUT", f"/records/{people.aip_id}/mode", json=body).status_code == 200
    until = people.clock.at + timedelta(hours=1)
    grant = {
        "account": "archivist",
        "aip_id": people.aip_id,
        "reason": "khiếu nại",
        "valid_until": until.isoformat(),
    }
    assert people.ask("head", "POST", "/grants", json=grant).status_code == 201
    people.clock.at = until - timedelta(microseconds=1)
    assert people.ask("archivist", "GET", f"/records/{people.aip_id}").status_code == 200
    people.clock.at = until
    assert people.ask("archivist", "GET", f"/records/{people.aip_id}").status_code == 404
