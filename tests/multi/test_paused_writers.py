"""Writers on PostgreSQL that are paused, killed or cut off: the others go on within seconds, and nothing is half written."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.fence import fenced
from archive.catalogue.postgresql import IDLE_SECONDS, create_database
from archive.catalogue.worker_model import Claim, Heartbeat
from archive.catalogue.worker_reading import heartbeats
from archive.catalogue.worker_writing import beat, forget_worker, release_claim, require_claim, take_claim
from archive.errors import CatalogueError, CatalogueUnreachableError, StaleClaimError
from archive.events import Event
from archive.ledger import verify_chain
from tests.multi.cut_line import CutLine
from tests.multi.processes import Processes, said, signalled
from tests.servers.postgresql import one_more_server, programs, running_postgresql

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from builders import accept, receive

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
AT = datetime(2026, 11, 21, tzinfo=UTC)

WRITER = """
import sys, time
from datetime import datetime, UTC
from archive.catalogue import Catalogue
from archive.errors import CatalogueError
from archive.events import Event
def note(tx, name):
    tx.append(Event.ARCHIVE_BACKUP_COMPLETED, name, actor="luutru", at=datetime.now(UTC), data={})
with Catalogue.open(sys.argv[1]) as catalogue:
    try:
        with catalogue.transaction() as tx:
            note(tx, "unfinished")
            print("inside", flush=True)
            time.sleep(float(sys.argv[2]))
            note(tx, "unfinished")
        print("committed", flush=True)
    except CatalogueError as error:
        print(error.code, flush=True)
    with catalogue.transaction() as tx:
        note(tx, "afterwards")
    print("went on", flush=True)
"""

SIGNER = """
import sys, time
from datetime import datetime, UTC
from archive.catalogue import Catalogue
from archive.catalogue.worker_model import Heartbeat
from archive.catalogue.worker_writing import beat
from archive.errors import CatalogueError
at = datetime.now(UTC)
with Catalogue.open(sys.argv[1]) as catalogue:
    with catalogue.signing() as tx:
        beat(tx, Heartbeat("one", "host", 1, at, at, 0, 0, None, ""))
    try:
        with catalogue.signing() as tx:
            beat(tx, Heartbeat("one", "host", 1, at, at, 0, 0, None, ""))
            print("inside", flush=True)
            time.sleep(0.5)
    except CatalogueError as error:
        print(error.code, flush=True)
"""


@pytest.fixture
def url() -> str:
    return running_postgresql().new_url()


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with Catalogue.open(url) as opened:
        yield opened


def note(catalogue: Catalogue, subject: str) -> None:
    with catalogue.transaction() as tx:
        tx.append(Event.ARCHIVE_BACKUP_COMPLETED, subject, actor="luutru", at=AT, data={})


def subjects(catalogue: Catalogue) -> list[str]:
    with catalogue.read() as view:
        records = view.records()
    assert verify_chain(records) is None
    return [record.subject for record in records]


def test_a_writer_paused_in_its_transaction_is_thrown_out_and_finds_out(
    catalogue: Catalogue, url: str, processes: Processes
) -> None:
    paused = processes.python(WRITER, url, 0.5)
    assert said(paused) == "inside"
    signalled(paused, signal.SIGSTOP)
    begun = time.monotonic()
    note(catalogue, "meanwhile")
    assert time.monotonic() - begun < 2 * IDLE_SECONDS  # not before some minute of waiting is over
    signalled(paused, signal.SIGCONT)
    assert (said(paused), said(paused)) == ("catalogue.unreachable", "went on")
    assert subjects(catalogue) == ["meanwhile", "afterwards"]


def test_a_writer_killed_in_its_transaction_keeps_nobody_waiting(
    catalogue: Catalogue, url: str, processes: Processes
) -> None:
    killed = processes.python(WRITER, url, 600)
    assert said(killed) == "inside"
    signalled(killed, signal.SIGKILL)
    note(catalogue, "meanwhile")
    assert subjects(catalogue) == ["meanwhile"]


def test_a_writer_cut_off_from_the_server_is_thrown_out_and_finds_out(
    catalogue: Catalogue, url: str, processes: Processes
) -> None:
    server = running_postgresql()
    with CutLine(server.port) as line:
        cut_off = processes.python(WRITER, server.url(url.split("/")[3].split("?")[0], port=line.port), 1)
        assert said(cut_off) == "inside"
        line.cut()
        note(catalogue, "meanwhile")
        line.mend()
        assert (said(cut_off), said(cut_off)) == ("catalogue.unreachable", "went on")
    assert subjects(catalogue) == ["meanwhile", "afterwards"]


def test_signs_of_life_come_through_while_a_long_transaction_is_written(catalogue: Catalogue) -> None:
    sign = Heartbeat("one", "host", 1, AT, AT, 0, 0, None, "")

    def signs() -> None:
        with catalogue.signing() as tx:
            beat(tx, sign)

    with catalogue.transaction() as tx:
        tx.append(Event.ARCHIVE_BACKUP_COMPLETED, "long", actor="luutru", at=AT, data={})
        other = threading.Thread(target=signs)
        other.start()
        other.join(IDLE_SECONDS / 2)
        assert not other.is_alive()
        with catalogue.read() as view:
            assert [item.id for item in heartbeats(view)] == ["one"]


def test_a_process_paused_in_a_sign_of_life_keeps_no_other_waiting(
    catalogue: Catalogue, url: str, processes: Processes
) -> None:
    paused = processes.python(SIGNER, url)
    assert said(paused) == "inside"
    signalled(paused, signal.SIGSTOP)
    forgotten = threading.Thread(target=forget, args=(catalogue,), daemon=True)
    forgotten.start()
    forgotten.join(4 * IDLE_SECONDS)
    assert not forgotten.is_alive()
    with catalogue.read() as view:
        assert heartbeats(view) == []
    signalled(paused, signal.SIGCONT)
    assert said(paused) == "catalogue.unreachable"


def forget(catalogue: Catalogue) -> None:
    with catalogue.signing() as tx:
        forget_worker(tx, "one")


def test_a_server_that_was_restarted_is_met_again_without_a_word() -> None:
    with one_more_server() as server, Catalogue.open(server.new_url()) as catalogue:
        note(catalogue, "before")
        for number in (signal.SIGINT, signal.SIGKILL):
            server.end(number)
            server.start()
            note(catalogue, "after")
        server.end()
        with pytest.raises(CatalogueUnreachableError):
            subjects(catalogue)
        server.start()
        assert subjects(catalogue) == ["before", "after", "after"]


def test_a_server_that_is_away_when_the_archive_opens_is_a_typed_error() -> None:
    with pytest.raises(CatalogueError) as error:
        Catalogue.open("postgresql://luutru@127.0.0.1:9/nowhere?connect_timeout=2")
    assert error.value.code == "catalogue.unreachable" and error.value.remedy


def test_a_database_is_made_when_it_is_missing_and_left_alone_when_it_is_there() -> None:
    url = running_postgresql().url("made_by_us")
    assert (create_database(url), create_database(url)) == (True, False)
    with Catalogue.open(url) as catalogue:
        note(catalogue, "Hồ sơ đê điều")
        assert subjects(catalogue) == ["Hồ sơ đê điều"]


def test_a_claim_that_was_taken_over_fences_every_transaction_of_its_thread(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        submission = receive(tx, 1)
    first, second = Claim(submission.id, "one", 3), Claim(submission.id, "two", 4)
    with catalogue.transaction() as tx:
        take_claim(tx, first)
        take_claim(tx, first)  # the same again is no other
    with fenced(lambda tx: require_claim(tx, first)), catalogue.transaction() as tx:
        accept(tx, submission)
    with catalogue.transaction() as tx:
        take_claim(tx, second)
    moved: list[str] = []

    def move() -> None:
        with catalogue.transaction() as tx:
            tx.append(Event.AIP_FIXITY_VERIFIED, submission.id, actor="luutru", at=AT, data={})
            moved.append(submission.id)

    with fenced(lambda tx: require_claim(tx, first)), pytest.raises(StaleClaimError):
        move()
    for stale in (first, Claim(submission.id, "three", 4), Claim(submission.id, "three", 2)):
        with pytest.raises(StaleClaimError), catalogue.transaction() as tx:
            take_claim(tx, stale)
    with catalogue.transaction() as tx:
        release_claim(tx, first)  # not its own any more: nothing happens
        require_claim(tx, second)
        release_claim(tx, second)
    with fenced(lambda tx: require_claim(tx, second)), pytest.raises(StaleClaimError):
        move()
    assert moved == []
    move()


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_one_writer_at_a_time_and_nobody_is_lost(
    catalogue: Catalogue, url: str, processes: Processes, seconds: float
) -> None:
    writers = [processes.python(WRITER, url, seconds) for _ in range(4)]
    assert [(said(w), said(w), said(w)) for w in writers] == [("inside", "committed", "went on")] * 4
    assert sorted(subjects(catalogue)) == ["afterwards"] * 4 + ["unfinished"] * 8
