"""Signing in by password and token, and what the archive's own functions for it promise."""

from __future__ import annotations

import sys
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from api.accounts import (
    change_role,
    create_account,
    disable_account,
    enable_account,
    find_account,
    issue_token,
    link_identity,
    revoke_token,
)
from api.passwords import authenticate_password, set_password
from api.signing_in import authenticate, authenticate_token, open_session, principal_of_oidc
from api.token_uses import TokenUses
from archive.access import Author, Principal, Role, Scope
from archive.access.attempts import ACCOUNT, ADDRESS, account_key, address_key
from archive.access.errors import (
    AccountMissingError,
    AttemptsBlockedError,
    CredentialsRefusedError,
    PasswordRefusedError,
    TokenMissingError,
    TokenRefusedError,
)
from archive.access.passwords import Passwords
from archive.catalogue import Account, Catalogue
from archive.events import Event

sys.path.insert(0, str(Path(__file__).parent))
from builders import AT
from people import MACHINE

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
SECRET = "đê điều vỡ lúc nửa đêm"
HERE = "192.0.2.7"


def person(catalogue: Catalogue, username: str = "lan.tran", role: Role = Role.ARCHIVIST) -> Account:
    return create_account(
        catalogue, username=username, name="Lan", role=role, password=SECRET, by=MACHINE, at=AT, passwords=QUICK
    )


def sign_in(
    catalogue: Catalogue, password: str = SECRET, username: str = "lan.tran", address: str = HERE, seconds: float = 0
) -> Principal:
    return authenticate_password(
        catalogue, username, password, address=address, at=AT + timedelta(seconds=seconds), passwords=QUICK
    )


def test_name_and_password_give_the_principal_with_all_scopes_of_the_role(catalogue: Catalogue) -> None:
    made = person(catalogue)
    who = sign_in(catalogue, username=" Lan.Tran ")
    assert (who.account_id, who.role, who.token_id) == (made.id, Role.ARCHIVIST, None)
    assert who.scopes == {Scope.SUBMIT, Scope.READ, Scope.REVIEW}


def test_wrong_password_unknown_name_no_password_and_disabled_account_get_one_answer(catalogue: Catalogue) -> None:
    person(catalogue)
    person(catalogue, "khoa")
    disable_account(catalogue, "khoa", by=MACHINE, at=AT)
    create_account(catalogue, username="may", name="Máy", role=Role.AUDITOR, by=MACHINE, at=AT)
    answers = set()
    for username, password in (
        ("lan.tran", "sai mật khẩu rồi"),
        ("khoa", SECRET),
        ("may", SECRET),
        ("không có ai", SECRET),
        ("nobody", ""),
        ("a\x00b", SECRET),
        ("\ud800", "\ud800"),
    ):
        with pytest.raises(CredentialsRefusedError) as refused:
            sign_in(catalogue, password, username)
        answers.add((refused.value.message, refused.value.remedy, refused.value.detail))
    assert len(answers) == 1


def test_after_five_failures_a_name_waits_even_with_the_right_password_and_is_told_how_long(
    catalogue: Catalogue, url: str
) -> None:
    person(catalogue)
    for username in ("lan.tran", "nobody"):
        for _ in range(5):
            with pytest.raises(CredentialsRefusedError):
                sign_in(catalogue, "sai mật khẩu rồi", username)
        with pytest.raises(AttemptsBlockedError) as blocked:
            sign_in(catalogue, SECRET, username, seconds=29.999)
        assert blocked.value.retry_at == AT + timedelta(seconds=30)
    # It outlives the process that counted.
    with Catalogue.open(url) as again, pytest.raises(AttemptsBlockedError):
        sign_in(again, SECRET, seconds=29.999)
    sign_in(catalogue, SECRET, seconds=30)
    for _ in range(4):
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "sai mật khẩu rồi", seconds=31)
    sign_in(catalogue, SECRET, seconds=31)
    with catalogue.read() as view:
        refused = view.records(event=Event.ACCOUNT_SESSION_REFUSED)
    assert [record.subject for record in refused][1:2] == [account_key("nobody")]
    assert all(record.data == {"address": HERE} for record in refused)


def test_each_further_failure_doubles_the_wait(catalogue: Catalogue) -> None:
    person(catalogue)
    at, waits = 0.0, []
    for _ in range(5):
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "sai mật khẩu rồi", seconds=at)
    for _ in range(4):
        with pytest.raises(AttemptsBlockedError) as blocked:
            sign_in(catalogue, SECRET, seconds=at)
        waits.append((blocked.value.retry_at - AT).total_seconds() - at)
        at = (blocked.value.retry_at - AT).total_seconds()
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "sai mật khẩu rồi", seconds=at)
    assert waits == [30, 60, 120, 240]


def test_an_address_that_tries_many_names_waits_and_another_address_does_not(catalogue: Catalogue) -> None:
    person(catalogue)
    for number in range(50):
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "sai mật khẩu rồi", f"nobody{number}", address="2001:db8::1")
    with pytest.raises(AttemptsBlockedError):
        sign_in(catalogue, address="2001:db8::2")
    sign_in(catalogue, address="2001:db8:0:1::1")


def test_a_right_password_clears_the_name_and_gives_the_address_back_only_its_own_attempt(
    catalogue: Catalogue,
) -> None:
    person(catalogue)
    for _ in range(3):
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "sai mật khẩu rồi")
    sign_in(catalogue)
    with catalogue.transaction() as tx:
        assert tx.attempts(account_key("lan.tran")) is None
        left = tx.attempts(address_key(HERE))
    assert left is not None and left.count == 3


def test_counts_older_than_a_day_are_forgotten(catalogue: Catalogue) -> None:
    for number in range(3):
        with pytest.raises(CredentialsRefusedError):
            sign_in(catalogue, "x", f"nobody{number}")
    with pytest.raises(CredentialsRefusedError):
        sign_in(catalogue, "x", "someone", seconds=25 * 3600)
    with catalogue.transaction() as tx:
        assert tx.attempts(account_key("nobody1")) is None
        kept = tx.attempts(address_key(HERE))
    assert kept is not None and kept.count == 1


def test_of_many_attempts_at_once_no_more_than_the_free_ones_are_looked_at(catalogue: Catalogue, url: str) -> None:
    """Two processes' worth of threads; the password is right, so every one looked at would get in."""
    allowed: list[bool] = []
    begin = threading.Barrier(12)

    def work(target: Catalogue) -> None:
        begin.wait()
        for _ in range(3):
            with target.transaction() as tx:
                keys = {account_key("lan.tran"): ACCOUNT, address_key(HERE): ADDRESS}
                retry_at, _ = tx.attempt(keys, AT)
            allowed.append(retry_at is None)

    with Catalogue.open(url) as other:
        threads = [threading.Thread(target=work, args=(target,)) for target in [catalogue, other] * 6]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(allowed), sum(allowed)) == (36, 5)


def test_outdated_hashes_are_renewed_at_the_next_sign_in(catalogue: Catalogue) -> None:
    person(catalogue)
    better = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with catalogue.read() as view:
        before = view.password_hash("lan.tran")
        events = view.ledger_end()
    authenticate_password(catalogue, "lan.tran", SECRET, address=HERE, at=AT, passwords=better)
    with catalogue.read() as view:
        after = view.password_hash("lan.tran")
        assert view.ledger_end() == events
    assert before is not None and after is not None and before[1] != after[1]
    assert better.matches(after[1], SECRET) and not better.outdated(after[1])


def test_who_changes_his_own_password_proves_the_one_he_has(catalogue: Catalogue) -> None:
    made = person(catalogue)
    me, new = Author(made.actor, made.id), "một câu khác hẳn câu trước"
    for current in (None, "sai mật khẩu rồi"):
        with pytest.raises(CredentialsRefusedError):
            set_password(catalogue, "lan.tran", new, by=me, at=AT, current=current, passwords=QUICK)
    with pytest.raises(PasswordRefusedError):
        set_password(catalogue, "lan.tran", "ngắn", by=me, at=AT, current=SECRET, passwords=QUICK)
    set_password(catalogue, "lan.tran", new, by=me, at=AT, current=SECRET, passwords=QUICK)
    with pytest.raises(CredentialsRefusedError):
        sign_in(catalogue)
    sign_in(catalogue, new)
    set_password(catalogue, made.id, SECRET, by=MACHINE, at=AT, passwords=QUICK)
    sign_in(catalogue)


def test_a_token_is_shown_once_and_kept_as_a_digest_only(catalogue: Catalogue) -> None:
    made = person(catalogue)
    issued = issue_token(catalogue, "LAN.TRAN", label="máy quét", scopes=[Scope.READ], by=MACHINE, at=AT)
    assert issued.secret.startswith("luutru_") and issued.secret not in repr(issued)
    assert issued.token.expires_at == AT + timedelta(days=90)
    with catalogue.read() as view:
        who = authenticate_token(view, issued.secret, AT)
        assert who is not None and (who.account_id, who.scopes) == (made.id, {Scope.READ})
        for wrong in ("", issued.secret + "x", issued.secret[:-1], issued.secret.upper(), "luutru_" + "đ" * 43):
            assert authenticate_token(view, wrong, AT) is None
    for days in (0, -1, 367):
        with pytest.raises(TokenRefusedError):
            issue_token(catalogue, "lan.tran", label="", days=days, by=MACHINE, at=AT)


def test_a_revoked_token_is_worth_nothing_from_the_next_request_on(catalogue: Catalogue, url: str) -> None:
    made, other = person(catalogue), person(catalogue, "binh")
    issued = issue_token(catalogue, made.id, label="", by=MACHINE, at=AT)
    with pytest.raises(TokenMissingError):
        revoke_token(catalogue, issued.token.id, by=MACHINE, at=AT, of_account=other.id)
    with Catalogue.open(url) as elsewhere:
        with elsewhere.read() as view:
            assert authenticate_token(view, issued.secret, AT) is not None
        revoke_token(catalogue, issued.token.id, by=MACHINE, at=AT, of_account=made.id)
        with elsewhere.read() as view:
            assert authenticate_token(view, issued.secret, AT) is None


def test_a_session_is_a_token_for_hours_and_a_record_of_its_own(catalogue: Catalogue) -> None:
    person(catalogue)
    session = open_session(catalogue, sign_in(catalogue), how="password", at=AT)
    with catalogue.read() as view:
        assert authenticate_token(view, session.secret, AT + timedelta(hours=12)) is None
        who = authenticate_token(view, session.secret, AT + timedelta(hours=11, minutes=59))
        (record,) = view.records(event=Event.ACCOUNT_SESSION_OPENED)
    assert who is not None and record.actor == "account:lan.tran"
    assert record.data == {"token_id": session.token.id, "how": "password"}


def test_an_identity_of_the_provider_opens_the_account_it_is_bound_to(catalogue: Catalogue) -> None:
    made = person(catalogue)
    with catalogue.read() as view:
        assert principal_of_oidc(view, "https://id.example", "s", AT) is None
    link_identity(catalogue, "lan.tran", "https://id.example", "s", by=MACHINE, at=AT)
    with catalogue.read() as view:
        who = principal_of_oidc(view, "https://id.example", "s", AT)
    assert who is not None and who.account_id == made.id
    disable_account(catalogue, "lan.tran", by=MACHINE, at=AT)
    with catalogue.read() as view:
        assert principal_of_oidc(view, "https://id.example", "s", AT) is None


def test_accounts_are_found_by_name_or_id_and_nothing_strange_reaches_the_database(catalogue: Catalogue) -> None:
    made = person(catalogue)
    assert change_role(catalogue, "lan.tran", Role.AGENCY, agency_code="H01", by=MACHINE, at=AT).agency_code == "H01"
    assert enable_account(catalogue, made.id, by=MACHINE, at=AT).active
    with catalogue.read() as view:
        assert find_account(view, "Lan.Tran") == find_account(view, made.id)
        for strange in ("", "x", "a\x00b", "\ud800", "../x", "x" * 10_000):
            with pytest.raises(AccountMissingError):
                find_account(view, strange)


def test_the_day_of_use_is_written_once_a_day_and_not_once_a_request(catalogue: Catalogue) -> None:
    person(catalogue)
    issued = issue_token(catalogue, "lan.tran", label="", by=MACHINE, at=AT)
    uses = TokenUses()
    for hours, written in ((0, 1), (1, 0), (24, 1)):
        with catalogue.read() as view:
            found = authenticate(view, issued.secret, AT + timedelta(hours=hours))
        assert found is not None
        for _ in range(3):
            uses.seen(found, AT + timedelta(hours=hours))
        assert uses.write(catalogue) == written
    with catalogue.read() as view:
        assert view.token(issued.token.id).last_used_on == date(2026, 11, 22)
