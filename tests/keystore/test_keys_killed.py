from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.keystore.errors import KeyDestroyedError, KeyMissingError, KeysError
from archive.keystore.file_kek import FileKek
from archive.keystore.kek import ChangingHolder, KekHolder
from archive.keystore.passphrase_kek import PassphraseKek
from archive.keystore.store import KeyStore
from tests.keystore.kept import Kept, key_id
from tests.keystore.mortal import killed_before

COST = 1 << 4


def prepared(kept: Kept) -> dict[int, str]:
    """Keys 0 to 5, the odd ones destroyed, some before the last rotation."""
    store = kept.open()
    for number in range(4):
        store.get_or_create(key_id(number))
    store.destroy(key_id(1))
    store.rotate()
    for number in range(4, 6):
        store.get_or_create(key_id(number))
    store.destroy(key_id(3))
    store.destroy(key_id(5))
    return {number: store.identity(key_id(number)).exported() for number in (0, 2, 4)}


def require_sound(store: KeyStore, secrets: dict[int, str]) -> None:
    assert {number: store.identity(key_id(number)).exported() for number in secrets} == secrets
    for number in (1, 3, 5):
        with pytest.raises(KeyDestroyedError):
            store.identity(key_id(number))


def copies(kept: Kept, quick: Path, number: int) -> Kept:
    shutil.rmtree(quick / f"try{number - 1}", ignore_errors=True)
    return kept.copy_to(quick / f"try{number}")


def test_making_a_key_is_killed_at_every_call(kept: Kept, quick: Path) -> None:
    secrets = prepared(kept)
    number = 1
    while True:
        this = copies(kept, quick, number)
        if not killed_before(number, lambda this=this: this.open().get_or_create(key_id(9))):
            break
        after = this.open()
        require_sound(after, secrets)
        made = after.get_or_create(key_id(9)).exported()
        assert this.same()
        assert this.open().identity(key_id(9)).exported() == made
        assert this.open().check().healed == 0
        number += 1
    assert number > 15


def test_destroying_a_key_is_killed_at_every_call(kept: Kept, quick: Path) -> None:
    secrets = prepared(kept)
    del secrets[4]
    number = 1
    while True:
        this = copies(kept, quick, number)
        if not killed_before(number, lambda this=this: this.open().destroy(key_id(4))):
            break
        after = this.open()
        require_sound(after, secrets)
        after.check()
        assert this.same()
        begun = key_id(4) in set(after.destroyed_ids())
        assert begun or after.identity(key_id(4))
        after.destroy(key_id(4))
        with pytest.raises(KeyDestroyedError):
            this.open().identity(key_id(4))
        number += 1
    assert number > 15


def holders(this: Kept) -> dict[str, Callable[[], KekHolder]]:
    return {
        "file": lambda: FileKek(this.kek_file),
        "passphrase": lambda: PassphraseKek("một", "hai", cost=COST),
        "change": lambda: ChangingHolder(FileKek(this.kek_file), PassphraseKek("hai", cost=COST)),
    }


@pytest.mark.parametrize("kind", ["file", "passphrase", "change"])
def test_a_rotation_killed_at_every_call_loses_nothing_and_goes_on_forward(kept: Kept, quick: Path, kind: str) -> None:
    secrets = prepared(kept)
    if kind == "passphrase":
        KeyStore(kept.places, ChangingHolder(FileKek(kept.kek_file), PassphraseKek("một", cost=COST))).rotate()
    standing = kept.open().state()
    number, came_to_a_name = 1, 0
    while True:
        this = copies(kept, quick, number)
        make = holders(this)[kind]
        if not killed_before(number, lambda this=this, make=make: KeyStore(this.places, make()).rotate()):
            break
        named = any(standing.generation + 1 in _numbers(this, place) for place in (0, 1))
        came_to_a_name += named
        after = KeyStore(this.places, make())
        require_sound(after, secrets)
        after.check()
        assert this.same()
        state = after.state()
        assert state.generation == standing.generation + named
        assert (state.kek_id == standing.kek_id) == (not named)
        require_sound(KeyStore(this.places, make()), secrets)
        if not named:
            after.rotate()
            require_sound(KeyStore(this.places, make()), secrets)
        require_the_old_is_gone(kept, this, kind)
        number += 1
    assert number > 60
    assert 0 < came_to_a_name < number


def _numbers(this: Kept, place: int) -> set[int]:
    return {int(name[11:19]) for name in this.generations(place) if name.endswith(".keys")}


def require_the_old_is_gone(before: Kept, this: Kept, kind: str) -> None:
    """An old copy of the key store with everything that still exists opens nothing."""
    for place in (0, 1):
        assert len(this.generations(place)) == 1
    if kind == "change":
        assert list(this.kek_file.parent.iterdir()) == []
        old_holder: KekHolder = FileKek(this.kek_file)
    elif kind == "passphrase":
        old_holder = PassphraseKek("hai", cost=COST)
    else:
        assert [path.name for path in this.kek_file.parent.iterdir()] == ["kek.json"]
        old_holder = FileKek(this.kek_file)
    old = KeyStore(before.places, old_holder)
    for number in range(6):
        with pytest.raises(KeysError) as caught:
            old.identity(key_id(number))
        assert not isinstance(caught.value, KeyMissingError)


def test_a_rotation_that_cannot_write_in_one_place_leaves_the_old_key_standing(kept: Kept) -> None:
    secrets = prepared(kept)
    before = kept.open().state()
    blocked = kept.path(1, before.generation + 1)
    (blocked.parent / (blocked.name + ".part")).mkdir()
    with pytest.raises(KeysError):
        kept.open().rotate()
    assert kept.open().state().kek_id == before.kek_id
    (blocked.parent / (blocked.name + ".part")).rmdir()
    require_sound(kept.open(), secrets)
    kept.open().rotate()
    require_sound(kept.open(), secrets)


def test_a_key_made_while_another_process_has_the_older_generation_open_is_in_the_newer_one(kept: Kept) -> None:
    first, second = kept.open(), kept.open()
    first.get_or_create(key_id(1))
    second.get_or_create(key_id(2))
    first.rotate()
    made = second.get_or_create(key_id(3)).exported()
    assert second.state().generation == 2
    assert first.identity(key_id(3)).exported() == made
    second.rotate()
    assert first.identity(key_id(1)).exported() == second.identity(key_id(1)).exported()
