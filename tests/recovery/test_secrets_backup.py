"""The encrypted backup of secrets: opens with its passphrase alone, and every other way ends in words of ours."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pyrage
import pytest

from archive.recovery.passphrase import GROUPS, SIGNS, PassphraseError, new_passphrase, typed_passphrase
from archive.secrets_backup import (
    SecretFile,
    Secrets,
    SecretsNotWrittenError,
    SecretsPassphraseError,
    SecretsUnreadableError,
    opened,
    sealed,
    write_secret_file,
)

SECRETS = Secrets(
    "H99.12",
    "Lưu trữ lịch sử",
    datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
    "ab" * 32,
    b"-----BEGIN PRIVATE KEY-----\nbi mat\n-----END PRIVATE KEY-----\n",
    {"a1": "$argon2id$bi-mat"},
    {"t1": "cd" * 32},
    (SecretFile("http.tls_key", "keys/tls-key.pem", b"\x00khoa"),),
)


@pytest.fixture(scope="module")
def backup() -> tuple[bytes, str]:
    passphrase = new_passphrase()
    return sealed(SECRETS, passphrase), passphrase


def test_what_was_sealed_is_what_is_opened(backup: tuple[bytes, str]) -> None:
    data, passphrase = backup
    assert opened(data, passphrase) == SECRETS
    assert b"argon2id" not in data and b"PRIVATE" not in data and passphrase.encode() not in data


def test_any_program_that_reads_age_opens_it_with_the_printed_text(backup: tuple[bytes, str]) -> None:
    data, passphrase = backup
    assert data.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert b"luutru-secrets/1" in pyrage.passphrase.decrypt(data, passphrase)


def test_another_passphrase_does_not_open_it(backup: tuple[bytes, str]) -> None:
    with pytest.raises(SecretsPassphraseError):
        opened(backup[0], new_passphrase())


@pytest.mark.parametrize("kept", [0, 10, 60, 150, 400, -1])
def test_a_truncated_file_is_called_that(backup: tuple[bytes, str], kept: int) -> None:
    data, passphrase = backup
    with pytest.raises(SecretsUnreadableError) as caught:
        opened(data[:kept], passphrase)
    assert "bi mat" not in caught.value.detail


def test_a_changed_file_is_refused(backup: tuple[bytes, str]) -> None:
    data, passphrase = backup
    with pytest.raises(SecretsUnreadableError):
        opened(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:], passphrase)


def test_what_is_encrypted_and_none_of_ours_is_refused() -> None:
    passphrase = new_passphrase()
    for plain in (b"[]", b'{"format": "luutru-secrets/9"}', b"\xff"):
        with pytest.raises(SecretsUnreadableError):
            opened(pyrage.passphrase.encrypt(plain, passphrase), passphrase)


def test_no_secret_stands_in_a_repr() -> None:
    shown = repr(SECRETS)
    for secret in ("bi mat", "argon2id", "cd" * 32, "khoa'"):
        assert secret not in shown


def test_a_passphrase_has_140_random_bits_in_groups_people_can_type() -> None:
    passphrase = new_passphrase()
    groups = passphrase.split("-")
    assert len(groups) == GROUPS and all(len(group) == 5 for group in groups)
    assert set(passphrase) <= {*SIGNS, "-"}
    assert len({new_passphrase() for _ in range(100)}) == 100


def test_however_it_is_typed_the_same_is_meant() -> None:
    passphrase = new_passphrase(iter([0, 1, 2, 3] * GROUPS).__next__)
    assert typed_passphrase(passphrase) == passphrase
    sloppy = passphrase.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert typed_passphrase(f"  {sloppy}\n") == passphrase


def test_one_wrong_sign_is_found_and_its_group_named() -> None:
    passphrase = new_passphrase()
    for place, sign in enumerate(passphrase):
        if sign == "-":
            continue
        for other in SIGNS:
            if other == sign:
                continue
            with pytest.raises(PassphraseError) as caught:
                typed_passphrase(passphrase[:place] + other + passphrase[place + 1 :])
            assert caught.value.group == place // 6 + 1
            assert passphrase not in str(caught.value)


def test_two_signs_of_a_group_that_changed_places_are_found() -> None:
    group = typed_passphrase(new_passphrase(iter([4, 9, 17, 30] * GROUPS).__next__))
    for one, other in combinations(range(4), 2):
        letters = list(group)
        letters[one], letters[other] = letters[other], letters[one]
        with pytest.raises(PassphraseError):
            typed_passphrase("".join(letters))


def test_groups_in_another_order_are_found() -> None:
    groups = new_passphrase().split("-")
    with pytest.raises(PassphraseError):
        typed_passphrase("-".join([groups[1], groups[0], *groups[2:]]))


@pytest.mark.parametrize("typed", ["", "7K3QD", "7K3QD-" * 8, "-".join(["UUUUU"] * GROUPS)])
def test_what_cannot_be_one_is_refused(typed: str) -> None:
    with pytest.raises(PassphraseError):
        typed_passphrase(typed)


def test_a_secret_file_is_for_its_owner_only_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a.age"
    write_secret_file(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SecretsNotWrittenError):
        write_secret_file(path, b"2")
    assert path.read_bytes() == b"1"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SecretsNotWrittenError):
        write_secret_file(link, b"3")
    assert not (tmp_path / "elsewhere").exists()
