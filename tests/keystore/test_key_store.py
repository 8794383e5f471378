from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.keystore import record as records
from archive.keystore.errors import (
    KekMissingError,
    KekWrongError,
    KeyDestroyedError,
    KeyMissingError,
    KeyPlaceError,
    KeysBusyError,
    KeysDamagedError,
    KeysDivergedError,
)
from archive.keystore.file_kek import FileKek
from archive.keystore.generation import GenerationFile
from archive.keystore.head import HEAD_BYTES
from archive.keystore.kek import new_kek
from archive.keystore.places import Place, locked
from archive.keystore.record import RECORD_BYTES, Kind, Record
from archive.keystore.store import KeyStore
from tests.keystore.kept import Kept, change, cut, key_id


def test_a_key_is_made_once_and_the_same_in_every_process(kept: Kept) -> None:
    made = kept.open().get_or_create(key_id(1)).exported()
    store = kept.open()
    assert store.identity(key_id(1)).exported() == made
    assert store.get_or_create(key_id(1)).exported() == made
    assert store.get_or_create(key_id(2)).exported() != made
    assert sorted(store.key_ids()) == sorted([key_id(1), key_id(2)])
    with pytest.raises(KeyMissingError):
        store.identity(key_id(3))


def test_a_key_lies_in_every_place_before_it_is_used(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    assert kept.same()
    for place in (0, 1):
        alone = Kept((kept.places[place], kept.places[place].parent / "elsewhere"), kept.kek_file)
        assert alone.open().identity(key_id(1))


def test_no_key_lies_open_in_any_file(kept: Kept) -> None:
    secret = b"\x5a" * 32
    store = KeyStore(kept.places, FileKek(kept.kek_file), random=lambda count: secret[:count])
    store.get_or_create(key_id(1))
    kek = store.kek.exported()
    for place in (0, 1):
        for data in kept.files(place).values():
            assert secret not in data and kek not in data and secret.hex().encode() not in data
    assert kept.kek_file.stat().st_mode & 0o777 == 0o600
    assert kept.path(0).stat().st_mode & 0o777 == 0o600


def test_what_one_process_adds_or_destroys_another_sees(kept: Kept) -> None:
    first, second = kept.open(), kept.open()
    first.get_or_create(key_id(1))
    assert second.identity(key_id(1))
    second.destroy(key_id(1))
    with pytest.raises(KeyDestroyedError):
        first.identity(key_id(1))


def test_a_destroyed_key_is_never_made_again(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    store.destroy(key_id(1))
    store.destroy(key_id(1))
    store.destroy(key_id(2))
    for opened in (store, kept.open()):
        for number in (1, 2):
            with pytest.raises(KeyDestroyedError):
                opened.identity(key_id(number))
            with pytest.raises(KeyDestroyedError):
                opened.get_or_create(key_id(number))
    assert list(store.key_ids()) == []
    assert sorted(store.destroyed_ids()) == sorted([key_id(1), key_id(2)])
    state = store.state()
    assert (state.keys, state.destroyed) == (0, 2)


def test_many_threads_and_processes_make_one_key_each(kept: Kept) -> None:
    stores = [kept.open() for _ in range(4)]

    def made(number: int) -> tuple[int, str]:
        return number % 7, stores[number % 4].get_or_create(key_id(number % 7)).exported()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(made, range(60)))
    assert len(found) == 7
    assert kept.same()
    assert kept.open().state().keys == 7


def test_without_one_of_the_places_nothing_is_changed_and_everything_read(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    away = kept.places[1].with_name("away")
    kept.places[1].rename(away)
    kept.places[1].mkdir()  # the mount point of a medium that is not inserted
    store = kept.open()
    assert store.identity(key_id(1))
    for change_it in (
        lambda: store.get_or_create(key_id(2)),
        lambda: store.destroy(key_id(1)),
        store.rotate,
        store.check,
    ):
        with pytest.raises(KeyPlaceError):
            change_it()
    assert list(kept.places[1].iterdir()) == []
    kept.places[1].rmdir()
    away.rename(kept.places[1])
    assert store.get_or_create(key_id(2))


def test_a_key_that_came_to_one_place_only_is_completed_before_it_is_used(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    kept.open().get_or_create(key_id(2))
    secret = kept.open().identity(key_id(2)).exported()
    for place in (0, 1):
        other = kept.copy_to(kept.places[0].parent / f"case{place}")
        cut(other.path(place), 1)
        assert other.open().get_or_create(key_id(2)).exported() == secret
        assert other.same()


@pytest.mark.parametrize("rest", [0, 1, 64, RECORD_BYTES - 1])
def test_a_torn_record_at_the_end_is_as_if_it_had_never_begun(kept: Kept, rest: int) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    store.get_or_create(key_id(2))
    cut(kept.path(0), 1, rest)
    cut(kept.path(1), 1)
    fresh = kept.open()
    assert fresh.identity(key_id(1))
    fresh.get_or_create(key_id(3))
    assert kept.same()
    assert sorted(kept.open().key_ids()) == sorted([key_id(1), key_id(3)])
    assert kept.path(0).stat().st_size == HEAD_BYTES + 2 * RECORD_BYTES


def test_what_is_damaged_in_one_place_is_put_right_from_the_other(kept: Kept) -> None:
    store = kept.open()
    for number in range(6):
        store.get_or_create(key_id(number))
    store.rotate()
    for number in range(6, 12):
        store.get_or_create(key_id(number))
    secrets = {number: store.identity(key_id(number)).exported() for number in range(12)}
    for record in range(0, 12, 2):
        change(kept.path(0, 2), record)
        change(kept.path(1, 2), record + 1)
    fresh = kept.open()
    assert fresh.check().healed == 12
    assert kept.same()
    assert {number: fresh.identity(key_id(number)).exported() for number in range(12)} == secrets
    assert fresh.check().healed == 0


def test_a_damaged_record_of_the_sorted_part_is_read_from_the_other_place(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    secret = store.identity(key_id(1)).exported()
    store.rotate()
    change(kept.path(0, 2), 0)
    assert kept.open().identity(key_id(1)).exported() == secret
    change(kept.path(1, 2), 0, at=80)
    with pytest.raises(KeysDamagedError):
        kept.open().identity(key_id(1))
    with pytest.raises(KeysDamagedError):
        kept.open().get_or_create(key_id(1))


def test_a_head_that_is_damaged_in_one_place_is_copied_from_the_other(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    data = bytearray(kept.path(0).read_bytes())
    data[100] ^= 1
    kept.path(0).write_bytes(data)
    assert kept.open().identity(key_id(1))
    kept.open().check()
    assert kept.same()


def test_a_record_lost_in_every_place_is_told_and_nothing_is_overwritten(kept: Kept) -> None:
    store = kept.open()
    for number in range(3):
        store.get_or_create(key_id(number))
    change(kept.path(0), 1)
    change(kept.path(1), 1)
    before = kept.generations(0), kept.generations(1)
    with pytest.raises(KeysDamagedError):
        kept.open().get_or_create(key_id(1))
    assert (kept.generations(0), kept.generations(1)) == before


def test_a_last_record_that_every_place_has_is_damage_and_no_writing_that_stopped(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    store.get_or_create(key_id(2))
    change(kept.path(0), 1)
    change(kept.path(1), 1, at=80)
    with pytest.raises(KeysDamagedError):
        kept.open().get_or_create(key_id(2))


def test_two_whole_records_in_one_place_are_told_and_not_solved(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    for place in (0, 1):
        file = GenerationFile.open(kept.path(place))
        assert file is not None
        forged = Record(Kind.KEY, key_id(5 + place), new_kek().wrap(os.urandom(32)))
        kept.path(place).write_bytes(kept.path(place).read_bytes() + records.written(forged, file.head.binding, 1))
        file.close()
    before = kept.generations(0), kept.generations(1)
    with pytest.raises(KeysDivergedError):
        kept.open().get_or_create(key_id(2))
    assert (kept.generations(0), kept.generations(1)) == before


def test_an_older_copy_of_one_place_does_not_bring_back_what_was_destroyed(kept: Kept, tmp_path: Path) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    shutil.copytree(kept.places[0], tmp_path / "old")
    store.destroy(key_id(1))
    for rotated in (False, True):
        if rotated:
            kept.open().rotate()
        for place in (0, 1):
            shutil.rmtree(kept.places[place])
            shutil.copytree(tmp_path / "old", kept.places[place])
            fresh = kept.open()
            fresh.check()
            with pytest.raises(KeyDestroyedError):
                fresh.identity(key_id(1))
            assert kept.same()


def test_a_record_moved_to_another_number_or_generation_is_no_record(kept: Kept) -> None:
    store = kept.open()
    store.get_or_create(key_id(1))
    store.get_or_create(key_id(2))
    file = GenerationFile.open(kept.path(0))
    assert file is not None
    raw = file.raw(0)
    assert records.read(raw, file.head.binding, 0) is not None
    assert records.read(raw, file.head.binding, 1) is None
    store.rotate()
    following = GenerationFile.open(kept.path(0, 2))
    assert following is not None
    assert records.read(raw, following.head.binding, 0) is None
    file.close()
    following.close()


def test_a_new_medium_becomes_a_place_only_when_it_is_said(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    shutil.rmtree(kept.places[1])
    kept.places[1].mkdir()
    store = kept.open()
    with pytest.raises(KeyPlaceError):
        store.get_or_create(key_id(2))
    store.add_place(kept.places[1])
    assert kept.same()
    assert store.get_or_create(key_id(2))


def test_a_place_of_another_store_is_refused(kept: Kept, tmp_path: Path) -> None:
    other = Kept((tmp_path / "three", tmp_path / "four"), tmp_path / "other" / "kek.json")
    KeyStore.create(other.places, FileKek(other.kek_file))
    mixed = Kept((kept.places[0], other.places[0]), kept.kek_file)
    with pytest.raises(KeyPlaceError):
        mixed.open().get_or_create(key_id(1))
    with pytest.raises(KeyPlaceError):
        KeyStore.create(kept.places, FileKek(tmp_path / "another.json"))
    with pytest.raises(KeyPlaceError):
        mixed.open().add_place(other.places[0])


def test_without_the_medium_of_the_key_encryption_key_nothing_opens(kept: Kept) -> None:
    kept.open().get_or_create(key_id(1))
    away = kept.kek_file.with_name("away")
    kept.kek_file.rename(away)
    with pytest.raises(KekMissingError):
        kept.open().identity(key_id(1))
    kept.kek_file.write_text("{}")
    with pytest.raises(KekMissingError):
        kept.open().identity(key_id(1))


def test_another_key_encryption_key_is_told_as_such(kept: Kept, tmp_path: Path) -> None:
    kept.open().get_or_create(key_id(1))
    other = Kept((tmp_path / "three", tmp_path / "four"), tmp_path / "other" / "kek.json")
    KeyStore.create(other.places, FileKek(other.kek_file))
    with pytest.raises(KekWrongError):
        Kept(kept.places, other.kek_file).open().identity(key_id(1))


def test_who_waits_too_long_for_the_lock_is_told_and_nothing_is_written(kept: Kept) -> None:
    before = kept.generations(0)
    store = KeyStore(kept.places, FileKek(kept.kek_file), wait_seconds=0.05)
    with locked([Place(path) for path in kept.places]), pytest.raises(KeysBusyError):
        store.get_or_create(key_id(1))
    assert kept.generations(0) == before


@pytest.mark.parametrize("text", ["", "../x", "a b", "a" * 63, "khóa", ".hidden", "-x", "x\n"])
def test_only_a_plain_id_names_a_key(kept: Kept, text: str) -> None:
    for change_it in (kept.open().get_or_create, kept.open().destroy):
        with pytest.raises(ValueError):
            change_it(text)


def test_one_place_alone_is_no_key_store(tmp_path: Path) -> None:
    for places in ((tmp_path / "one",), (tmp_path / "one", tmp_path / "one")):
        with pytest.raises(ValueError):
            KeyStore(places, FileKek(tmp_path / "kek.json"))


def test_objects_that_hold_keys_tell_nothing_of_them(kept: Kept) -> None:
    store = kept.open()
    secret = store.get_or_create(key_id(1)).exported()
    kek = store.kek
    for thing in (store, kek, store.identity(key_id(1)), store.state(), FileKek(kept.kek_file), store.__dict__):
        for text in (repr(thing), str(thing)):
            assert secret not in text
            assert kek.exported().hex() not in text and repr(kek.exported()) not in text
