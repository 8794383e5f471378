"""Accounts and tokens in SQLite and PostgreSQL alike: each change with its record, and nobody changes his own rights."""

from __future__ import annotations

import dataclasses
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from archive.access import Author, Role, Scope
from archive.access.errors import (
    AccountDisabledError,
    AccountExistsError,
    AccountMissingError,
    AuthorityMissingError,
    LastOfRoleError,
    LuutruError,
    OwnRightsError,
    SavedSearchMissingError,
    SavedSearchRefusedError,
    ScopeExceededError,
    TokenMissingError,
    TokenRefusedError,
)
from archive.catalogue import Catalogue, ChangeKind, NewToken
from archive.events import Event
from archive.ledger import verify_chain

sys.path.insert(0, str(Path(__file__).parent))
from builders import AT, sha
from people import MACHINE, account, by, new_account


def events(catalogue: Catalogue) -> list[str]:
    with catalogue.read() as view:
        records = view.records()
        assert verify_chain(records) is None
        return [record.event for record in records]


def token(account_id: str, number: int = 1, **changes: object) -> NewToken:
    new = NewToken(f"{number:032x}", account_id, "máy quét", sha(number), frozenset({Scope.READ}), AT + timedelta(1))
    return dataclasses.replace(new, **changes)  # type: ignore[arg-type]


def test_an_account_is_created_with_its_record_and_shown_until_confirmed(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY, " Van.Thu@H01 ")
    assert (made.username, made.name, made.agency_code, made.active) == ("van.thu@h01", "Trần Thị Lan", "H01.02", True)
    with catalogue.read() as view:
        (record,) = view.records()
        (change,) = view.rights_changes()
        assert view.account(made.id) == view.account_named("van.thu@h01") == made
        assert view.accounts() == (made,) and view.accounts(after="van.thu@h01") == ()
    rights = {"username": "van.thu@h01", "role": "agency", "agency_code": "H01.02"}
    assert (record.event, record.subject, record.actor) == (Event.ACCOUNT_RECORD_CREATED, made.id, "user:root")
    assert record.data == {"account_id": made.id, **rights}
    assert (change.seq, change.kind, change.account_id, change.after) == (
        record.seq,
        ChangeKind.ACCOUNT_CREATED,
        made.id,
        rights,
    )


def test_the_ledger_names_no_person_and_keeps_no_secret(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.HEAD)
    with catalogue.transaction() as tx:
        tx.set_password(made.id, "$argon2id$bí mật", by=MACHINE, at=AT)
        tx.issue_token(token(made.id), by=MACHINE, at=AT)
        bodies = b"".join(record.body for record in tx.records())
    for secret in ("Trần", "argon2id", sha(1)):
        assert secret.encode() not in bodies


def test_two_accounts_have_neither_name_nor_identity_in_common(catalogue: Catalogue) -> None:
    identity = {"oidc_issuer": "https://id.example", "oidc_subject": "s"}
    with catalogue.transaction() as tx:
        first = tx.create_account(new_account(1, Role.HEAD, "lan", **identity), by=MACHINE, at=AT)
    for new in (new_account(2, Role.HEAD, "LAN"), new_account(3, Role.HEAD, "khác", **identity)):
        with pytest.raises(LuutruError), catalogue.transaction() as tx:
            tx.create_account(new, by=MACHINE, at=AT)
    second = account(catalogue, 4, Role.AUDITOR)
    with pytest.raises(AccountExistsError), catalogue.transaction() as tx:
        tx.link_identity(second.id, "https://id.example", "s", by=MACHINE, at=AT)
    with catalogue.read() as view:
        assert view.account_of_identity("https://id.example", "s") == first
        assert view.principal_of_identity("https://id.example", "other", AT) is None
        found = view.principal_of_identity("https://id.example", "s", AT)
    assert found is not None and found.account_id == first.id


def test_nobody_changes_his_own_rights_whatever_his_role(catalogue: Catalogue) -> None:
    for number, role in enumerate(Role, 1):
        me = account(catalogue, number, role)
        account(catalogue, 100 + number, role)
        before = events(catalogue)
        for other in set(Role) - {role}:
            code = "H01.02" if other is Role.AGENCY else ""
            with pytest.raises(OwnRightsError), catalogue.transaction() as tx:
                tx.change_role(me.id, other, agency_code=code, by=by(me), at=AT)
        with pytest.raises(OwnRightsError), catalogue.transaction() as tx:
            tx.disable_account(me.id, by=by(me), at=AT)
        with pytest.raises(OwnRightsError), catalogue.transaction() as tx:
            tx.link_identity(me.id, "https://id.example", "s", by=by(me), at=AT)
        assert events(catalogue) == before


@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMINISTRATOR])
def test_the_last_active_one_of_a_role_that_must_not_run_empty_stays(catalogue: Catalogue, role: Role) -> None:
    one, two = account(catalogue, 1, role), account(catalogue, 2, role)
    with catalogue.transaction() as tx:
        assert not tx.disable_account(one.id, by=MACHINE, at=AT).active
    for act in ("disable", "demote"):
        with pytest.raises(LastOfRoleError), catalogue.transaction() as tx:
            if act == "disable":
                tx.disable_account(two.id, by=MACHINE, at=AT)
            else:
                tx.change_role(two.id, Role.AUDITOR, by=MACHINE, at=AT)
    with catalogue.transaction() as tx:
        tx.enable_account(one.id, by=MACHINE, at=AT)
        assert tx.change_role(two.id, Role.AUDITOR, by=by(one), at=AT).role is Role.AUDITOR
        assert tx.active_accounts(role) == {one.id}


def test_changes_of_role_state_what_was_before_and_what_is_after_and_repeating_writes_nothing(
    catalogue: Catalogue,
) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    for _ in range(2):
        with catalogue.transaction() as tx:
            tx.change_role(made.id, Role.ARCHIVIST, by=MACHINE, at=AT)
    for _ in range(2):
        with catalogue.transaction() as tx:
            tx.disable_account(made.id, by=MACHINE, at=AT)
    with catalogue.read() as view:
        changes = view.rights_changes()
    assert [(change.kind, change.before, change.after) for change in changes[1:]] == [
        (
            ChangeKind.ROLE_CHANGED,
            {"role": "agency", "agency_code": "H01.02"},
            {"role": "archivist", "agency_code": ""},
        ),
        (ChangeKind.ACCOUNT_DISABLED, {"active": True}, {"active": False}),
    ]
    assert events(catalogue)[1:] == ["account.rights.changed"] * 2


def test_a_password_set_by_another_is_a_change_of_rights_and_ones_own_is_not(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.HEAD, "lan")
    with catalogue.transaction() as tx:
        tx.set_password(made.id, "first", by=MACHINE, at=AT)
        tx.set_password(made.id, "second", by=by(made), at=AT)
        with pytest.raises(ScopeExceededError):
            tx.set_password(made.id, "third", by=Author(made.actor, made.id, frozenset({Scope.READ})), at=AT)
        kept = tx.password_hash("lan")
    assert kept is not None and kept[1] == "second" and kept[0].has_password
    with catalogue.read() as view:
        assert [change.kind for change in view.rights_changes()][1:] == [ChangeKind.PASSWORD_SET_BY_OTHER]
        assert [record.data["by_other"] for record in view.records(event=Event.ACCOUNT_PASSWORD_CHANGED)] == [
            True,
            False,
        ]


def test_a_token_opens_from_its_issue_until_it_expires_and_not_after_it_was_revoked(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    with catalogue.transaction() as tx:
        issued = tx.issue_token(token(made.id), by=by(made), at=AT)
    with catalogue.read() as view:
        found = view.authenticated(sha(1), AT)
        assert view.authenticated(sha(2), AT) is None
        assert view.authenticated(sha(1), issued.expires_at - timedelta(microseconds=1)) is not None
        assert view.authenticated(sha(1), issued.expires_at) is None
        assert view.tokens(made.id) == (issued,)
    assert found is not None and found.last_used_on is None
    who = found.principal
    assert (who.account_id, who.role, who.agency_code, who.token_id) == (made.id, Role.AGENCY, "H01.02", issued.id)
    assert (who.scopes, who.grants) == ({Scope.READ}, ())
    for _ in range(2):
        with catalogue.transaction() as tx:
            tx.revoke_token(issued.id, by=by(made), at=AT)
    with catalogue.read() as view:
        assert view.authenticated(sha(1), AT) is None
    assert events(catalogue)[1:] == ["account.token.issued", "account.token.revoked"]
    with pytest.raises(TokenMissingError), catalogue.transaction() as tx:
        tx.revoke_token("f" * 32, by=by(made), at=AT)


def test_a_token_is_no_wider_than_its_role_even_after_the_role_was_changed(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.ARCHIVIST)
    wide = frozenset({Scope.SUBMIT, Scope.READ, Scope.REVIEW})
    for scopes in (wide | {Scope.DECIDE}, frozenset[Scope]()):
        with pytest.raises(TokenRefusedError), catalogue.transaction() as tx:
            tx.issue_token(token(made.id, scopes=scopes), by=MACHINE, at=AT)
    with catalogue.transaction() as tx:
        tx.issue_token(token(made.id, scopes=wide), by=MACHINE, at=AT)
        tx.change_role(made.id, Role.AUDITOR, by=MACHINE, at=AT)
        found = tx.authenticated(sha(1), AT)
    # What an auditor may with «review» is to ask for a proof of absence.
    assert found is not None and found.principal.scopes == {Scope.READ, Scope.REVIEW}


def test_a_limited_token_hands_on_no_more_than_it_has(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    limited = Author(made.actor, made.id, frozenset({Scope.READ}))
    with catalogue.transaction() as tx:
        tx.issue_token(token(made.id), by=limited, at=AT)
        with pytest.raises(ScopeExceededError):
            tx.issue_token(token(made.id, 2, scopes=frozenset({Scope.READ, Scope.SUBMIT})), by=limited, at=AT)


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-1), timedelta(days=366, microseconds=1)])
def test_a_token_lives_no_longer_than_a_year_and_no_shorter_than_now(catalogue: Catalogue, life: timedelta) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    with pytest.raises(TokenRefusedError), catalogue.transaction() as tx:
        tx.issue_token(token(made.id, expires_at=AT + life), by=MACHINE, at=AT)


def test_nobody_issues_a_token_of_another_and_a_disabled_account_gets_none(catalogue: Catalogue) -> None:
    head, other = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.ADMINISTRATOR)
    account(catalogue, 3, Role.HEAD)
    with pytest.raises(AuthorityMissingError), catalogue.transaction() as tx:
        tx.issue_token(token(head.id), by=by(other), at=AT)
    with catalogue.transaction() as tx:
        tx.issue_token(token(head.id), by=MACHINE, at=AT)
        tx.disable_account(head.id, by=by(other), at=AT)
        assert tx.authenticated(sha(1), AT) is None and tx.principal(head.id, AT) is None
        with pytest.raises(AccountDisabledError):
            tx.issue_token(token(head.id, 2), by=MACHINE, at=AT)
        tx.enable_account(head.id, by=by(other), at=AT)
        assert tx.authenticated(sha(1), AT) is None
        assert tx.principal(head.id, AT) is not None


def test_the_day_of_use_is_kept_and_is_no_event(catalogue: Catalogue) -> None:
    made = account(catalogue, 1, Role.AGENCY)
    with catalogue.transaction() as tx:
        tx.issue_token(token(made.id), by=MACHINE, at=AT)
    before = events(catalogue)
    with catalogue.transaction() as tx:
        tx.note_token_use(f"{1:032x}", date(2026, 11, 21))
    with catalogue.read() as view:
        found = view.authenticated(sha(1), AT)
        assert view.token(f"{1:032x}").last_used_on == date(2026, 11, 21)
    assert found is not None and found.last_used_on == date(2026, 11, 21)
    assert events(catalogue) == before


def test_what_is_not_there_is_said_to_be_missing(catalogue: Catalogue) -> None:
    with catalogue.read() as view:
        with pytest.raises(AccountMissingError):
            view.account("x")
        with pytest.raises(TokenMissingError):
            view.token("x")
        assert view.account_named("x") is view.password_hash("x") is view.principal("x", AT) is None


def test_saved_searches_are_an_accounts_own_and_one_to_a_name(catalogue: Catalogue) -> None:
    me, other = account(catalogue, 1, Role.ARCHIVIST), account(catalogue, 2, Role.ARCHIVIST)
    with catalogue.transaction() as tx:
        tx.save_search("a", me.id, "Đê  điều", {"q": "đê"}, at=AT)
        kept = tx.save_search("b", me.id, "Đê điều", {"q": "đê điều", "year": 2013}, at=AT)
        theirs = tx.save_search("c", other.id, "Đê điều", {"q": "khác"}, at=AT)
    with catalogue.read() as view:
        assert view.saved_searches(me.id) == (kept,) and view.saved_searches(other.id) == (theirs,)
        assert (kept.name, kept.query) == ("Đê điều", {"q": "đê điều", "year": 2013})
    with pytest.raises(SavedSearchMissingError), catalogue.transaction() as tx:
        tx.forget_search(me.id, "c")
    with catalogue.transaction() as tx:
        tx.forget_search(me.id, "b")
        assert tx.saved_searches(me.id) == ()
        for name in ("", " ", "x" * 256):
            with pytest.raises(SavedSearchRefusedError):
                tx.save_search("d", me.id, name, {}, at=AT)
        for number in range(200):
            tx.save_search(str(number), me.id, str(number), {}, at=AT)
        with pytest.raises(SavedSearchRefusedError):
            tx.save_search("e", me.id, "một tìm kiếm nữa", {}, at=AT)
        assert len(tx.saved_searches(me.id)) == 200
