from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive.keystore.errors import (
    KekMissingError,
    KekUnchangedError,
    KekWrongError,
    KeyDestroyedError,
    SharesError,
)
from archive.keystore.file_kek import FileKek, write_kek_file
from archive.keystore.kek import ChangingHolder, Kek, new_kek
from archive.keystore.passphrase_kek import PassphraseKek
from archive.keystore.shares import kek_of_shares, printed_shares, typed_share
from archive.keystore.store import KeyStore
from tests.keystore.kept import Kept, key_id

COST = 1 << 4


# Passphrase


def test_a_passphrase_opens_the_key_store_and_no_other_does(quick: Path) -> None:
    places = (quick / "one", quick / "two")
    KeyStore.create(places, PassphraseKek("mật khẩu dài", cost=COST)).get_or_create(key_id(1))
    assert KeyStore(places, PassphraseKek("mật khẩu dài")).identity(key_id(1))
    with pytest.raises(KekWrongError):
        KeyStore(places, PassphraseKek("mật khẩu khác")).identity(key_id(1))
    with pytest.raises(KekMissingError):
        KeyStore(places, PassphraseKek("")).identity(key_id(1))


def test_a_rotation_needs_another_passphrase(quick: Path) -> None:
    places = (quick / "one", quick / "two")
    KeyStore.create(places, PassphraseKek("một", cost=COST)).get_or_create(key_id(1))
    for same in (PassphraseKek("một", cost=COST), PassphraseKek("một", "một", cost=COST)):
        with pytest.raises(KekUnchangedError):
            KeyStore(places, same).rotate()
    shutil.copytree(quick, quick.with_name(quick.name + "-old"))
    old = quick.with_name(quick.name + "-old")
    store = KeyStore(places, PassphraseKek("một", "hai", cost=COST))
    store.rotate()
    assert store.identity(key_id(1))
    with pytest.raises(KekWrongError):
        KeyStore(places, PassphraseKek("một")).identity(key_id(1))
    with pytest.raises(KekWrongError):
        KeyStore((old / "one", old / "two"), PassphraseKek("hai")).identity(key_id(1))
    shutil.rmtree(old)


def test_a_passphrase_is_asked_for_at_the_price_of_scrypt(quick: Path) -> None:
    places = (quick / "one", quick / "two")
    KeyStore.create(places, PassphraseKek("một"))
    head = KeyStore(places, PassphraseKek("một"))._current().head
    assert (head.locked.slot["n"], head.locked.slot["r"]) == (str(1 << 17), "8")


def test_a_holder_tells_nothing_of_its_passphrase() -> None:
    holder = PassphraseKek("bí mật", "bí mật hơn")
    assert "bí mật" not in f"{holder!r} {holder}"
    with pytest.raises(TypeError):
        pickle.dumps(holder)
    kek = new_kek()
    with pytest.raises(TypeError):
        pickle.dumps(kek)


# PKCS#11, in a process of its own: a library is told of its token once in the life of a process

_ON_TOKEN = """
import sys
from pathlib import Path
from archive.keystore.errors import KeysError
from archive.keystore.pkcs11_kek import Pkcs11Kek
from archive.keystore.store import KeyStore
from tests.keystore.kept import key_id
from tests.keystore.tokens import LABEL, MODULE, PIN

folder = Path(sys.argv[1])
holder = Pkcs11Kek(MODULE, sys.argv[3] if len(sys.argv) > 3 else LABEL, lambda: sys.argv[4] if len(sys.argv) > 4 else PIN)
places = (folder / "one", folder / "two")
try:
    match sys.argv[2]:
        case "create":
            KeyStore.create(places, holder).get_or_create(key_id(1))
        case "read":
            print(KeyStore(places, holder).identity(key_id(1)).exported())
        case "destroy-and-rotate":
            store = KeyStore(places, holder)
            store.get_or_create(key_id(2))
            store.destroy(key_id(2))
            store.rotate()
            store.rotate()
        case "keys":
            with holder._session() as session:
                from pkcs11 import Attribute, ObjectClass
                print([key.label for key in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})])
except KeysError as error:
    print(error.code)
"""


def on_token(folder: Path, act: str, *more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _ON_TOKEN, str(folder), act, *more], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from tests.keystore.tokens import soft_token

    monkeypatch.setenv("SOFTHSM2_CONF", "")
    return soft_token(tmp_path)


def test_a_token_opens_the_key_store_and_keeps_its_own_key(token: Path, quick: Path) -> None:
    on_token(quick, "create")
    assert on_token(quick, "read").startswith("AGE-SECRET-KEY-1")
    assert on_token(quick, "read", "luutru-test", "000000") == "keys.kek-missing"
    assert on_token(quick, "read", "another") == "keys.kek-missing"


def test_after_a_rotation_the_token_has_only_the_new_key_and_an_old_copy_opens_nothing(
    token: Path, quick: Path
) -> None:
    on_token(quick, "create")
    before = on_token(quick, "read")
    shutil.copytree(quick / "one", quick / "old" / "one")
    shutil.copytree(quick / "two", quick / "old" / "two")
    assert on_token(quick, "destroy-and-rotate") == ""
    assert on_token(quick, "read") == before
    assert on_token(quick, "keys").count("luutru-") == 1
    assert on_token(quick / "old", "read") == "keys.kek-missing"


# From one holder to another


def test_from_a_file_to_a_passphrase_and_back_nothing_is_left_of_the_first(kept: Kept) -> None:
    secret = kept.open().get_or_create(key_id(1)).exported()
    old = kept.copy_to(kept.places[0].parent / "old")
    shutil.rmtree(old.kek_file.parent)
    passphrase = PassphraseKek("một", cost=COST)
    KeyStore(kept.places, ChangingHolder(FileKek(kept.kek_file), passphrase)).rotate()
    assert list(kept.kek_file.parent.iterdir()) == []
    assert KeyStore(kept.places, passphrase).identity(key_id(1)).exported() == secret
    KeyStore(kept.places, ChangingHolder(passphrase, FileKek(kept.kek_file))).rotate()
    assert kept.open().identity(key_id(1)).exported() == secret
    with pytest.raises(KekWrongError):
        KeyStore(old.places, FileKek(kept.kek_file)).identity(key_id(1))


def test_a_rotation_overwrites_and_removes_the_old_key_file(kept: Kept) -> None:
    kept.open()
    secret = kept.open().kek.exported()
    kept.open().rotate()
    assert [path.name for path in kept.kek_file.parent.iterdir()] == [kept.kek_file.name]
    assert Kek(secret).id.encode() not in kept.kek_file.read_bytes()


# Shares


def test_enough_shares_give_the_key_that_opens_and_fewer_do_not(kept: Kept, tmp_path: Path) -> None:
    store = kept.open()
    secret = store.get_or_create(key_id(1)).exported()
    shares = printed_shares(store.kek, needed=3, printed=5)
    assert len(set(shares)) == 5 and all(len(share.split()) == 33 for share in shares)
    standing = store._current().head.locked
    kept.kek_file.unlink()
    for chosen in ((0, 1, 2), (4, 2, 0), (1, 3, 4), (0, 1, 2, 3, 4)):
        kek = kek_of_shares([shares[number] for number in chosen], standing)
        again = tmp_path / f"kek{''.join(map(str, chosen))}.json"
        write_kek_file(again, kek)
        assert Kept(kept.places, again).open().identity(key_id(1)).exported() == secret
    for few in ((), (0,), (0, 1)):
        with pytest.raises(SharesError):
            kek_of_shares([shares[number] for number in few], standing)
    with pytest.raises(SharesError):
        kek_of_shares([shares[0], shares[0], shares[1]], standing)


def test_shares_of_before_a_rotation_open_nothing_any_more(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    shares = printed_shares(store.kek, needed=2, printed=3)
    store.rotate()
    with pytest.raises(KekWrongError):
        kek_of_shares(shares[:2], store._current().head.locked)


def test_shares_of_two_printings_do_not_mix(kept: Kept) -> None:
    kek = kept.open().kek
    first, second = printed_shares(kek, needed=2, printed=2), printed_shares(kek, needed=2, printed=2)
    with pytest.raises(SharesError):
        kek_of_shares([first[0], second[1]], kept.open()._current().head.locked)


def test_a_mistyped_share_is_found_by_the_word_and_never_quoted(kept: Kept) -> None:
    share = printed_shares(kept.open().kek, needed=2, printed=2)[0]
    words = share.split()
    numbered = "\n".join(f"{number}. {word.upper()}" for number, word in enumerate(words, 1))
    assert typed_share(numbered) == share
    with pytest.raises(SharesError, match="Từ thứ 7"):
        typed_share(" ".join([*words[:6], "luutru", *words[7:]]))
    other = "academic" if words[20] != "academic" else "acid"
    for wrong in (" ".join([*words[:20], other, *words[21:]]), " ".join(words[:-1]), ""):
        with pytest.raises(SharesError) as caught:
            typed_share(wrong)
        assert not any(f" {word} " in caught.value.message for word in words if len(word) > 4)


@pytest.mark.parametrize(("needed", "printed"), [(1, 1), (1, 3), (4, 3), (2, 17)])
def test_numbers_of_shares_that_protect_nothing_are_refused(needed: int, printed: int) -> None:
    with pytest.raises(ValueError):
        printed_shares(new_kek(), needed=needed, printed=printed)


def test_that_shares_were_printed_is_known_until_the_next_rotation(kept: Kept) -> None:
    store = kept.open()
    assert store.state().shares is None
    store.record_shares(3, 5)
    assert kept.open().state().shares == (3, 5)
    store.rotate()
    assert store.state().shares is None
    store.get_or_create(key_id(1))
    store.destroy(key_id(1))
    with pytest.raises(KeyDestroyedError):
        store.identity(key_id(1))
