"""What cannot be recorded is not given out; and nobody's failing takes another's record with it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from api.bootstrap import now
from api.http.access_journal import Access, AccessJournal
from archive.errors import CatalogueError
from archive.events import Event
from tests.security.conftest import Arena, wired
from tests.servers.homes import sqlite_only


def content(arena: Arena) -> str:
    return f"/records/{arena.world.of('own', 'open').aip_id}/documents/1/content"


@pytest.fixture
def hurried(own_arena: Arena) -> Iterator[Arena]:
    """A catalogue that waits for the writer for a tenth of a second."""
    engine = own_arena.installation.catalogue._engine

    def impatient(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA busy_timeout = 100")

    event.listen(engine, "engine_connect", impatient)
    yield own_arena
    event.remove(engine, "engine_connect", impatient)


@sqlite_only
def test_while_the_ledger_takes_no_records_nothing_is_given_out(hurried: Arena) -> None:
    before = hurried.ledger_end()
    locked = sqlite3.connect(hurried.installation.settings.home / "catalogue.sqlite", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    held = hurried.world.of("own", "open")
    try:
        for path in (
            content(hurried),
            f"/records/{held.aip_id}",
            f"/records/{held.aip_id}/package",
            f"/records/{held.aip_id}/zip",
            f"/records/{held.aip_id}/documents/1/text",
            f"/records/{held.aip_id}/documents/1/thumbnail",
            f"/submissions/{held.submission_id}",
            f"/records/{hurried.world.of('own', 'restricted').aip_id}/documents/1/content",
        ):
            answer = hurried.ask("auditor", "GET", path)
            assert (answer.status_code, answer.json()["code"]) == (503, "catalogue.busy"), path
            assert answer.headers["retry-after"]
    finally:
        locked.execute("ROLLBACK")
        locked.close()
    assert hurried.ledger_end() == before
    assert hurried.ask("auditor", "GET", content(hurried)).status_code == 200


@sqlite_only
def test_on_a_full_disk_there_are_as_many_answers_as_records(own_arena: Arena) -> None:
    engine = own_arena.installation.catalogue._engine

    def full(connection: Connection) -> None:
        # Not less than there are: no page more.
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    before = own_arena.ledger_end()
    event.listen(engine, "begin", full)
    answers = [own_arena.ask("auditor", "GET", content(own_arena)) for _ in range(40)]
    event.remove(engine, "begin", full)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 503} and 503 in statuses
    assert all(answer.json()["code"] == "catalogue.failed" for answer in answers if answer.status_code == 503)
    with sqlite3.connect(own_arena.installation.settings.home / "catalogue.sqlite") as connection:
        connection.execute("PRAGMA max_page_count = 1073741823")
    records = [item for item in own_arena.ledger(before)]
    assert [item.event for item in records] == [Event.DOCUMENT_COPY_DELIVERED] * statuses.count(200)


def test_who_hangs_up_before_the_bytes_come_is_recorded_all_the_same(arena: Arena) -> None:
    before = arena.ledger_end()
    with wired(arena.app, arena.installation) as wire:
        token = f"Authorization: Bearer {arena.world.tokens['auditor']}"
        lines = [f"GET /api/v1{content(arena)} HTTP/1.1", "Host: a", token, "X-Request-ID: treo-may-0001", "", ""]
        wire.say("\r\n".join(lines).encode(), hang_up=True)
        # The next one is answered after it.
        assert b" 200 " in wire.ask(f"GET /api/v1{content(arena)}", token)
    records = arena.ledger(before)
    assert Event.DOCUMENT_COPY_DELIVERED in {record.event for record in records}


def test_one_access_that_cannot_be_written_takes_no_other_with_it(own_arena: Arena) -> None:
    """Three at once share one commit; the second holds what canonical JSON has no form for."""
    journal = AccessJournal(own_arena.installation.catalogue, now)
    outcome: dict[str, str] = {}

    def access(name: str, data: dict[str, Any]) -> None:
        try:
            journal.record_all([Access(Event.RECORD_DESCRIPTION_SHOWN, name, "kiem-thu", data, now())])
            outcome[name] = "written"
        except (ValueError, TypeError):
            outcome[name] = "refused"

    # While this one holds the catalogue, the others gather.
    with own_arena.installation.catalogue.transaction():
        first = threading.Thread(target=access, args=("zq-0", {}))
        first.start()
        threads = [
            threading.Thread(target=access, args=(name, data))
            for name, data in (("zq-1", {"n": 1}), ("zq-2", {"n": {1.5}}), ("zq-3", {"n": 3}))
        ]
        for thread in threads:
            thread.start()
        # The first may have taken some of them along: then they share its commit, which shows the same.
        for _ in range(200):
            if journal._queue.qsize() >= 3:
                break
            time.sleep(0.01)
    for thread in (first, *threads):
        thread.join()
    journal.close()
    assert outcome == {"zq-0": "written", "zq-1": "written", "zq-2": "refused", "zq-3": "written"}
    subjects = [record.subject for record in own_arena.ledger() if record.subject.startswith("zq-")]
    assert sorted(subjects) == ["zq-0", "zq-1", "zq-3"]


def test_behind_the_end_of_the_journal_nobody_waits_for_ever(own_arena: Arena) -> None:
    journal = AccessJournal(own_arena.installation.catalogue, now)
    ended: list[str] = []

    def access(number: int) -> None:
        try:
            journal.record(Event.RECORD_DESCRIPTION_SHOWN, f"zq-{number}", actor="kiem-thu")
            ended.append("written")
        except CatalogueError:
            ended.append("refused")

    threads = [threading.Thread(target=access, args=(number,)) for number in range(40)]
    for number, thread in enumerate(threads):
        thread.start()
        if number == 20:
            journal.close()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 40 and "refused" in ended


def test_an_invisible_purpose_is_none_and_the_one_stated_for_a_dip_is_kept(arena: Arena) -> None:
    held = arena.world.of("own", "conditional")
    path = f"/records/{held.aip_id}/documents/1/content"
    for purpose in ("", " ", "\u200b", "\u2060\u00ad", "...", "-", "\t\n", "\x00", "\u202e"):
        answer = arena.ask("archivist", "GET", path, params={"purpose": purpose})
        assert (answer.status_code, answer.json()["code"]) == (403, "access.purpose.missing"), repr(purpose)
        body = {"request_id": "1", "purpose": "02", "purpose_content": purpose}
        answer = arena.ask("archivist", "POST", f"/records/{held.aip_id}/dip", json=body)
        assert answer.status_code in (403, 422), repr(purpose)
    before = arena.ledger_end()
    body = {"request_id": "1", "purpose": "02", "purpose_content": "Xác minh quá trình công tác"}
    assert arena.ask("archivist", "POST", f"/records/{held.aip_id}/dip", json=body).status_code == 200
    record = arena.ledger(before)[-1]
    assert record.event == Event.DIP_COPY_DELIVERED and record.data["purpose"] == "Xác minh quá trình công tác"
