"""What only a store on a disk can get wrong: failing system calls, dead writers, the wrong medium."""

from __future__ import annotations

import dataclasses
import errno
import gc
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.errors import (
    LockedError,
    ObjectExistsError,
    ObjectMissingError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from archive.storage import DirectoryStore, Key

sys.path.insert(0, str(Path(__file__).parent))
from failing_disk import WATCHED, FailingDisk, names_under

KEY = Key("aip/3f/3f0c.tar")
DATA = os.urandom(100_000)


def put(store: DirectoryStore, key: Key = KEY, data: bytes = DATA) -> None:
    with store.create(key) as writer:
        writer.write(data[:50_000])
        writer.write(data[50_000:])
        writer.commit()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    DirectoryStore.initialise("a", tmp_path / "a")
    return tmp_path / "a"


def calls_of_one_put(tmp_path: Path, *, twice: bool) -> list[str]:
    DirectoryStore.initialise("a", tmp_path / "counted")
    disk = FailingDisk()
    store = DirectoryStore("a", tmp_path / "counted", disk=disk)
    put(store)
    if twice:
        disk.calls.clear()
        put(store)
    return disk.calls


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EACCES])
def test_T25_whichever_single_call_fails_nothing_is_promised_and_a_repetition_heals(tmp_path: Path, code: int) -> None:
    calls = calls_of_one_put(tmp_path, twice=False)
    assert {"open", "write", "fsync", "link", "chmod", "mkdir", "lock"} <= set(calls)
    for number in range(1, len(calls) + 1):
        root = tmp_path / f"{number}"
        DirectoryStore.initialise("a", root)
        disk = FailingDisk(number, code)
        try:
            put(DirectoryStore("a", root, disk=disk))
            assert disk.failed == "unlink", f"call {number} ({disk.failed}) failed unnoticed"
        except StoreError as error:
            assert not isinstance(error, ObjectMissingError | ObjectExistsError)
        store = DirectoryStore("a", root)
        for key in store.keys(""):
            assert b"".join(store.read(key)) == DATA, f"after call {number} ({disk.failed})"
        put(store)
        assert b"".join(store.read(KEY)) == DATA
        store.sweep()
        assert names_under(root) == [".luutru-store.json", KEY]


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_whichever_call_fails_while_repeating_the_object_stands_unchanged(tmp_path: Path, code: int) -> None:
    calls = calls_of_one_put(tmp_path, twice=True)
    assert "pread_into" in calls
    root = tmp_path / "a"
    DirectoryStore.initialise("a", root)
    put(DirectoryStore("a", root))
    for number in range(1, len(calls) + 1):
        disk = FailingDisk(number, code)
        try:
            put(DirectoryStore("a", root, disk=disk))
            assert disk.failed == "unlink"
        except StoreError as error:
            assert not isinstance(error, ObjectExistsError)
        assert b"".join(DirectoryStore("a", root).read(KEY)) == DATA
    DirectoryStore("a", root).sweep()
    assert names_under(root) == [".luutru-store.json", KEY]


def test_after_a_failed_fsync_the_writer_is_done_for_good(root: Path) -> None:
    with DirectoryStore("a", root, disk=FailingDisk(1, errno.EIO, only=("fsync",))).create(KEY) as writer:
        writer.write(DATA)
        with pytest.raises(StoreError):
            writer.commit()
        with pytest.raises(StoreError):
            writer.commit()
    assert names_under(root) == [".luutru-store.json"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, StoreFullError), (errno.EDQUOT, StoreFullError), (errno.EROFS, StoreReadOnlyError)],
)
def test_what_failed_is_told_by_kind_and_without_paths(root: Path, code: int, kind: type[StoreError]) -> None:
    store = DirectoryStore("a", root, disk=FailingDisk(1, code, only=("write",)))
    with pytest.raises(kind) as caught:
        put(store)
    assert str(root) not in caught.value.message + caught.value.remedy
    assert caught.value.remedy


def test_short_writes_are_continued(root: Path) -> None:
    class Stingy(FailingDisk):
        def write(self, descriptor: int, data: memoryview) -> int:
            return os.write(descriptor, data[:7])

    put(DirectoryStore("a", root, disk=Stingy()), data=DATA[:1000])
    assert b"".join(DirectoryStore("a", root).read(KEY)) == DATA[:1000]


def test_an_object_is_a_read_only_file_under_its_key(root: Path) -> None:
    put(DirectoryStore("a", root))
    path = root / KEY
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert path.stat().st_nlink == 1


def test_every_folder_up_to_the_root_is_synced_even_when_it_was_there(root: Path) -> None:
    put(DirectoryStore("a", root), Key("aip/3f/other.tar"))
    disk = FailingDisk()
    put(DirectoryStore("a", root, disk=disk))
    assert disk.calls.count("fsync") == 1 + 3


def test_an_unreadable_object_is_not_a_missing_one(root: Path) -> None:
    put(DirectoryStore("a", root))
    for call in ("pread_into", "stat"):
        store = DirectoryStore("a", root, disk=FailingDisk(1, errno.EIO, only=(call,)))
        with pytest.raises(StoreError) as caught:
            store.size(KEY) if call == "stat" else list(store.read(KEY))
        assert not isinstance(caught.value, ObjectMissingError)


def test_an_empty_mount_point_is_not_taken_for_an_empty_store(root: Path, tmp_path: Path) -> None:
    store = DirectoryStore("a", root)
    put(store)
    root.rename(tmp_path / "unmounted")
    root.mkdir()
    for use in (
        lambda: store.create(KEY),
        lambda: store.open(KEY),
        lambda: list(store.keys()),
        lambda: list(store.foreign()),
        store.sweep,
        store.free_bytes,
        store.device,
    ):
        with pytest.raises(StoreError) as caught:
            use()
        assert not isinstance(caught.value, ObjectMissingError)
    assert list(root.iterdir()) == []


def test_the_wrong_medium_is_refused(root: Path) -> None:
    with pytest.raises(StoreError):
        DirectoryStore("b", root).create(KEY)
    with pytest.raises(StoreError):
        DirectoryStore.initialise("b", root)


def test_a_folder_with_other_things_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.doc").write_text("x")
    with pytest.raises(StoreError):
        DirectoryStore.initialise("a", tmp_path / "a")
    assert names_under(tmp_path) == ["a/thesis.doc"]


def test_making_a_store_again_keeps_what_it_holds(root: Path) -> None:
    put(DirectoryStore("a", root))
    DirectoryStore.initialise("a", root)
    assert list(DirectoryStore("a", root).keys()) == [KEY]


def test_foreign_files_are_named_and_are_no_objects(root: Path) -> None:
    store = DirectoryStore("a", root)
    put(store)
    (root / "aip" / "Ghi chú.txt").write_text("x")
    (root / ".hidden").write_text("x")
    assert list(store.foreign()) == [".hidden", "aip/Ghi chú.txt"]
    assert list(store.keys()) == [KEY]


def test_a_link_in_the_place_of_an_object_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "aip" / "3f").mkdir(parents=True)
    (root / KEY).symlink_to(tmp_path / "secret")
    store = DirectoryStore("a", root)
    with pytest.raises(StoreError):
        store.open(KEY)
    with pytest.raises(StoreError):
        put(store)
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_a_sweep_leaves_living_writers_alone(root: Path) -> None:
    store = DirectoryStore("a", root)
    (root / ".writing" / "left-by-a-dead-writer").write_bytes(b"half")
    with store.create(KEY) as writer:
        writer.write(DATA)
        assert DirectoryStore("a", root).sweep() == 1
        writer.commit()
    assert b"".join(store.read(KEY)) == DATA
    assert store.sweep() == 0


def test_a_writer_whose_new_file_was_swept_before_its_lock_takes_another(root: Path) -> None:
    class Slow(FailingDisk):
        def lock(self, descriptor: int, *, wait: bool) -> None:
            if wait and "swept" not in self.__dict__:
                self.swept = DirectoryStore("a", root).sweep()
            FailingDisk().lock(descriptor, wait=wait)

    disk = Slow()
    put(DirectoryStore("a", root, disk=disk))
    assert disk.swept == 1
    assert b"".join(DirectoryStore("a", root).read(KEY)) == DATA


WRITER = """
import sys
from pathlib import Path
from archive.storage import DirectoryStore, Key
store = DirectoryStore("a", Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    data = bytes([number % 251]) * 300_000
    key = Key(f"aip/{number % 7}/{number}.tar")
    with store.create(key) as writer:
        for start in range(0, len(data), 10_000):
            writer.write(data[start : start + 10_000])
        writer.commit()
    print(number, flush=True)
    number += 1
"""


def test_killed_at_any_moment_a_store_holds_only_whole_objects_and_all_it_acknowledged(root: Path) -> None:
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True, env=_environment()
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.06))
        process.send_signal(signal.SIGKILL)
        acknowledged = [int(line) for line in process.stdout.read().splitlines() if line.strip()]
        process.stdout.close()
        process.wait()
        store = DirectoryStore("a", root)
        store.sweep()
        assert list((root / ".writing").iterdir()) == [], f"seed {seed}"
        found = {int(key.segments[-1].removesuffix(".tar")): b"".join(store.read(key)) for key in store.keys("")}
        assert set(acknowledged) <= set(found), f"seed {seed}"
        for number, data in found.items():
            assert data == bytes([number % 251]) * 300_000, f"seed {seed}"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def replace(store: DirectoryStore, data: bytes, *, keep: bool = True) -> None:
    with store.replacing(KEY, keep=keep) as writer:
        writer.write(data)
        writer.commit()


OLD, NEW = b"old" * 1000, b"new" * 1000


def aside_of(root: Path) -> set[bytes]:
    store = DirectoryStore("a", root)
    return {b"".join(store.read_aside(aside)) for aside in store.aside()}


def state_of(root: Path) -> tuple[bytes | None, set[bytes]]:
    store = DirectoryStore("a", root)
    try:
        there: bytes | None = b"".join(store.read(KEY))
    except ObjectMissingError:
        there = None
    return there, aside_of(root)


def prepared(root: Path) -> Path:
    put(DirectoryStore.initialise("a", root), data=OLD)
    return root


def calls_of(root: Path, act: Callable[[DirectoryStore], None]) -> list[str]:
    disk = FailingDisk()
    act(DirectoryStore("a", root, disk=disk))
    return disk.calls


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_whichever_call_of_a_replacement_fails_old_or_new_stands_and_the_old_is_not_lost(
    tmp_path: Path, code: int
) -> None:
    calls = calls_of(prepared(tmp_path / "counted"), lambda store: replace(store, NEW))
    assert calls.count("rename") == 1
    for number in range(1, len(calls) + 1):
        root = prepared(tmp_path / f"{number}")
        disk = FailingDisk(number, code)
        told = True
        try:
            replace(DirectoryStore("a", root, disk=disk), NEW)
        except StoreError as error:
            assert not isinstance(error, ObjectMissingError | ObjectExistsError)
            told = False
        there, aside = state_of(root)
        assert (there, aside) in ((NEW, {OLD}), (OLD, set()), (OLD, {OLD})), f"call {number} ({disk.failed})"
        assert there == NEW or not told
        replace(DirectoryStore("a", root), NEW)
        assert state_of(root)[0] == NEW and OLD in state_of(root)[1]


def killed_at(number: int, root: Path, act: Callable[[DirectoryStore], None]) -> bool:
    """Whether the process that carried out ``act`` was killed right before its ``number``-th system call."""

    class Fatal(FailingDisk):
        def __getattribute__(self, name: str) -> Any:
            if name in WATCHED and len(self.calls) + 1 == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__getattribute__(name)

    process = os.fork()
    if not process:
        try:
            act(DirectoryStore("a", root, disk=Fatal()))
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def test_killed_before_any_call_of_a_replacement_old_or_new_stands_and_the_old_is_not_lost(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        root = prepared(tmp_path / f"{number}")
        killed = killed_at(number, root, lambda store: replace(store, NEW))
        assert state_of(root) in ((NEW, {OLD}), (OLD, set()), (OLD, {OLD})), f"killed before call {number}"
        if not killed:
            break
        replace(DirectoryStore("a", root), NEW)
        store = DirectoryStore("a", root)
        store.sweep()
        assert state_of(root)[0] == NEW and OLD in state_of(root)[1]
        assert list(store.keys()) == [KEY] and list(store.foreign()) == [] and not list((root / ".writing").iterdir())
    assert number > 15


def test_killed_before_any_call_of_a_removal_a_repetition_leaves_nothing(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        root = prepared(tmp_path / f"{number}")
        replace(DirectoryStore("a", root), NEW)
        killed = killed_at(number, root, lambda store: store.remove(KEY))
        assert state_of(root)[0] in (NEW, None), f"killed before call {number}"
        if not killed:
            break
        DirectoryStore("a", root).remove(KEY)
        assert state_of(root) == (None, set())
        assert names_under(root) == [".aside/lock", ".luutru-store.json"]
    assert number > 8


def test_whichever_call_of_a_removal_fails_it_is_told_and_a_repetition_completes_it(tmp_path: Path) -> None:
    calls = calls_of(prepared(tmp_path / "counted"), lambda store: store.remove(KEY))
    for number in range(1, len(calls) + 1):
        root = prepared(tmp_path / f"{number}")
        replace(DirectoryStore("a", root), NEW)
        with pytest.raises(StoreError):
            DirectoryStore("a", root, disk=FailingDisk(number, errno.EIO)).remove(KEY)
        DirectoryStore("a", root).remove(KEY)
        assert state_of(root) == (None, set())


def test_an_object_the_system_does_not_let_go_is_locked_and_still_there(root: Path) -> None:
    put(DirectoryStore("a", root))
    store = DirectoryStore("a", root, disk=FailingDisk(1, errno.EPERM, only=("unlink",)))
    with pytest.raises(LockedError):
        store.remove(KEY)
    assert b"".join(store.read(KEY)) == DATA
    with pytest.raises(StoreError) as said:
        DirectoryStore("a", root, disk=FailingDisk(1, errno.EACCES, only=("unlink",))).remove(KEY)
    assert not isinstance(said.value, LockedError)


def test_a_file_that_cannot_be_read_is_put_aside_all_the_same(root: Path) -> None:
    put(DirectoryStore("a", root), data=OLD)
    replace(DirectoryStore("a", root, disk=FailingDisk(1, errno.EIO, only=("pread_into",))), NEW)
    assert state_of(root) == (NEW, {OLD})


def test_a_name_aside_from_outside_reaches_no_other_file(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    store = DirectoryStore("a", root)
    put(store)
    replace(store, NEW)
    (aside,) = store.aside()
    for name in ("../../secret", "lock", aside.name.replace("aip", "..~secret"), ""):
        with pytest.raises(ObjectMissingError):
            store.read_aside(dataclasses.replace(aside, name=name))
        with pytest.raises(ObjectMissingError):
            store.drop_aside(dataclasses.replace(aside, name=name))
    (root / ".aside" / "note.txt").write_text("x")
    assert list(store.aside()) == [aside]


def test_the_longest_key_can_be_put_aside(root: Path) -> None:
    key = Key("/".join(["k" * 40] * 4) + "/" + "n" * 12 + ".tar")
    assert len(key) == 180
    store = DirectoryStore("a", root)
    put(store, key, OLD)
    with store.replacing(key) as writer:
        writer.write(NEW)
        writer.commit()
    assert [aside.key for aside in store.aside()] == [key]


def test_a_fifo_in_the_place_of_an_object_is_an_unreadable_copy_and_holds_nobody(root: Path) -> None:
    store = DirectoryStore("a", root)
    put(store)
    (path,) = root.rglob("*.tar")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError) as said:
        store.open(KEY)
    assert not isinstance(said.value, ObjectMissingError)


def test_what_could_not_be_opened_never_closes_the_file_of_somebody_else(root: Path) -> None:
    store = DirectoryStore("a", root)
    put(store)
    (path,) = root.rglob("*.tar")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError) as said:
        store.open(KEY)
    others = [os.open(root, os.O_RDONLY | os.O_DIRECTORY) for _ in range(8)]  # one of them gets the number set free
    try:
        del said
        gc.collect()
        for descriptor in others:
            os.fstat(descriptor)
    finally:
        for descriptor in others:
            os.close(descriptor)


@pytest.mark.parametrize("keep", (True, False))
def test_a_folder_in_the_place_of_an_object_goes_aside_when_the_object_is_put_back(root: Path, keep: bool) -> None:
    store = DirectoryStore("a", root)
    put(store)
    (path,) = root.rglob("*.tar")
    path.unlink()
    (path / "inside").mkdir(parents=True)
    with store.replacing(KEY, keep=keep) as writer:
        writer.write(DATA)
        writer.commit()
    assert b"".join(store.read(KEY)) == DATA
    (aside,) = store.aside()
    assert aside.key == KEY
    store.drop_aside(aside)
    assert list(store.aside()) == []
