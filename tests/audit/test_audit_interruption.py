"""Audits killed anywhere: the next one goes on, nothing is told twice, nothing is called ok that was not read."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.audit import Depth, RunState, Verdict
from archive.audit import bookmark as bookmarks
from archive.audit.bookmark import FileBookmark
from archive.audit.examining import Examiner
from archive.audit.hash_state import kept_sha256
from archive.audit.pace import AuditStopped, Pace
from archive.catalogue import Catalogue
from archive.catalogue.audit_model import Due
from archive.catalogue.audit_reading import due_copies, running
from archive.events import Event
from archive.fixity import CopyState, verify_copy
from archive.ledger import verify_chain

sys.path.insert(0, str(Path(__file__).parent))
from audited import AT, World, directory

SEEDS = 100


def killed(world: World, url: str, chance: random.Random, *, dies: bool) -> bool:
    """An audit by a process of its own, which may kill itself at a place drawn; False when it came to its end."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
        return os.WIFSIGNALED(status)
    try:
        if dies:
            _arm(chance)
        world.catalogue = Catalogue.open(url)
        dies_at = chance.randrange(2_500_000) if dies else 1 << 60
        total = 0

        def progress(count: int) -> None:
            nonlocal total
            total += count
            if total >= dies_at:
                _die()

        run = world.audit(progress=progress, means=world.means(chance=random.Random(chance.random())))
        os._exit(0 if run.state is RunState.COMPLETED else 3)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(4)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(chance: random.Random) -> None:
    """In every second process: death before or right after the n-th transaction, instead of after so many bytes."""
    if chance.random() < 0.5:
        return
    n, after = chance.randrange(1, 10), chance.random() < 0.5
    real, count = Catalogue.transaction, itertools.count(1)

    @contextmanager
    def transaction(self: Catalogue) -> Any:
        this = next(count)
        with real(self) as tx:
            yield tx
            if this == n and not after:
                _die()
        if this == n:
            _die()

    Catalogue.transaction = transaction  # type: ignore[method-assign]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages count as large, pieces are small, everything is noted at once."""
    monkeypatch.setattr("archive.audit.running.LONG_BYTES", 310_000)
    monkeypatch.setattr("archive.audit.examining.LONG_BYTES", 310_000)
    monkeypatch.setattr("archive.layout_reading.LONG_BYTES", 50_000)
    monkeypatch.setattr("archive.layout_reading.PIECE_BYTES", 16_384)
    monkeypatch.setattr("archive.audit.bookmark.KEEP_SECONDS", 0.0)
    monkeypatch.setattr("archive.audit.recording.FLUSH_SECONDS", 0.01)
    monkeypatch.setattr("archive.audit.pace.ASK_SECONDS", 0.0)
    # A kill loses nothing that was written, only a power cut does; a hundred thousand of them would take minutes.
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder without a disk below, where there is one: a kill loses nothing there either, and costs less."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="luutru-audit-", dir="/dev/shm") as name:
        yield Path(name)


@pytest.mark.slow
def test_killed_at_a_hundred_places_every_copy_is_read_and_told_once(fast: None, in_memory: Path) -> None:
    url = f"sqlite:///{in_memory / 'c.sqlite'}"
    world = World(Catalogue.open(url), directory(in_memory), in_memory / "audit")
    world.fill(4, size_bytes=1000).fill(2, size_bytes=60_000).fill(1, size_bytes=200_000)
    world.damage(1, lambda data: bytes(data[:-1]) + b"x")
    world.damage(3, lambda data: None)
    world.damage(5, lambda data: (data.__setitem__(100_000, data[100_000] ^ 1), bytes(data))[1])
    world.shelf.put("aip/ff/ffff.tar", b"x")
    world.catalogue.close()
    deaths = 0
    for seed in range(SEEDS):
        chance = random.Random(seed)
        lives = 1 + seed % 3
        while killed(world, url, chance, dies=lives > 0):
            deaths += 1
            lives -= 1
        world.later(days=1)
        if seed % 10 and seed != SEEDS - 1:
            continue
        world.catalogue = Catalogue.open(url)
        last = world.events(Event.AUDIT_RUN_COMPLETED)[-1]
        assert last.data["counts"] == {"ok": 4, "mismatch": 2, "missing": 1, "extra": 1}, seed
        assert last.data["canary"] == "found"
        assert list(world.store.keys("canary")) == [], seed
        with world.catalogue.read() as view:
            assert running(view, "a") is None
        world.catalogue.close()
    assert deaths >= SEEDS // 2
    world.catalogue = Catalogue.open(url)
    refuted = Counter((record.data["run_id"], record.subject) for record in _all(world, Event.AIP_FIXITY_REFUTED))
    completed = _all(world, Event.AUDIT_RUN_COMPLETED)
    assert len(completed) >= SEEDS and {record.data["verdict"] for record in completed} == {"red"}
    assert set(refuted.values()) == {1} and len(refuted) == 3 * len(completed)
    assert not list(world.folder.glob("*.reading*"))
    with world.catalogue.read() as view:
        assert verify_chain(view.records(limit=100_000)) is None
    world.catalogue.close()


def _all(world: World, event: Event) -> list[Any]:
    with world.catalogue.read() as view:
        return view.records(event=event, limit=100_000)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_large_package_stopped_anywhere_is_read_on_and_no_byte_twice_for_long(
    world: World, fast: None, tmp_path: Path, threads: int
) -> None:
    """The state of one long file is kept too; what is read again is at most a short file and a piece for each thread."""
    world.fill(1, size_bytes=900_000, documents=3)
    with world.catalogue.read() as view:
        aip = view.aip(world.held[0].aip_id)
    assert aip is not None
    for seed in range(25):
        chance = random.Random(seed)
        path = tmp_path / f"{seed}.reading"
        read = sittings = 0
        result = None
        while result is None:
            sittings += 1
            left = chance.randrange(20_000, 400_000)

            def progress(count: int) -> None:
                nonlocal read, left
                read, left = read + count, left - count
                if left < 0:
                    raise AuditStopped

            bookmark = FileBookmark(path, "x")
            try:
                result = verify_copy(
                    world.store, aip.object_key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256,
                    progress=progress, threads=threads, bookmark=bookmark,
                )  # fmt: skip
            except AuditStopped:
                bookmark.close()
            else:
                bookmark.discard()
        assert result.state is CopyState.OK and not path.exists()
        assert sittings > 1
        again = read - aip.size_bytes
        assert 0 <= again <= sittings * threads * (2 * 16_384 + (50_000 if kept_sha256() else 300_000)), (seed, again)


def test_damage_behind_or_before_the_place_of_a_stop_is_found(world: World, fast: None, tmp_path: Path) -> None:
    world.fill(1, size_bytes=900_000, documents=3)
    right = world.bytes_of(0)
    for seed in range(20):
        chance = random.Random(seed)
        world.shelf.put(world.held[0].key, right)
        world.clock = AT
        place, stop_at = chance.randrange(len(right)), chance.randrange(len(right))
        seen: list[int] = []
        bad = bytearray(right)
        bad[place] ^= 1
        if chance.random() < 0.5:
            world.shelf.put(world.held[0].key, bytes(bad))

        world.audit(anew=True, progress=seen.append, stopping=lambda seen=seen, at=stop_at: sum(seen) >= at)
        world.shelf.put(world.held[0].key, bytes(bad))
        run = world.audit()
        assert run.state is RunState.COMPLETED
        if run.counts != {"mismatch": 1}:
            # What was read before the damage came is right; the next whole reading cannot but find it.
            assert place < stop_at
        assert world.audit(anew=True).counts == {"mismatch": 1}


def test_a_bookmark_that_is_torn_or_changed_is_believed_no_further(world: World, fast: None, tmp_path: Path) -> None:
    world.fill(1, size_bytes=400_000)
    with world.catalogue.read() as view:
        aip = view.aip(world.held[0].aip_id)
    assert aip is not None
    path = tmp_path / "x.reading"

    def read(stop_at: int, path: Path = path) -> CopyState | None:
        total = 0

        def progress(count: int) -> None:
            nonlocal total
            total += count
            if total >= stop_at:
                raise AuditStopped

        bookmark = FileBookmark(path, "x")
        try:
            return verify_copy(
                world.store, aip.object_key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256,
                progress=progress, threads=1, bookmark=bookmark,
            ).state  # fmt: skip
        except AuditStopped:
            return None
        finally:
            bookmark.close()

    assert read(300_000) is None
    noted = path.read_bytes()
    chance = random.Random(3)
    for _ in range(40):
        torn = bytearray(noted[: chance.randrange(len(noted))] if chance.random() < 0.5 else noted)
        if torn and chance.random() < 0.7:
            torn[chance.randrange(len(torn))] ^= 1 << chance.randrange(8)
        path.write_bytes(torn)
        assert read(10**9) is CopyState.OK
        path.unlink()


def test_what_a_resumed_reading_finds_wrong_is_read_once_more_before_it_is_said(
    world: World, fast: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state gone bad costs time, never a false alarm."""
    world.fill(1, size_bytes=900_000, documents=2)
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    world.audit(progress=progress, stopping=lambda: read > 600_000)
    assert list(world.folder.glob("*.reading"))
    real = bookmarks._given
    monkeypatch.setattr(bookmarks, "_given", lambda content: real(content.replace(b"1", b"2", 3)))
    assert world.audit().counts == {"ok": 1}


def test_a_damaged_package_larger_than_a_sitting_is_told_in_the_end(world: World, fast: None) -> None:
    """Both readings it takes are gone on with; else no run with such a package would ever end."""
    world.fill(1, size_bytes=900_000, documents=6)
    world.damage(0, lambda data: bytes(data[:300_000]) + b"?" + bytes(data[300_001:]))
    sittings = 0
    while (sittings := sittings + 1) < 20:
        read: list[int] = []
        run = world.audit(progress=read.append, stopping=lambda read=read: sum(read) > 500_000)
        if run.state is RunState.COMPLETED:
            break
    assert run.counts == {"mismatch": 1} and 3 <= sittings < 20
    assert not list(world.folder.glob("*.reading*"))


def test_a_full_disk_at_home_says_nothing_of_a_copy(world: World, fast: None, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill(1, size_bytes=900_000, documents=6)
    monkeypatch.setattr(bookmarks.os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "full")))
    assert Examiner(world.store, Depth.FULL, lambda _count: None, world.folder / "x").examine(_due(world)).ok
    nowhere = world.folder / "no" / "such" / "folder"
    assert Examiner(world.store, Depth.FULL, lambda _count: None, nowhere).examine(_due(world)).ok


def _due(world: World) -> Due:
    with world.catalogue.read() as view:
        (due,) = due_copies(view, "a", world.clock + timedelta(days=1))
    return due


def test_a_bookmark_about_another_object_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.reading"
    first = FileBookmark(path, "one")
    from archive.layout_reading import Taken

    first.taken(Taken(0, [(512, 10)], b"rest", 1024, False))
    first.close()
    for subject, expected in (("one", [Taken(0, [(512, 10)], b"rest", 1024, False)]), ("other", [])):
        again = FileBookmark(path, subject)
        assert list(again.earlier()) == expected
        again.close()


def test_a_deep_audit_stopped_in_a_package_reads_that_one_again(world: World, fast: None) -> None:
    world.fill(3)
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    first = world.audit(depth=Depth.DEEP, progress=progress, stopping=lambda: read > 100_000)
    second = world.audit(depth=Depth.DEEP)
    assert (first.id, second.verdict, second.counts) == (second.id, Verdict.GREEN, {"ok": 3})


def test_pace_lets_no_more_through_than_was_said_and_ends_when_told() -> None:
    clock = 0.0

    def sleep(seconds: float) -> None:
        nonlocal clock
        clock += seconds

    stop = False
    pace = Pace(1000, lambda: stop, clock=lambda: clock, sleep=sleep)
    for _ in range(50):
        pace(100)
    assert 4.0 <= clock <= 5.001 and pace.bytes_read == 5000
    clock += 3600  # a long pause gives no right to more than a second's worth
    before = clock
    for _ in range(50):
        pace(100)
    assert clock - before >= 3.9
    stop = True
    with pytest.raises(AuditStopped):
        for _ in range(10):
            pace(100)
    assert pace.stopped


def test_no_limit_never_waits() -> None:
    pace = Pace(None, lambda: False, sleep=lambda seconds: pytest.fail("waits"))
    for _ in range(10):
        pace(1 << 30)


def test_a_kept_state_gives_the_digest_of_the_whole() -> None:
    import hashlib

    if kept_sha256() is None:
        pytest.skip("this machine's C library keeps no state")
    data = bytearray(os.urandom(1_000_003))
    chance = random.Random(5)
    for _ in range(20):
        cut = chance.randrange(len(data))
        first = kept_sha256()
        assert first is not None
        first.update(memoryview(data)[:cut])
        second = kept_sha256(first.state())
        assert second is not None
        second.update(memoryview(data)[cut:])
        assert second.hexdigest() == hashlib.sha256(data).hexdigest()


def test_what_was_noted_of_a_run_that_was_given_up_is_forgotten(world: World, fast: None) -> None:
    world.fill(1, size_bytes=900_000, documents=3)
    read: list[int] = []
    world.audit(progress=read.append, stopping=lambda: sum(read) > 500_000)
    world.audit(progress=read.append, stopping=lambda: sum(read) > 900_000)
    assert list(world.folder.glob("*.reading*"))
    world.audit(anew=True, stopping=lambda: True)
    assert not list(world.folder.glob("*.reading*"))
