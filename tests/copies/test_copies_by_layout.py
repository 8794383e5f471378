"""A copy verified by its layout digest: the same answers as by the SHA-256 of the whole, from several threads."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from archive import layout_reading
from archive.aip.tarstream import TarStream, ToAdd
from archive.copies import Out, read_back, write_everywhere
from archive.finding import Finding, Severity
from archive.fixity import CopyResult, CopyState, verify_copy
from archive.storage import DirectoryStore, Key, MemoryStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage"))
from failing_disk import FailingDisk

KEY = Key("aip/3f/3f0c.tar")


SIZES = (3_000_000, 10, 2_500_000, 4_000_000, 700, 3_500_000)
BUFFER = io.BytesIO()
with TarStream(BUFFER, mtime=0) as STREAM:
    list(STREAM.add_many(ToAdd(f"a/{number}", os.urandom(size)) for number, size in enumerate(SIZES)))
    TOLD = STREAM.finish()
DATA = BUFFER.getvalue()


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = DirectoryStore.initialise("a", tmp_path / "a")
    with store.create(KEY) as writer:
        writer.write(DATA)
        writer.commit()
    return tmp_path / "a"


def verified(root: Path, disk: FailingDisk | None = None) -> CopyResult:
    store = DirectoryStore("a", root, disk=disk)
    return verify_copy(store, KEY, TOLD.sha256, len(DATA), layout_sha256=TOLD.layout_sha256, pauses_seconds=(0.0, 0.0))


def test_an_ok_copy_was_read_whole_by_several_threads(root: Path) -> None:
    names: set[str] = set()
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count
        names.add(threading.current_thread().name)

    store = DirectoryStore("a", root)
    result = verify_copy(store, KEY, TOLD.sha256, len(DATA), layout_sha256=TOLD.layout_sha256, progress=progress)
    assert (result.state, result.sha256, result.size_bytes, read) == (CopyState.OK, TOLD.sha256, len(DATA), len(DATA))
    assert all(name.startswith("read a") for name in names)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read a")]


@pytest.mark.parametrize("place", [0, 600, 1 << 20, len(DATA) // 2, len(DATA) - 1])
def test_T7_T19_one_changed_byte_is_a_mismatch(root: Path, place: int) -> None:
    path = root / KEY
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes([DATA[place] ^ 1]))
    result = verified(root)
    assert (result.state, result.sha256) == (CopyState.MISMATCH, None)
    assert result.detail


def test_T20_a_missing_copy_is_missing(root: Path) -> None:
    (root / KEY).unlink()
    assert verified(root).state is CopyState.MISSING


@pytest.mark.parametrize("number", [1, 2, 5, 11])
def test_T4_T23_a_disk_that_cannot_be_read_is_unreadable_never_ok(root: Path, number: int) -> None:
    result = verified(root, FailingDisk(number, errno.EIO, only=("pread_into",), times=10_000))
    assert (result.state, result.sha256) == (CopyState.UNREADABLE, None)
    assert result.detail


@pytest.mark.parametrize("number", range(1, 12))
def test_T23_a_hiccup_of_any_thread_is_read_over(root: Path, number: int) -> None:
    disk = FailingDisk(number, errno.EIO, only=("pread_into",), times=2)
    result = verified(root, disk)
    assert disk.failed == "pread_into"
    assert (result.state, result.sha256) == (CopyState.OK, TOLD.sha256)


def test_a_deep_look_follows_the_reading(root: Path) -> None:
    bad = Finding("aip.test", Severity.ERROR, "sai")
    store = DirectoryStore("a", root)
    result = verify_copy(store, KEY, TOLD.sha256, len(DATA), layout_sha256=TOLD.layout_sha256, deep=lambda file: [bad])
    assert (result.state, result.findings) == (CopyState.MISMATCH, (bad,))


def test_reading_stops_when_the_listener_fails(root: Path) -> None:
    def progress(count: int) -> None:
        raise ZeroDivisionError

    store = DirectoryStore("a", root)
    with pytest.raises(ZeroDivisionError):
        verify_copy(store, KEY, TOLD.sha256, len(DATA), layout_sha256=TOLD.layout_sha256, progress=progress)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read a")]


def test_an_object_that_is_no_tar_is_a_mismatch_also_under_its_own_sha256() -> None:
    store = MemoryStore("a")
    write_everywhere([store], KEY, _plain)
    (result,) = read_back([store], KEY, TOLD.sha256, 5000, layout_sha256=TOLD.layout_sha256)
    assert result.state is CopyState.MISMATCH


def _plain(out: Out) -> _Told:
    out.write(b"x" * 5000)
    return _Told()


class _Told:
    sha256 = TOLD.sha256
    size_bytes = 5000


def test_small_packages_start_no_thread(root: Path) -> None:
    data = DATA[: 1 << 20]
    started = threading.active_count()

    class Source:
        def read_at(self, position: int, buffer: memoryview) -> int:
            assert threading.active_count() == started
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    assert layout_reading.layout_sha256(len(data), Source)
