"""A token minted with a token: never longer, never wider, and over when the other is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.accounts import IssuedToken, issue_token, revoke_token
from archive.access import Author, Scope
from archive.access.errors import TokenRefusedError
from archive.access.token_secrets import new_secret, secret_sha256
from archive.catalogue import NewToken
from tests.http.peopled import FIRST, LOCAL, Peopled


def issued(people: Peopled, days: int, scopes: frozenset[Scope] | None = None, who: str = "head") -> IssuedToken:
    return issue_token(
        people.installation.catalogue, who, label="mẹ", scopes=scopes, days=days, by=LOCAL, at=people.clock.at
    )


def mint(people: Peopled, secret: str, **body: Any) -> Any:
    return people.ask(secret, "POST", "/me/tokens", json={"label": "con", **body})


def lives(people: Peopled, secret: str) -> bool:
    return bool(people.ask(secret, "GET", "/me").status_code == 200)


@pytest.mark.parametrize(
    ("parent_days", "wanted", "lasts_days"),
    [
        (10, {}, 10),
        (200, {}, 90),
        (10, {"days": 10}, 10),
        (10, {"days": 1}, 1),
        (10, {"days": 11}, None),
        (1, {"days": 366}, None),
        (366, {"days": 366}, 366),
    ],
)
def test_a_token_minted_by_a_token_does_not_outlive_it(
    people: Peopled, parent_days: int, wanted: dict[str, int], lasts_days: int | None
) -> None:
    parent = issued(people, parent_days)
    answer = mint(people, parent.secret, **wanted)
    if lasts_days is None:
        assert (answer.status_code, answer.json()["code"]) == (409, "token.refused")
        assert "password" in answer.json()["remedy"]
        return
    assert answer.status_code == 201, answer.text
    expires_at = datetime.fromisoformat(answer.json()["expires_at"])
    assert expires_at == people.clock.at + timedelta(days=lasts_days) <= parent.token.expires_at


def test_a_chain_of_tokens_is_no_longer_than_its_first(people: Peopled) -> None:
    first = issued(people, 10)
    secret = first.secret
    for day in range(9):
        people.clock.forward(days=1)
        answer = mint(people, secret)
        assert datetime.fromisoformat(answer.json()["expires_at"]) == first.token.expires_at, day
        assert mint(people, secret, days=10 - day).status_code == 409
        secret = answer.json()["token"]
    assert lives(people, secret)
    people.clock.at = first.token.expires_at
    assert not lives(people, secret)


def test_whoever_revokes_a_token_revokes_what_was_minted_by_it_and_nothing_else(people: Peopled) -> None:
    parent, other = issued(people, 10), issued(people, 10)
    child = mint(people, parent.secret).json()
    grandchild, aunt = mint(people, child["token"]).json(), mint(people, other.secret).json()
    revoke_token(people.installation.catalogue, parent.token.id, by=LOCAL, at=people.clock.at)
    assert [lives(people, made["token"]) for made in (child, grandchild, aunt)] == [False, False, True]
    revoked = [record.data["token_id"] for record in people.ledger() if record.event == "account.token.revoked"]
    assert sorted(revoked) == sorted([parent.token.id, child["token_id"], grandchild["token_id"]])


def test_a_session_that_is_closed_takes_its_tokens_along(people: Peopled) -> None:
    session = people.sign_in("head", FIRST, new_password=f"{FIRST} của tôi").json()
    child = mint(people, session["token"]).json()
    assert child["expires_at"] == session["expires_at"]
    assert people.ask(session["token"], "DELETE", "/session").status_code == 204
    assert not lives(people, child["token"])


def test_a_lasting_token_wants_the_password_once_more_and_is_its_owners_not_the_sessions(people: Peopled) -> None:
    own = f"{FIRST} của tôi"
    session = people.sign_in("head", FIRST, new_password=own).json()
    wrong = mint(people, session["token"], days=200, password="không phải")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "session.credentials-refused")
    lasting = mint(people, session["token"], days=200, password=own)
    assert lasting.status_code == 201, lasting.text
    assert datetime.fromisoformat(lasting.json()["expires_at"]) == people.clock.at + timedelta(days=200)
    people.ask(session["token"], "DELETE", "/session")
    assert lives(people, lasting.json()["token"])


def test_the_password_is_guessed_no_faster_by_minting(people: Peopled) -> None:
    answers = [mint(people, "head", days=200, password=f"đoán {number}").status_code for number in range(7)]
    assert answers == [403] * 5 + [429] * 2


def test_with_the_password_too_a_token_is_no_wider_than_the_one_it_is_asked_with(people: Peopled) -> None:
    own = f"{FIRST} của tôi"
    people.sign_in("head", FIRST, new_password=own)
    narrow = issued(people, 10, frozenset({Scope.READ}))
    wider = mint(people, narrow.secret, scopes=["read", "decide"], password=own)
    assert (wider.status_code, wider.json()["code"]) == (409, "token.refused")
    assert mint(people, narrow.secret, days=200, password=own).json()["scopes"] == ["read"]


def test_the_catalogue_itself_refuses_what_no_route_should_ask(people: Peopled) -> None:
    """Also when the parent ended between the request's beginning and the writing of the token."""
    parent = issued(people, 10)
    by = Author("account:head", people.ids["head"], token_id=parent.token.id)
    digest = secret_sha256(new_secret())
    assert digest is not None
    until = parent.token.expires_at
    new = NewToken("con", people.ids["head"], "con", digest, frozenset({Scope.READ}), until + timedelta(microseconds=1))
    catalogue, at = people.installation.catalogue, people.clock.at
    with pytest.raises(TokenRefusedError), catalogue.transaction() as tx:
        tx.issue_token(new, by=by, at=at)
    revoke_token(catalogue, parent.token.id, by=LOCAL, at=at)
    with pytest.raises(TokenRefusedError), catalogue.transaction() as tx:
        tx.issue_token(NewToken("con", new.account_id, "con", digest, new.scopes, until), by=by, at=at)
