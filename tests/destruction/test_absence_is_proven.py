"""A certificate exists only when somebody else looked everywhere and found nothing; a leftover in any place is found."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.destruction_places import marker_file
from api.proving_absence import finish_proof, prove_absence
from archive.absence.certificate import AbsenceUnprovenError
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.destruction_reading import certificate, last_absence_run, tombstone
from archive.catalogue.destruction_writing import OwnWorkError
from archive.catalogue.disposal_tables import round_papers
from archive.catalogue.file_reading import file
from archive.catalogue.tables import aips
from archive.fsck.everything import Holdings, fsck
from archive.retention.file_state import FileState
from archive.signing import signature_holds
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, paper_row
from tests.destruction.whole_archive import WholeArchive, leave_traces, whole_archive

ACTOR = "account:verifier"


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeArchive]:
    """An archive in which everything was destroyed and nobody has looked yet."""
    folder = tmp_path_factory.mktemp("ended")
    before, tempfile.tempdir = tempfile.tempdir, str(_made(folder / "system-tmp"))
    try:
        with whole_archive(folder) as made:
            made.work.mark()
            leave_traces(made)
            made.begin()
            progress = made.go_on()
            assert progress.settled, progress
            yield made
    finally:
        tempfile.tempdir = before


def test_from_traces_in_every_place_to_the_certificate(archive: WholeArchive) -> None:
    archive.work.mark()
    leave_traces(archive)
    archive.begin()
    assert archive.go_on().settled
    proof = prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    assert proof.run.report is not None
    assert proof.run.verdict is AbsenceVerdict.ABSENT, proof.run.report
    assert proof.completed == 2 and proof.certificate is not None
    assert not marker_file(archive.installation, ROUND_ID).path.exists()
    statement: Any = proof.certificate["statement"]
    assert statement["files"] == 2 and statement["run"]["executor_id"] == EXECUTOR
    assert {item["place"] for item in statement["looked_at"]} >= {"home", "store:kho-1", "store:kho-2", "temporary"}
    assert all(item["not_done"] for item in statement["media"]), "no claim without an act"
    with archive.installation.catalogue.read() as view:
        assert certificate(view, ROUND_ID) == proof.certificate
        for held in archive.work.destroyed:
            laid, account = tombstone(view, archive.work.file_id(held)), file(view, archive.work.file_id(held))
            assert laid is not None and laid.destroyed
            assert account is not None and account.state is FileState.DESTROYED
    assert [item.code for item in fsck(archive.installation.catalogue, archive.work.stores, Holdings())] == []
    again = finish_proof(archive.installation, ROUND_ID, actor=ACTOR)
    assert again == (0, proof.certificate)


def test_nobody_proves_his_own_work(ended: WholeArchive) -> None:
    with pytest.raises(IntegrityError):
        prove_absence(ended.installation, ROUND_ID, verifier_id=EXECUTOR, executor_id=EXECUTOR, actor=ACTOR)


def test_who_destroyed_proves_nothing_whoever_he_says_did_it(ended: WholeArchive) -> None:
    with pytest.raises(OwnWorkError):
        prove_absence(ended.installation, ROUND_ID, verifier_id=EXECUTOR, executor_id="3" * 32, actor=ACTOR)
    with ended.installation.catalogue.read() as view:
        last = last_absence_run(view, ROUND_ID)
    assert last is None or last.verifier_id == VERIFIER


def test_without_a_run_there_is_no_certificate(ended: WholeArchive) -> None:
    with pytest.raises(AbsenceUnprovenError):
        finish_proof(ended.installation, "0" * 32, actor=ACTOR)


def test_what_is_still_due_somewhere_is_not_proven(archive: WholeArchive) -> None:
    archive.begin()
    run = archive.look(1)
    assert run.verdict in (AbsenceVerdict.FOUND, AbsenceVerdict.NOT_PROVEN)
    with pytest.raises(AbsenceUnprovenError):
        finish_proof(archive.installation, ROUND_ID, actor=ACTOR)


Plant = Callable[[WholeArchive], Callable[[], None]]


def _file(relative: str, what: str) -> Plant:
    """A file under the folder of everything that belongs to the archive."""

    def plant(archive: WholeArchive) -> Callable[[], None]:
        held = archive.held
        names = {"id": held.aip_id, "submission": held.submission_id}
        path = archive.home.parent / relative.format(**names)
        data = {
            "content": b"x" * 777 + archive.marker + b"y" * 10,
            "title": f"… «{archive.title}» …".encode(),
            "escaped": json.dumps({"name": archive.title}).encode("ascii"),
            "name": b"nothing inside",
        }[what]
        made = [parent for parent in path.parents if not parent.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        path.write_bytes((before or b"") + data)

        def remove() -> None:
            path.chmod(0o600)
            if before is not None:
                path.write_bytes(before)
            else:
                path.unlink()
            for parent in made:
                parent.rmdir()

        return remove

    return plant


def _freed_page(database: str) -> Plant:
    """A row that was deleted and lies on in a free page."""

    def plant(archive: WholeArchive) -> Callable[[], None]:
        path = archive.home / database

        def run(*statements: str, values: tuple[object, ...] = ()) -> None:
            connection = sqlite3.connect(path, isolation_level=None)
            for statement in statements:
                connection.execute(statement, values if "?" in statement else ())
            connection.close()

        run("CREATE TABLE leftover (x)", "INSERT INTO leftover VALUES (?)", values=(archive.title,))
        run("PRAGMA secure_delete = OFF", "DELETE FROM leftover", "DROP TABLE leftover")
        return lambda: run("PRAGMA secure_delete = ON", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")

    return plant


def _row(archive: WholeArchive) -> Callable[[], None]:
    """A row that quotes the title, of a table nobody asked."""
    connection = sqlite3.connect(archive.home / "catalogue.sqlite", isolation_level=None)
    connection.execute("UPDATE accounts SET name = ? WHERE id = ?", (f"Lan {archive.title}", VERIFIER))

    def remove() -> None:
        connection.execute("UPDATE accounts SET name = 'Trần Thị Lan' WHERE id = ?", (VERIFIER,))
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return remove


LEFTOVERS: dict[str, tuple[str, Plant]] = {
    "an object under its own key": ("store:kho-1", _file("kho-1/aip/00/{id}.tar", "name")),
    "a sealed object": ("store:kho-2", _file("kho-2/aip/00/{id}.tar.age", "name")),
    "something put aside": ("store:kho-2", _file("kho-2/.aside/20260101T000000.000000Z~ab~aip~00~{id}.tar", "name")),
    "unfinished writing": ("store:kho-1", _file("kho-1/.writing/0123abcd", "content")),
    "old rows": ("store:kho-1", _file("kho-1/rows/0000000001-full-0123456789abcdef.jsonl", "title")),
    "a backup set": ("store:kho-2", _file("kho-2/backup/20260101-full/metadata.xml", "title")),
    "a report in a store": ("store:kho-1", _file("kho-1/audit/run.json", "title")),
    "a shared arrival": ("store:kho-1", _file("kho-1/inbox/{submission}/slot.tar", "name")),
    "an object of nobody": ("store:kho-1", _file("kho-1/aip/ff/ffffffff-0000-4000-8000-000000000000.tar", "content")),
    "a foreign file": ("store:kho-2", _file("kho-2/ghi chú", "content")),
    "quarantine by its name": ("home", _file("kho/quarantine/{submission}/checks/reports.json", "name")),
    "quarantine of nobody": ("home", _file("kho/quarantine/abc/objects/000001", "content")),
    "a picture": ("home", _file("kho/pictures/00/x.webp", "content")),
    "an upload": ("home", _file("kho/uploads/u9/upload.json", "title")),
    "an upload, escaped": ("home", _file("kho/uploads/u9/upload.json", "escaped")),
    "a scratch folder": ("home", _file("kho/tmp/x/page-1", "content")),
    "a log": ("home", _file("kho/luutru.log.1", "title")),
    "what the index refused": ("home", _file("kho/index-refusals.jsonl", "title")),
    "data of an index that was": ("home", _file("kho/elasticsearch.old/indices/x/0/index/_0.cfs", "content")),
    "the log of writes of the database": ("home", _file("kho/catalogue.sqlite-journal", "title")),
    "a free page of the catalogue": ("home", _freed_page("catalogue.sqlite")),
    "a row of the catalogue": ("home", _row),
    "the engine's own database": ("home", _file("kho/work.sqlite", "title")),
    "a rehearsal's leftovers": ("home", _file("kho/tmp/drill-1/catalogue.sqlite", "title")),
    "a place of keys": ("home", _file("kho/keys/ho-so-1/stray", "content")),
    "a place named besides": ("also:", _file("nhật ký dịch vụ/journal", "title")),
    "the system's temporary files": ("temporary", _file("system-tmp/luutru-seal-abc/rows.jsonl", "title")),
}
"""Place by place, each way in which something can have been left."""


def test_nothing_is_found_where_nothing_was_left(ended: WholeArchive) -> None:
    run = ended.look(1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report


@pytest.mark.parametrize("leftover", LEFTOVERS)
def test_a_leftover_is_found_in(ended: WholeArchive, leftover: str) -> None:
    """T18: whatever copy survived, wherever it lies."""
    place, plant = LEFTOVERS[leftover]
    remove = plant(ended)
    try:
        run = ended.look(100 + list(LEFTOVERS).index(leftover))
    finally:
        remove()
    assert run.verdict is AbsenceVerdict.FOUND, run.report
    assert run.report is not None
    found = run.report["found"]["traces"]
    assert found and all(str(item["place"]).startswith(place) for item in found), found


def test_a_place_that_cannot_be_looked_at_is_not_proven(ended: WholeArchive) -> None:
    away = ended.home.parent / "kho-2"
    away.rename(away.with_name("kho-2.away"))
    try:
        run = ended.look(2)
    finally:
        away.with_name("kho-2.away").rename(away)
    assert run.verdict is AbsenceVerdict.NOT_PROVEN
    assert run.report is not None and "store:kho-2" in run.report["not_looked"]


def test_the_same_title_of_a_kept_hoso_is_lawful_and_named_so(ended: WholeArchive) -> None:
    kept = ended.work.kept[0]
    connection = sqlite3.connect(ended.home / "catalogue.sqlite", isolation_level=None)
    (before,) = connection.execute("SELECT title FROM aips WHERE id = ?", (kept.aip_id,)).fetchone()
    connection.execute("UPDATE aips SET title = ? WHERE id = ?", (ended.title, kept.aip_id))
    try:
        run = ended.look(3)
    finally:
        connection.execute("UPDATE aips SET title = ? WHERE id = ?", (before, kept.aip_id))
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    assert run.report is not None
    assert run.verdict is AbsenceVerdict.ABSENT, run.report["found"]
    assert run.report["lawful_elsewhere"]["count"] >= 1


def test_what_several_destroyed_hoso_were_called_is_a_trace_of_each_of_them(archive: WholeArchive) -> None:
    first, second = archive.work.destroyed[:2]
    with archive.installation.catalogue.transaction() as tx:
        (row,) = tx.rows(select(aips.c.title).where(aips.c.id == first.aip_id))
        tx.rows(update(aips).where(aips.c.id == second.aip_id).values(title=row.title))
    archive.work.mark()
    archive.begin()
    assert archive.go_on().settled
    (archive.home / "stray").write_text(f"còn ghi: {row.title}", encoding="utf-8")
    run = archive.look(7)
    assert run.report is not None and run.verdict is AbsenceVerdict.FOUND
    assert set(run.report["found"]["files"]) == {archive.work.file_id(first), archive.work.file_id(second)}


@pytest.mark.parametrize("put", ["attached", "other bytes", "other key"])
def test_what_signed_papers_share_with_records_is_lawful_in_papers_that_are_on_record(
    ended: WholeArchive, put: str
) -> None:
    """The certificate of who signed both stands in both. A paper nobody attached is a foreign object, and so are other
    bytes where an attached one should lie."""
    key = f"disposal/{ROUND_ID}/decision-0123456789abcdef.pdf"
    remove = _file(f"kho-1/{key}", "content")(ended)
    there = hashlib.sha256((ended.home.parent / "kho-1" / key).read_bytes()).hexdigest()
    row = paper_row(f"{key}.other" if put == "other key" else key, "0" * 64 if put == "other bytes" else there)
    with ended.installation.catalogue.transaction() as tx:
        tx.rows(insert(round_papers).values(row))
    try:
        run = ended.look({"attached": 4, "other bytes": 5, "other key": 6}[put])
    finally:
        remove()
        with ended.installation.catalogue.transaction() as tx:
            tx.rows(delete(round_papers).where(round_papers.c.ordinal == row["ordinal"]))
    assert run.report is not None
    lawful = put == "attached"
    assert run.verdict is (AbsenceVerdict.ABSENT if lawful else AbsenceVerdict.FOUND), run.report["found"]
    assert (run.report["lawful_elsewhere"]["count"] >= 1) is lawful


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_a_certificate_is_signed_by_the_archive(archive: WholeArchive) -> None:
    archive.begin()
    assert archive.go_on().settled
    proof = prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    assert proof.certificate is not None
    assert signature_holds(proof.certificate, archive.installation.key.private.public_key())
