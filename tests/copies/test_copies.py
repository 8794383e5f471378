"""Writing everywhere at once and reading back; verifying a copy."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from archive.copies import BLOCK_BYTES, Out, read_back, write_everywhere
from archive.digest import Digests, digests_of
from archive.errors import ObjectExistsError, StoreError, StoreFullError
from archive.finding import Finding, Severity
from archive.fixity import READ_BYTES, CopyState, verify_copy
from archive.storage import DirectoryStore, Key, MemoryStore, Store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage"))
from failing_disk import FailingDisk, names_under

KEY = Key("aip/3f/3f0c.tar")
DATA = os.urandom(3 * BLOCK_BYTES + 12_345)
SHA256 = hashlib.sha256(DATA).hexdigest()


def build(out: Out, piece: int = 70_000) -> Digests:
    buffer = bytearray(piece)
    for start in range(0, len(DATA), piece):
        count = len(DATA[start : start + piece])
        buffer[:count] = DATA[start : start + piece]
        out.write(memoryview(buffer)[:count])
    return digests_of([DATA])


@pytest.fixture
def stores(tmp_path: Path) -> list[Store]:
    return [
        DirectoryStore.initialise("a", tmp_path / "a"),
        DirectoryStore.initialise("b", tmp_path / "b"),
        MemoryStore("c"),
    ]


def failing(tmp_path: Path, disk: FailingDisk) -> DirectoryStore:
    DirectoryStore.initialise("bad", tmp_path / "bad")
    return DirectoryStore("bad", tmp_path / "bad", disk=disk)


@pytest.mark.parametrize("piece", [512, 70_000, BLOCK_BYTES, 2 * BLOCK_BYTES + 1])
def test_what_is_built_once_is_the_same_in_every_store(stores: list[Store], piece: int) -> None:
    written = write_everywhere(stores, KEY, lambda out: build(out, piece))
    assert (written.sha256, written.size_bytes) == (SHA256, len(DATA))
    for store in stores:
        assert b"".join(store.read(KEY)) == DATA
    assert [result.state for result in read_back(stores, KEY, SHA256, len(DATA))] == [CopyState.OK] * 3


def test_repeating_is_harmless_and_completes_a_missing_copy(stores: list[Store]) -> None:
    write_everywhere(stores[:1], KEY, build)
    write_everywhere(stores, KEY, build)
    write_everywhere(stores, KEY, build)
    assert all(result.ok for result in read_back(stores, KEY, SHA256, len(DATA)))


def test_when_building_fails_no_store_has_anything(stores: list[Store], tmp_path: Path) -> None:
    def broken(out: Out) -> Digests:
        out.write(DATA)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_everywhere(stores, KEY, broken)
    assert [list(store.keys()) for store in stores] == [[], [], []]
    assert names_under(tmp_path) == ["a/.luutru-store.json", "b/.luutru-store.json"]
    assert not [thread for thread in threading.enumerate() if thread.name == "copy"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", range(1, 5))
def test_T25_when_one_store_fails_while_writing_none_has_anything(
    stores: list[Store], tmp_path: Path, code: int, call: int
) -> None:
    bad = failing(tmp_path, FailingDisk(call, code, only=("write",)))
    with pytest.raises(StoreError):
        write_everywhere([*stores, bad], KEY, build)
    assert [list(store.keys()) for store in stores] == [[], [], []]


def test_T25_when_one_store_fails_at_the_end_nothing_is_claimed_and_repeating_completes_it(
    stores: list[Store], tmp_path: Path
) -> None:
    bad = failing(tmp_path, FailingDisk(1, errno.EIO, only=("fsync",)))
    with pytest.raises(StoreError):
        write_everywhere([*stores, bad], KEY, build)
    assert verify_copy(bad, KEY, SHA256, len(DATA)).state is CopyState.MISSING
    write_everywhere([*stores, bad], KEY, build)
    assert all(result.ok for result in read_back([*stores, bad], KEY, SHA256, len(DATA)))


def test_a_full_store_stops_a_long_writing_early(stores: list[Store]) -> None:
    taken = 0

    def endless(out: Out) -> Digests:
        nonlocal taken
        while True:
            taken += out.write(DATA)

    with pytest.raises(StoreFullError):
        write_everywhere([*stores, MemoryStore("small", capacity_bytes=1000)], KEY, endless)
    assert taken < 20 * len(DATA)


def test_other_bytes_under_the_key_are_refused(stores: list[Store]) -> None:
    with stores[1].create(KEY) as writer:
        writer.write(b"other")
        writer.commit()
    with pytest.raises(ObjectExistsError):
        write_everywhere(stores, KEY, build)
    states = [result.state for result in read_back(stores, KEY, SHA256, len(DATA))]
    assert states[1] is CopyState.MISMATCH


def test_a_builder_that_miscounts_is_not_believed(stores: list[Store]) -> None:
    def miscounting(out: Out) -> Digests:
        out.write(DATA)
        return digests_of([DATA, b"x"])

    with pytest.raises(StoreError):
        write_everywhere(stores, KEY, miscounting)
    assert list(stores[0].keys()) == []


def test_memory_does_not_grow_with_the_object(tmp_path: Path) -> None:
    piece = bytes(BLOCK_BYTES)

    def long(out: Out) -> Digests:
        for _ in range(64):
            out.write(piece)
        return Digests(64 * BLOCK_BYTES, "", "")

    store = DirectoryStore.initialise("a", tmp_path / "a")
    tracemalloc.start()
    try:
        write_everywhere([store], KEY, long)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * BLOCK_BYTES


@pytest.fixture
def copy(tmp_path: Path) -> DirectoryStore:
    store = DirectoryStore.initialise("a", tmp_path / "a")
    write_everywhere([store], KEY, build)
    return store


def change(store_root: Path, edit: str) -> None:
    path = store_root / KEY
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    match edit:
        case "first":
            data[0] ^= 1
        case "last":
            data[-1] ^= 1
        case "middle":
            data[READ_BYTES] ^= 0x80
        case "shorter":
            del data[-1]
        case "longer":
            data += b"\0"
        case "empty":
            data.clear()
    path.write_bytes(data)


@pytest.mark.parametrize("cold", [True, False])
def test_an_ok_copy_was_read_whole(copy: DirectoryStore, cold: bool) -> None:
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    result = verify_copy(copy, KEY, SHA256, len(DATA), cold=cold, progress=progress)
    assert (result.state, result.sha256, result.size_bytes, read) == (CopyState.OK, SHA256, len(DATA), len(DATA))


@pytest.mark.parametrize("edit", ["first", "middle", "last", "shorter", "longer", "empty"])
def test_T7_T19_one_changed_byte_anywhere_is_a_mismatch(copy: DirectoryStore, tmp_path: Path, edit: str) -> None:
    change(tmp_path / "a", edit)
    result = verify_copy(copy, KEY, SHA256, len(DATA))
    assert result.state is CopyState.MISMATCH
    assert result.sha256 != SHA256 and not result.ok


def test_T20_a_missing_copy_is_missing(copy: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "a" / KEY).unlink()
    result = verify_copy(copy, KEY, SHA256, len(DATA))
    assert (result.state, result.sha256) == (CopyState.MISSING, None)


def test_an_unmounted_store_is_unreadable_not_missing(copy: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "a").rename(tmp_path / "elsewhere")
    assert verify_copy(copy, KEY, SHA256, len(DATA), pauses_seconds=()).state is CopyState.UNREADABLE


@pytest.mark.parametrize("call", ["open", "pread_into"])
def test_T4_T23_a_disk_that_cannot_be_read_is_unreadable_never_ok(
    copy: DirectoryStore, tmp_path: Path, call: str
) -> None:
    store = DirectoryStore("a", tmp_path / "a", disk=FailingDisk(2, errno.EIO, only=(call,), times=10_000))
    if call == "open":
        store = DirectoryStore("a", tmp_path / "a", disk=FailingDisk(1, errno.EIO, only=(call,), times=10_000))
    result = verify_copy(store, KEY, SHA256, len(DATA), pauses_seconds=(0.0, 0.0))
    assert (result.state, result.sha256) == (CopyState.UNREADABLE, None)
    assert result.detail


@pytest.mark.parametrize("number", range(1, 6))
def test_T23_a_hiccup_is_read_over(copy: DirectoryStore, tmp_path: Path, number: int) -> None:
    disk = FailingDisk(number, errno.EIO, only=("pread_into",), times=2)
    store = DirectoryStore("a", tmp_path / "a", disk=disk)
    result = verify_copy(store, KEY, SHA256, len(DATA), pauses_seconds=(0.0, 0.0))
    assert disk.failed == "pread_into"
    assert (result.state, result.sha256) == (CopyState.OK, SHA256)


def test_T22_each_copy_is_judged_by_the_recorded_digest_not_by_another_copy(
    stores: list[Store], tmp_path: Path
) -> None:
    write_everywhere(stores, KEY, build)
    for name in ("a", "b"):
        change(tmp_path / name, "middle")
    states = [result.state for result in read_back(stores, KEY, SHA256, len(DATA))]
    assert states == [CopyState.MISMATCH, CopyState.MISMATCH, CopyState.OK]


def test_a_deep_look_that_finds_an_error_makes_the_copy_a_mismatch(copy: DirectoryStore) -> None:
    bad = Finding("aip.test", Severity.ERROR, "sai")
    note = Finding("aip.test", Severity.WARNING, "lưu ý")
    assert verify_copy(copy, KEY, SHA256, len(DATA), deep=lambda file: [bad]).state is CopyState.MISMATCH
    result = verify_copy(copy, KEY, SHA256, len(DATA), deep=lambda file: [note] if file.read(1) else [])
    assert (result.state, result.findings) == (CopyState.OK, (note,))


def test_reading_stops_when_the_reader_of_a_copy_fails(copy: DirectoryStore) -> None:
    def progress(count: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify_copy(copy, KEY, SHA256, len(DATA), progress=progress)
    assert not [thread for thread in threading.enumerate() if thread.name == "read a"]
