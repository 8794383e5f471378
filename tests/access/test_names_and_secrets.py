"""User names in one spelling, passwords that are none too easy, token secrets nobody guesses."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher

from archive.access import Role
from archive.access.errors import AccountRefusedError, PasswordRefusedError
from archive.access.names import agency_code_of, username_of
from archive.access.passwords import Passwords, chosen_password
from archive.access.token_secrets import new_secret, secret_sha256

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Lan.Tran", "lan.tran"), (" vt@so-noi-vu ", "vt@so-noi-vu"), ("ｌａｎ", "lan"), ("H01.02", "h01.02"), ("a", "a")],
)
def test_a_user_name_has_one_spelling(typed: str, name: str) -> None:
    assert username_of(typed) == name


@pytest.mark.parametrize("typed", ["", " ", "lân", "аdmin", ".lan", "lan-", "a b", "a\nb", "x" * 65, "../lan", "a:b"])
def test_what_could_be_taken_for_another_name_or_for_none_is_refused(typed: str) -> None:
    with pytest.raises(AccountRefusedError):
        username_of(typed)


@pytest.mark.parametrize("role", list(Role))
def test_an_agency_has_a_code_and_nobody_else(role: Role) -> None:
    good, bad = (" H01.02 ", "") if role is Role.AGENCY else ("", "H01.02")
    assert agency_code_of(role, good) == good.strip()
    for code in (bad, "x" * 65):
        with pytest.raises(AccountRefusedError):
            agency_code_of(role, code)


@pytest.mark.parametrize("text", ["", "ngắn quá", "aaaaaaaaaaaaaaaa", "ababababababab", "Lan.Tran.2026!", "x" * 1025])
def test_a_password_easily_guessed_is_refused(text: str) -> None:
    with pytest.raises(PasswordRefusedError):
        chosen_password(text, "lan.tran")


def test_a_password_opens_however_its_letters_were_typed_and_no_other_does() -> None:
    password = chosen_password("đê điều vỡ lúc nửa đêm", "lan.tran")
    kept = QUICK.hashed(password)
    assert kept.startswith("$argon2id$") and "đê" not in kept
    assert QUICK.matches(kept, unicodedata.normalize("NFD", password))
    for other in (password + " ", "", "x" * 5000, "\ud800"):
        assert not QUICK.matches(kept, other)
    assert not QUICK.matches("no hash", password)


def test_nobody_has_no_password_not_even_the_one_compared_with() -> None:
    assert not QUICK.matches(None, "")
    assert not QUICK.matches(None, "đê điều vỡ lúc nửa đêm")


def test_hashes_made_with_other_parameters_are_known_as_outdated() -> None:
    kept = QUICK.hashed("đê điều vỡ lúc nửa đêm")
    assert not QUICK.outdated(kept)
    assert Passwords().outdated(kept)


def test_the_parameters_used_are_at_least_those_of_rfc_9106_for_little_memory() -> None:
    hasher = PasswordHasher()
    assert (hasher.time_cost >= 3, hasher.memory_cost >= 65536, hasher.parallelism >= 4) == (True, True, True)


def test_secrets_are_new_each_time_and_known_by_their_digest_only() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 50 and secret.startswith("luutru_") for secret in secrets)
    digests = {secret_sha256(secret) for secret in secrets}
    assert len(digests) == 100 and None not in digests


@pytest.mark.parametrize("text", ["", "luutru_", "luutru_" + "a" * 42, "luutru_" + "a" * 44, "xluutru_" + "a" * 43])
def test_what_cannot_be_a_secret_is_not_looked_up(text: str) -> None:
    for spelling in (text, text + "\n", "luutru_" + "đ" * 43):
        assert secret_sha256(spelling) is None
