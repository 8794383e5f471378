"""Tokens minted with tokens, in any number: revoked together on both databases, and none minted without end."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from archive.access import Author, Role, Scope
from archive.access.errors import TokenRefusedError
from archive.catalogue import Catalogue, NewToken
from archive.catalogue.minted_tokens import LONGEST_CHAIN, MOST_LIVE, generation_of, with_descendants
from archive.catalogue.rights_tables import tokens
from archive.events import Event

sys.path.insert(0, str(Path(__file__).parent))
from builders import AT, sha
from people import MACHINE, account, by

LONG = 2000


def name(number: int) -> str:
    return f"{number:032x}"


def put(catalogue: Catalogue, account_id: str, minted_by: list[str | None]) -> None:
    """Tokens numbered from 1 on, as a version without limits could have issued them."""
    rows = [
        {
            "id": name(number),
            "account_id": account_id,
            "label": "con",
            "secret_sha256": sha(number),
            "scopes": ["read"],
            "created_at": AT,
            "expires_at": AT + timedelta(1),
            "minted_by": parent,
        }
        for number, parent in enumerate(minted_by, 1)
    ]
    with catalogue.transaction() as tx:
        tx.rows(insert(tokens), rows)


def chain(length: int) -> list[str | None]:
    return [None, *map(name, range(1, length))]


def new_token(account_id: str, number: int) -> NewToken:
    return NewToken(name(number), account_id, "con", sha(number), frozenset({Scope.READ}), AT + timedelta(hours=1))


def test_a_chain_of_thousands_is_revoked_by_its_first_with_a_record_for_each(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    put(catalogue, made.id, chain(LONG))
    with catalogue.transaction() as tx:
        tx.revoke_token(name(1), by=by(made), at=AT)
    with catalogue.read() as view:
        assert all(token.revoked_at == AT for token in view.tokens(made.id))
        revoked = view.records(event=Event.ACCOUNT_TOKEN_REVOKED, limit=2 * LONG)
    assert {record.data["token_id"] for record in revoked} == set(map(name, range(1, LONG + 1)))
    assert len(revoked) == LONG


def test_every_token_of_an_account_is_revoked_at_once_and_one_may_stay(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    put(catalogue, made.id, [None, None, name(1), name(3), name(2)])
    with catalogue.transaction() as tx:
        assert tx.revoke_tokens_of(made.id, by=by(made), at=AT, but=name(2)) == 4
        assert [token.id for token in tx.tokens(made.id) if token.live(AT)] == [name(2)]
        assert tx.revoke_tokens_of(made.id, by=by(made), at=AT) == 1


def test_a_token_is_minted_only_so_many_generations_behind_a_password(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    put(catalogue, made.id, chain(LONGEST_CHAIN))
    with catalogue.transaction() as tx:
        tx.issue_token(new_token(made.id, 100), by=Author(made.actor, made.id, token_id=name(LONGEST_CHAIN)), at=AT)
    with pytest.raises(TokenRefusedError) as refused, catalogue.transaction() as tx:
        tx.issue_token(new_token(made.id, 101), by=Author(made.actor, made.id, token_id=name(100)), at=AT)
    assert "password" in refused.value.remedy
    with catalogue.transaction() as tx:
        tx.issue_token(new_token(made.id, 101), by=by(made), at=AT)


def test_only_so_many_minted_tokens_live_and_one_that_is_revoked_makes_room(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    put(catalogue, made.id, [None, *[name(1)] * MOST_LIVE])
    minting = Author(made.actor, made.id, token_id=name(1))
    with pytest.raises(TokenRefusedError), catalogue.transaction() as tx:
        tx.issue_token(new_token(made.id, 9999), by=minting, at=AT)
    with catalogue.transaction() as tx:
        tx.revoke_token(name(2), by=MACHINE, at=AT)
        tx.issue_token(new_token(made.id, 9999), by=minting, at=AT)


def test_a_ring_of_tokens_is_gone_through_once() -> None:
    ring: dict[str, str | None] = {"a": "c", "b": "a", "c": "b", "d": None}
    assert with_descendants(["a"], ring) == ["a", "b", "c"]
    assert generation_of("a", ring) == 2
