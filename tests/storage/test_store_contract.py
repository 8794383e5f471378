"""What every store promises; a new store is added to ``store`` and passes all of it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import KeyRefusedError, ObjectExistsError, ObjectMissingError, StoreError
from archive.storage import DirectoryStore, Key, MemoryStore, Store, aip_key
from archive.storage.s3 import S3Store
from tests.servers.s3 import RUNNING

KEY = Key("aip/3f/3f0c.tar")


ON_S3 = [f"{kind}-{versions}" for kind in ("minio", "versitygw") for versions in ("plain", "versioned")]


@pytest.fixture(params=["directory", "memory", *ON_S3])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param in ON_S3:
        kind, versions = request.param.split("-")
        with RUNNING[kind](versioning=versions == "versioned") as bucket:
            yield S3Store.initialise("a", bucket.settings(prefix="kho/a"))
    elif request.param == "directory":
        yield DirectoryStore.initialise("a", tmp_path / "a")
    else:
        yield MemoryStore("a")


def put(store: Store, key: Key, data: bytes) -> None:
    with store.create(key) as writer:
        writer.write(data)
        writer.commit()


def get(store: Store, key: Key) -> bytes:
    return b"".join(store.read(key))


def test_what_was_committed_is_read_back(store: Store) -> None:
    with store.create(KEY) as writer:
        assert writer.write(b"xin ") == 4
        assert writer.write(bytearray("chào".encode())) == 5
        assert writer.write(memoryview(b"!" * 3_000_000)) == 3_000_000
        writer.commit()
    assert get(store, KEY) == "xin chào".encode() + b"!" * 3_000_000
    assert store.size(KEY) == 3_000_009


def test_an_empty_object_is_an_object(store: Store) -> None:
    put(store, KEY, b"")
    assert (store.size(KEY), get(store, KEY), list(store.keys())) == (0, b"", [KEY])


def test_a_buffer_may_be_used_again_after_write(store: Store) -> None:
    buffer = bytearray(b"first")
    with store.create(KEY) as writer:
        writer.write(memoryview(buffer))
        buffer[:] = b"later"
        writer.commit()
    assert get(store, KEY) == b"first"


def test_leaving_without_commit_leaves_nothing(store: Store) -> None:
    with store.create(KEY) as writer:
        writer.write(b"half")
    with pytest.raises(ZeroDivisionError), store.create(KEY) as writer:
        writer.write(b"half")
        _ = 1 / 0
    assert list(store.keys()) == []
    assert store.sweep() == 0
    with pytest.raises(ObjectMissingError):
        store.open(KEY)


def test_T30_an_unfinished_object_is_not_seen(store: Store) -> None:
    with store.create(KEY) as writer:
        writer.write(b"half")
        assert list(store.keys()) == []
        assert list(store.foreign()) == []
        with pytest.raises(ObjectMissingError):
            store.size(KEY)


def test_the_same_bytes_again_are_fine(store: Store) -> None:
    put(store, KEY, b"same")
    put(store, KEY, b"same")
    assert get(store, KEY) == b"same"


@pytest.mark.parametrize("other", [b"", b"sam", b"samE", b"same and more"])
def test_a_key_is_never_overwritten(store: Store, other: bytes) -> None:
    put(store, KEY, b"same")
    with pytest.raises(ObjectExistsError):
        put(store, KEY, other)
    assert get(store, KEY) == b"same"
    assert store.sweep() == 0


def test_of_writers_racing_for_one_key_one_wins_and_is_whole(store: Store) -> None:
    outcomes: list[str] = []
    begin = threading.Barrier(8)

    def race(data: bytes) -> None:
        with store.create(KEY) as writer:
            writer.write(data)
            begin.wait()
            try:
                writer.commit()
                outcomes.append("kept")
            except ObjectExistsError:
                outcomes.append("refused")

    threads = [threading.Thread(target=race, args=(bytes([number % 2]) * 100_000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept"] * 4 + ["refused"] * 4
    assert len(set(get(store, KEY))) == 1


def test_a_writer_is_done_after_commit(store: Store) -> None:
    with store.create(KEY) as writer:
        writer.write(b"all")
        writer.commit()
        with pytest.raises(StoreError):
            writer.write(b"more")
        with pytest.raises(StoreError):
            writer.commit()
    assert get(store, KEY) == b"all"


def test_a_missing_object_is_told_by_every_way_of_reading(store: Store) -> None:
    for read in (store.open, store.size, lambda key: list(store.read(key))):
        with pytest.raises(ObjectMissingError):
            read(KEY)


def test_a_part_is_read_without_the_rest(store: Store) -> None:
    put(store, KEY, bytes(range(256)) * 8192)
    assert b"".join(store.read(KEY, 300, 5)) == bytes([44, 45, 46, 47, 48])
    assert b"".join(store.read(KEY, 256 * 8192 - 2)) == bytes([254, 255])
    assert b"".join(store.read(KEY, 5, 0)) == b""
    assert b"".join(store.read(KEY, 1, 1_500_000)) == (bytes(range(256)) * 8192)[1:1_500_001]


def test_fewer_bytes_than_asked_for_are_an_error(store: Store) -> None:
    put(store, KEY, b"short")
    with pytest.raises(StoreError):
        list(store.read(KEY, 3, 10))


@pytest.mark.parametrize("cold", [False, True])
def test_an_open_object_can_be_sought(store: Store, cold: bool) -> None:
    put(store, KEY, b"0123456789")
    with store.open(KEY, cold=cold) as file:
        assert file.seek(-3, io.SEEK_END) == 7
        assert file.read() == b"789"
        file.seek(2)
        assert file.read(3) == b"234"
        assert file.seek(1, io.SEEK_CUR) == 6
        buffer = bytearray(2)
        assert file.readinto(buffer) == 2
        assert bytes(buffer) == b"67"


def test_T28_a_prefix_is_a_folder(store: Store) -> None:
    keys = [Key("v1/a.tar"), Key("v10/a.tar"), Key("v1-old/a.tar"), Key("v1/sub/b.tar"), Key("v1.tar")]
    for key in keys:
        put(store, key, key.encode())
    assert list(store.keys("v1")) == [Key("v1/a.tar"), Key("v1/sub/b.tar")]
    assert list(store.keys("v1/")) == [Key("v1/a.tar"), Key("v1/sub/b.tar")]
    assert list(store.keys("v1/sub")) == [Key("v1/sub/b.tar")]
    assert list(store.keys("v")) == []
    assert list(store.keys()) == sorted(keys, key=lambda key: key.segments)


def test_T24_objects_of_like_names_do_not_touch_each_other(store: Store) -> None:
    put(store, Key("aip/a/x.tar"), b"1")
    put(store, Key("aip/a/x-2.tar"), b"2")
    assert (get(store, Key("aip/a/x.tar")), get(store, Key("aip/a/x-2.tar"))) == (b"1", b"2")


@pytest.mark.parametrize("folder", ["..", "a//b", "/a", "a/../b", "A", ".writing", "a b"])
def test_a_folder_name_from_outside_is_refused(store: Store, folder: str) -> None:
    with pytest.raises(KeyRefusedError):
        list(store.keys(folder))


def replace(store: Store, key: Key, data: bytes, *, keep: bool = True) -> None:
    with store.replacing(key, keep=keep) as writer:
        writer.write(data)
        writer.commit()


def kept(store: Store) -> list[tuple[Key, bytes]]:
    return [(aside.key, b"".join(store.read_aside(aside))) for aside in store.aside()]


def test_a_replaced_object_is_put_aside_and_can_be_read_until_it_is_dropped(store: Store) -> None:
    put(store, KEY, b"damaged")
    replace(store, KEY, b"healed " * 200_000)
    assert (get(store, KEY), store.size(KEY)) == (b"healed " * 200_000, 1_400_000)
    (aside,) = store.aside()
    assert (aside.key, aside.size_bytes, b"".join(store.read_aside(aside))) == (KEY, 7, b"damaged")
    assert aside.at.tzinfo is not None
    store.drop_aside(aside)
    assert list(store.aside()) == []
    with pytest.raises(ObjectMissingError):
        list(store.read_aside(aside))
    store.drop_aside(aside)
    assert get(store, KEY) == b"healed " * 200_000


def test_what_was_put_aside_is_neither_an_object_nor_foreign(store: Store) -> None:
    put(store, KEY, b"one")
    replace(store, KEY, b"two")
    replace(store, KEY, b"three")
    assert (list(store.keys()), list(store.foreign()), store.sweep()) == ([KEY], [], 0)


def test_a_missing_object_can_be_put_in_its_place(store: Store) -> None:
    replace(store, KEY, b"healed")
    assert (get(store, KEY), kept(store)) == (b"healed", [])


def test_replacing_without_keeping_leaves_nothing_aside(store: Store) -> None:
    put(store, KEY, b"damaged")
    replace(store, KEY, b"healed", keep=False)
    assert (get(store, KEY), kept(store)) == (b"healed", [])


def test_what_is_aside_of_one_object_is_found_by_its_key_alone(store: Store) -> None:
    like = Key(f"x/{KEY}"), Key(KEY.replace(".tar", "1.tar")), Key(f"{KEY}.gz".replace(".tar.gz", ".gz"))
    for key in (KEY, *like):
        put(store, key, b"one " + key.encode())
        replace(store, key, b"two")
    replace(store, KEY, b"three")
    assert [b"".join(store.read_aside(aside)) for aside in store.aside(KEY)] == [b"one " + KEY.encode(), b"two"]
    for key in like:
        (aside,) = store.aside(key)
        assert aside in list(store.aside()) and b"".join(store.read_aside(aside)) == b"one " + key.encode()
    assert list(store.aside(Key("aip/00/never.tar"))) == []


def test_what_is_aside_comes_oldest_first_with_the_time_it_was_taken_out(store: Store) -> None:
    other = Key("aip/aa/other.tar")
    put(store, KEY, b"one")
    put(store, other, b"other")
    replace(store, KEY, b"two")
    replace(store, other, b"changed")
    replace(store, KEY, b"three")
    assert kept(store) == [(KEY, b"one"), (other, b"other"), (KEY, b"two")]
    times = [aside.at for aside in store.aside()]
    assert times == sorted(times)


def test_leaving_a_replacement_without_commit_changes_nothing(store: Store) -> None:
    put(store, KEY, b"old")
    with store.replacing(KEY) as writer:
        writer.write(b"new")
    with pytest.raises(ZeroDivisionError), store.replacing(KEY) as writer:
        writer.write(b"new")
        _ = 1 / 0
    assert (get(store, KEY), kept(store)) == (b"old", [])
    with store.replacing(KEY) as writer:
        writer.write(b"new")
        writer.commit()
        with pytest.raises(StoreError):
            writer.commit()


def test_an_object_is_created_as_ever_after_a_replacement(store: Store) -> None:
    put(store, KEY, b"old")
    replace(store, KEY, b"new")
    put(store, KEY, b"new")
    with pytest.raises(ObjectExistsError):
        put(store, KEY, b"old")


def test_while_an_object_is_replaced_a_reader_finds_the_one_or_the_other_whole(store: Store) -> None:
    old, new = b"o" * 50_000, b"n" * 50_000
    put(store, KEY, old)
    over = threading.Event()
    seen: list[bytes] = []

    def look() -> None:
        while not over.is_set():
            seen.append(get(store, KEY))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for data in (new, old) * 4:
            replace(store, KEY, data, keep=False)
    finally:
        over.set()
        reader.join()
    assert seen and set(seen) <= {old, new}


def test_of_replacements_racing_for_one_key_none_of_the_bytes_is_lost(store: Store) -> None:
    put(store, KEY, b"first")
    begin = threading.Barrier(4)

    def race(number: int) -> None:
        with store.replacing(KEY) as writer:
            writer.write(b"%d" % number)
            begin.wait()
            writer.commit()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {get(store, KEY), *(data for _, data in kept(store))} == {b"first", b"0", b"1", b"2", b"3"}


def test_a_removed_object_leaves_nothing_not_even_aside(store: Store) -> None:
    put(store, KEY, b"one")
    replace(store, KEY, b"two")
    store.remove(KEY)
    assert (list(store.keys()), kept(store)) == ([], [])
    with pytest.raises(ObjectMissingError):
        store.open(KEY)
    store.remove(KEY)
    put(store, KEY, b"another life")
    assert get(store, KEY) == b"another life"


def test_T24_T28_removing_one_object_touches_no_other_of_a_like_name(store: Store) -> None:
    others = [Key("aip/3f/3f0c.tar.gz"), Key("aip/3f/3f0c-2.tar"), Key("aip/3f/3f0c/3f0c.tar"), Key("aip/3.tar")]
    for key in (KEY, *others):
        put(store, key, b"one")
        replace(store, key, b"two")
    store.remove(KEY)
    assert set(store.keys()) == set(others)
    assert sorted(key for key, _ in kept(store)) == sorted(others)
    for aside in list(store.aside()):
        store.drop_aside(aside)
    assert {get(store, key) for key in others} == {b"two"}


def test_free_bytes_and_device_are_told(store: Store) -> None:
    assert store.free_bytes() > 0
    assert store.device() == store.device()
    assert store.name == "a"


@pytest.mark.parametrize(
    "text",
    ["", "a", "/a.tar", "a/", "../a.tar", "a/../b.tar", "a//b.tar", ".a.tar", "a/.b.tar", "A.tar", "a.b/c.tar", "đ.tar",
     "a.tar\n", "a\0.tar", "a b.tar", "a\\b.tar", "x" * 600 + ".tar", "a." + "b" * 20],
)  # fmt: skip
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyRefusedError):
        Key(text)


def test_the_objects_of_packages_are_spread_over_folders() -> None:
    assert aip_key("3f0c-1") == "aip/3f/3f0c-1.tar"
