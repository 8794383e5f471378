"""Disks that are full, stores that are away, other processes, lost work lists: said by name, and gone on with afterwards."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from interrupted_homes import DEADLINE_SECONDS, Home, Nursery, Offers, assert_whole

from api.bootstrap import Installation
from api.submitting import carry, hand_in
from api.working import work_until
from archive.catalogue import Received
from archive.lifecycle import State
from archive.storage.directory import MARKER
from ingest.intake import BackpressureError, Intake
from ingest.unpack import QuarantineFullError
from ingest.workflow import WorkDatabaseError, WorkerRunningError, only_worker
from tests.servers.homes import sqlite_only, without_work_database

MIB = 1 << 20


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """A file system of its own with little room."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this environment mounts nothing: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that leaves no room."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(MIB // 4))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(512))
    return ballast


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def handed(installation: Installation, path: Path) -> str:
    (row,) = hand_in(installation, [path], client_key=None, received=lambda: None)
    assert row.error is None and row.submission is not None
    return row.submission.id


def state_of(installation: Installation, submission_id: str) -> State:
    with installation.catalogue.read() as reading:
        return reading.submission(submission_id).state


def test_t30_a_full_store_is_said_and_the_package_is_written_whole_once_there_is_room(
    tmp_path: Path, nursery: Nursery, offers: Offers
) -> None:
    with small_disk(tmp_path / "disk", 4 * MIB) as disk:
        stores = [tmp_path / "home" / "roomy", disk / "store"]
        home = Home.made(tmp_path / "home", nursery, offers.trust_list, stores)
        with home.opened() as installation:
            submission_id = handed(installation, offers.good(noise_bytes=MIB).path)
            ballast = fill(disk)
            problems = carry(installation, [submission_id])
            assert problems[submission_id].code == "store.full"
            assert "kho-2" in problems[submission_id].message
            assert state_of(installation, submission_id) is State.ACCEPTED
            assert list(installation.stores[1].keys()) == []
        # Also a worker that is told to do what can be done comes to an end.
        assert home.run("work")["status"] == 0
        ballast.unlink()
        with home.opened() as installation:
            until(lambda: carry(installation, [submission_id]) == {})
            assert state_of(installation, submission_id) is State.STORED
        assert_whole(home)


def test_t30_a_quarantine_that_fills_up_while_receiving_refuses_and_keeps_nothing(
    tmp_path: Path, nursery: Nursery, offers: Offers
) -> None:
    with small_disk(tmp_path / "disk", 3 * MIB) as disk:
        home = Home.made(tmp_path / "home", nursery, offers.trust_list)
        (home.folder / "quarantine").rmdir()
        (home.folder / "quarantine").symlink_to(disk / "quarantine")
        (disk / "quarantine").mkdir()
        fill(disk)
        with home.opened() as installation:
            for form in ("folder", "zip"):
                offer = offers.good("zip" if form == "zip" else "folder", noise_bytes=MIB)
                # The reserve was judged before others took the room.
                intake = replace(installation.intake(), copies=-3)
                with pytest.raises(QuarantineFullError):
                    intake.receive(offer.path)
            assert list(installation.quarantine.names()) == []
            assert home.submissions() == []


def test_t30_a_quarantine_without_room_for_the_checks_is_said_and_gone_on_with_afterwards(
    tmp_path: Path, nursery: Nursery, offers: Offers
) -> None:
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        home = Home.made(tmp_path / "home", nursery, offers.trust_list)
        (home.folder / "quarantine").rmdir()
        (home.folder / "quarantine").symlink_to(disk / "quarantine")
        (disk / "quarantine").mkdir()
        with home.opened() as installation:
            submission_id = handed(installation, offers.good("zip").path)
            ballast = fill(disk)
            problem = carry(installation, [submission_id])[submission_id]
            assert problem.code == "unpack.quarantine-full", (problem.code, problem.detail)
            assert state_of(installation, submission_id) is State.RECEIVED
            ballast.unlink()
            until(lambda: carry(installation, [submission_id]) == {})
        assert_whole(home)


def test_with_less_room_than_the_reserve_nothing_is_received(home: Home, offers: Offers) -> None:
    with home.opened() as installation:
        intake = replace(installation.intake(), reserve_bytes=1 << 62)
        with pytest.raises(BackpressureError) as raised:
            intake.receive(offers.good().path)
        assert raised.value.remedy
        assert list(installation.quarantine.names()) == []
        intake = replace(installation.intake(), waiting_at_most=1)
        intake.receive(offers.good().path)
        with pytest.raises(BackpressureError):
            intake.receive(offers.good().path)
        assert len(list(installation.quarantine.names())) == 1


@pytest.mark.parametrize("step", ["package", "store"])
def test_a_store_that_is_away_is_waited_for_and_nothing_is_half_done(home: Home, offers: Offers, step: str) -> None:
    offer = offers.good()
    answer = home.run("submit", [offer.submit], kill_at=f"ingest.steps:Steps.{step}:before")
    assert answer["status"] == -9
    with home.opened() as installation:
        (submission,) = home.submissions()
        place = installation.settings.stores[1].path
        away = place.with_name("away")
        place.rename(away)
        place.mkdir()  # the empty mount point
        problem = carry(installation, [submission.id])[submission.id]
        assert problem.code in ("store.failed", "ingest.copy-not-verified") and "kho-2" in problem.message
        assert state_of(installation, submission.id) is submission.state
        assert list(place.iterdir()) == []
        place.rmdir()
        away.rename(place)
        assert (place / MARKER).exists()
        until(lambda: carry(installation, [submission.id]) == {})
    assert_whole(home)


@pytest.mark.parametrize("step", ["check", "decide", "package", "store", "finish"])
def test_without_the_engines_database_everything_still_finishes(home: Home, offers: Offers, step: str) -> None:
    offer = offers.good()
    assert home.run("submit", [offer.submit], kill_at=f"ingest.steps:Steps.{step}:after")["status"] == -9
    without_work_database(home.folder)
    assert home.run("work")["status"] == 0
    assert [item.state for item in home.submissions()] == [State.STORED]
    assert_whole(home)


@sqlite_only
def test_an_engine_database_that_is_no_database_is_said(home: Home, offers: Offers) -> None:
    (home.folder / "work.sqlite").write_bytes(b"no database" * 1000)
    for suffix in ("-wal", "-shm"):
        (home.folder / f"work.sqlite{suffix}").unlink(missing_ok=True)
    with home.opened() as installation:
        submission_id = handed(installation, offers.good().path)
        with pytest.raises(WorkDatabaseError):
            carry(installation, [submission_id])
        assert state_of(installation, submission_id) is State.RECEIVED


@sqlite_only
def test_only_one_process_carries_and_who_waits_gets_the_result_of_the_other(home: Home, offers: Offers) -> None:
    with home.opened() as installation:
        mine, theirs = handed(installation, offers.good().path), handed(installation, offers.good().path)
        carrying = threading.Event()
        release = threading.Event()
        ended: list[tuple[str, State]] = []

        def other() -> None:
            with home.opened() as another, only_worker(another.settings.home / "work.lock"):
                carrying.set()
                release.wait()

        holder = threading.Thread(target=other)
        holder.start()
        carrying.wait()
        with pytest.raises(WorkerRunningError):
            work_until(installation, threading.Event(), once=True)
        waiter = threading.Thread(
            target=carry, args=(installation, [mine, theirs]), kwargs={"ended": lambda *item: ended.append(item)}
        )
        waiter.start()
        time.sleep(0.5)
        assert waiter.is_alive() and state_of(installation, mine) is State.RECEIVED
        # The other ends without having carried them: whoever waits takes over.
        release.set()
        holder.join()
        waiter.join(DEADLINE_SECONDS)
        assert not waiter.is_alive(), "hangs"
        assert ended == [(mine, State.STORED), (theirs, State.STORED)]
    assert_whole(home)


@sqlite_only
def test_who_waits_gets_what_a_worker_in_another_process_carried(home: Home, offers: Offers, nursery: Nursery) -> None:
    """The lock is held by a worker until a file says otherwise; the waiter never carries."""
    with home.opened() as installation:
        submission_id = handed(installation, offers.good().path)
        stop, launched = threading.Event(), threading.Event()

        def worker() -> None:
            launched.set()
            with home.opened() as another:
                while not stop.is_set():
                    # Whether the lock is held is asked by trying it, which may be in the worker's way once.
                    with suppress(WorkerRunningError):
                        work_until(another, stop)

        running = threading.Thread(target=worker)
        running.start()
        launched.wait()
        until(lambda: _held(installation.settings.home / "work.lock"))
        assert carry(installation, [submission_id]) == {}
        assert state_of(installation, submission_id) is State.STORED
        stop.set()
        running.join(DEADLINE_SECONDS)
        assert not running.is_alive(), "hangs"
    assert_whole(home)


def test_a_process_that_ends_takes_no_finding_of_its_closed_workers_into_the_records(
    home: Home, offers: Offers
) -> None:
    quick, slow = offers.damaged(), offers.long()
    with home.opened() as installation:
        left = handed(installation, slow.path)
        stop = threading.Event()

        def examined(_submission: str, _document: str) -> None:
            # The worker is told to end when it has looked into the first document, and gets there before the last.
            stop.set()
            steps.stopping.wait(60)

        steps = installation.steps(examined)
        installation.__dict__["steps"] = lambda *_: steps
        work_until(installation, stop)
    assert home.submissions()[0].state is State.RECEIVED, "the check was given up, not half recorded"
    with home.opened() as installation:
        assert carry(installation, [left, handed(installation, quick.path)]) == {}
        assert state_of(installation, left) is State.STORED
    assert_whole(home)


def test_interrupted_right_after_the_record_of_receipt_the_content_stays(home: Home, offers: Offers) -> None:
    class Interrupted(Intake):
        def _record(self, *arguments: object) -> Received:
            super()._record(*arguments)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    with home.opened() as installation:
        whole = installation.intake()
        intake = Interrupted(**{name: getattr(whole, name) for name in whole.__dataclass_fields__})
        with pytest.raises(KeyboardInterrupt):
            intake.receive(offers.good().path)
    assert home.differences() == []
    assert home.run("work")["status"] == 0
    assert [item.state for item in home.submissions()] == [State.STORED]
    assert_whole(home)


def _held(lock: Path) -> bool:
    try:
        with only_worker(lock):
            return False
    except WorkerRunningError:
        return True
