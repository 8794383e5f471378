"""Stopped at any instruction, away, full, twice at once, with a clock set back: what is acknowledged is in the stores."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import last_checkpoint, shipments
from archive.catalogue.ledger_reading import LedgerReading
from archive.checkpoints.differences import checkpoint_differences
from archive.checkpoints.errors import LedgerNotCopiedError
from archive.checkpoints.ledger_copies import LedgerCopies
from archive.checkpoints.sealing import seal
from archive.checkpoints.shipping import ship
from archive.checkpoints.statement import Kind
from archive.checkpoints.thinning import thin
from archive.errors import StoreError, StoreFullError
from archive.storage.directory import DirectoryStore
from archive.storage.memory import MemoryStore
from archive.storage.store import Store
from tests.catalogue.builders import AT, stored_package
from tests.checkpoints.sealed_archive import ARCHIVE, SealedArchive


class Stopped(BaseException):
    """The end of the process, as far as the code under test can tell."""


class Clockwork:
    """Counts every call to the world, and ends everything at the one it was set to."""

    def __init__(self, stop_at: int) -> None:
        self.left = stop_at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped


class SteppedStore:
    """A store each of whose calls is a step."""

    def __init__(self, store: Any, clockwork: Clockwork) -> None:
        self._store = store
        self._clockwork = clockwork

    def __getattr__(self, name: str) -> Any:
        self._clockwork.step()
        return getattr(self._store, name)


class SteppedCatalogue:
    """A catalogue that can end before a transaction, before its commit, and right behind it."""

    def __init__(self, catalogue: Catalogue, clockwork: Clockwork) -> None:
        self._catalogue = catalogue
        self._clockwork = clockwork

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self._clockwork.step()
        with self._catalogue.transaction() as tx:
            yield tx
            self._clockwork.step()
        self._clockwork.step()

    @contextmanager
    def read(self) -> Iterator[LedgerReading]:
        self._clockwork.step()
        with self._catalogue.read() as view:
            yield view


def differences(archive: SealedArchive) -> list[Any]:
    with archive.catalogue.read() as view:
        return list(checkpoint_differences(view, archive.stores, archive.public))


@pytest.mark.parametrize("kind", list(Kind))
def test_stopped_at_every_step_the_next_sealing_completes_it(
    catalogue: Catalogue, key: Any, tmp_path: Path, kind: Kind
) -> None:
    stores: list[Store] = [MemoryStore("a"), MemoryStore("b")]
    archive = SealedArchive(catalogue, stores, key, tmp_path)
    archive.seal()
    step, stopped = 0, True
    while stopped:
        step += 1
        clockwork = Clockwork(step)
        archive.take_in()
        stepped = [SteppedStore(store, clockwork) for store in stores]
        archive.at += timedelta(minutes=5)
        try:
            seal(
                SteppedCatalogue(catalogue, clockwork),  # type: ignore[arg-type]
                stepped,  # type: ignore[arg-type]
                key,
                ARCHIVE,
                now=archive.at,
                kind=kind,
            )
            stopped = False
        except Stopped:
            pass
        # The next process comes when the turn of the one that ended is over.
        archive.at += timedelta(minutes=5)
        archive.seal()
        archive.ship()
        if step % 6 == 0:
            archive.require_sealed()
    assert step > 20
    archive.require_sealed()
    thin(archive.catalogue, archive.stores)
    assert differences(archive) == []


PROGRAM = """
import sys
from datetime import timedelta
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from archive.catalogue import Catalogue
from archive.checkpoints.ledger_copies import LedgerCopies
from archive.signing import ArchiveKey
from archive.storage.directory import DirectoryStore
from tests.catalogue.builders import AT, stored_package
from tests.checkpoints.sealed_archive import ARCHIVE
folder, number = Path(sys.argv[2]), int(sys.argv[3])
catalogue = Catalogue.open(sys.argv[1])
stores = [DirectoryStore(name, folder / name) for name in ("kho-1", "kho-2")]
at = AT + timedelta(hours=number)
copies = LedgerCopies(
    catalogue, lambda: stores, ArchiveKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32)), ARCHIVE, now=lambda: at
)
print("ready", flush=True)
while True:
    number += 1
    submission = stored_package(catalogue, number, stores=("kho-1", "kho-2"))
    copies.ensure(submission.last_seq)
    print(submission.last_seq, submission.id, flush=True)
"""


def test_killed_at_random_what_was_acknowledged_is_in_every_store(
    url: str, catalogue: Catalogue, key: Any, tmp_path: Path
) -> None:
    stores: list[Store] = [DirectoryStore.initialise(name, tmp_path / "s" / name) for name in ("kho-1", "kho-2")]
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    for turn in range(1, 6):
        root = Path(__file__).parents[2]
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, str(tmp_path / "s"), str(turn * 1000)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.6))
        process.send_signal(signal.SIGKILL)
        acknowledged = [line.split() for line in process.stdout.read().splitlines() if line.count(" ") == 1]
        process.stdout.close()
        process.wait()
        archive = SealedArchive(catalogue, stores, key, tmp_path, at=AT + timedelta(hours=turn * 1000, minutes=5))
        for store in stores:
            store.sweep()
            _, bodies, rows = archive.read_from(store)
            states = {row.key[0]: row.row["state"] for row in rows if row.table == "submissions" and row.row}
            for seq, submission_id in acknowledged:
                assert len(bodies) >= int(seq), f"seed {seed}"
                assert states[submission_id] == "stored", f"seed {seed}"
    archive.seal()
    archive.ship()
    archive.require_sealed()
    assert differences(archive) == [], f"seed {seed}"


def copies_of(archive: SealedArchive, stores: list[Any], **more: Any) -> LedgerCopies:
    return LedgerCopies(archive.catalogue, lambda: stores, archive.key, ARCHIVE, now=lambda: AT, **more)


def test_many_callers_share_few_checkpoints(sealed: SealedArchive) -> None:
    copies = copies_of(sealed, sealed.stores)
    failed: list[BaseException] = []

    def take_in(number: int) -> None:
        try:
            copies.ensure(stored_package(sealed.catalogue, number, stores=("kho-1", "kho-2")).last_seq)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=take_in, args=(number,)) for number in range(1, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    sealed.require_sealed()
    with sealed.catalogue.read() as view:
        last = last_checkpoint(view)
    assert last is not None and last.number < 24


def test_two_sealers_at_once_make_one_chain(sealed: SealedArchive, url: str) -> None:
    failed: list[BaseException] = []

    def work(first: int) -> None:
        try:
            with Catalogue.open(url) as own:
                copies = LedgerCopies(own, lambda: sealed.stores, sealed.key, ARCHIVE, now=lambda: AT)
                for number in range(first, first + 6):
                    copies.ensure(stored_package(own, number, stores=("kho-1", "kho-2")).last_seq)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, args=(first,)) for first in (1, 101, 201)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    sealed.ship()
    sealed.require_sealed()
    assert [item for item in differences(sealed) if item.code != "checkpoint.part.extra"] == []


class Away:
    """A store that can be taken away and brought back."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.error: StoreError | None = None

    def __getattr__(self, name: str) -> Any:
        if self.error is not None and name != "name":
            raise self.error
        return getattr(self.store, name)


@pytest.mark.parametrize("error", [StoreError("Không thấy kho."), StoreFullError("Kho đầy.")])
def test_no_receipt_while_a_required_store_is_away_and_one_as_soon_as_it_is_back(
    sealed: SealedArchive, error: StoreError
) -> None:
    here, away = sealed.stores[0], Away(sealed.stores[1])
    copies = copies_of(sealed, [here, away], patience_seconds=1.0)
    away.error = error
    last = 0
    for number in (1, 2):
        last = stored_package(sealed.catalogue, number, stores=("kho-1", "kho-2")).last_seq
        with pytest.raises(LedgerNotCopiedError):
            copies.ensure(last)
    sealed.require_sealed(here)
    away.error = None
    copies.ensure(last)
    sealed.require_sealed()


def test_a_clock_set_back_keeps_nobody_from_sealing(sealed: SealedArchive) -> None:
    sealed.take_in()
    sealed.at = AT + timedelta(days=365)
    assert sealed.seal() is not None
    sealed.take_in()
    sealed.at = AT - timedelta(days=365)
    assert sealed.seal() is not None
    sealed.require_sealed()
    assert differences(sealed) == []


def test_what_newer_checkpoints_hold_again_is_let_go_of_and_everything_is_still_told(sealed: SealedArchive) -> None:
    for kind in (Kind.NEWS, Kind.NEWS, Kind.DAY, Kind.FULL, Kind.NEWS, Kind.FULL, Kind.NEWS, Kind.FULL, Kind.NEWS):
        sealed.take_in()
        sealed.seal(kind)
    before = len(list(sealed.stores[0].keys()))
    assert thin(sealed.catalogue, sealed.stores) > 0
    assert thin(sealed.catalogue, sealed.stores) == 0
    assert len(list(sealed.stores[0].keys())) < before
    sealed.require_sealed()
    assert differences(sealed) == []
    late = MemoryStore("mới")
    with sealed.catalogue.read() as view:
        newest = last_checkpoint(view)
    (done,) = ship(sealed.catalogue, [late], newest, at=AT, sources=sealed.stores)
    assert done.error is None
    sealed.require_sealed(late)
    with sealed.catalogue.read() as view:
        assert shipments(view)["mới"].number == 9
