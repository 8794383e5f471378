"""What a password proves of its owner, and that changing it ends the other tokens with it or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from api.accounts import issue_token
from archive.catalogue import Transaction
from tests.http.peopled import FIRST, LOCAL, OWN, Peopled


def mint(people: Peopled, password: str) -> Any:
    return people.ask("head", "POST", "/me/tokens", json={"label": "lâu", "days": 200, "password": password})


def change(people: Peopled, old: str, new: str) -> Any:
    return people.ask("head", "POST", "/me/password", json={"old_password": old, "new_password": new})


def test_a_password_somebody_else_has_set_proves_nothing_until_it_is_replaced(people: Peopled) -> None:
    refused = mint(people, FIRST)
    assert (refused.status_code, refused.json()["code"]) == (403, "session.password-change-needed")
    assert change(people, FIRST, OWN).status_code == 204
    assert mint(people, OWN).status_code == 201


def test_a_password_is_not_changed_when_the_other_tokens_cannot_be_revoked(
    people: Peopled, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = issue_token(people.installation.catalogue, "head", label="khác", by=LOCAL, at=people.clock.at)

    def failing(*_given: object, **_more: object) -> None:
        raise OSError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "_revoke", failing)
        with pytest.raises(OSError):
            change(people, FIRST, OWN)
    assert people.ask(other.secret, "GET", "/me").status_code == 200
    assert change(people, FIRST, OWN).status_code == 204
    assert people.ask(other.secret, "GET", "/me").status_code == 401
    assert people.ask("head", "GET", "/me").status_code == 200
