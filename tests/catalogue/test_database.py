"""The database's own part: tables and their history, the guards of the ledger, durability, many processes."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import archive.catalogue.migrations
from archive.catalogue import Catalogue, Description, Receipt
from archive.catalogue.database import open_engine, reading, translated, writing
from archive.catalogue.tables import metadata
from archive.catalogue.versions import NEWEST, upgrade
from archive.errors import CatalogueError, CatalogueVersionError, LedgerBrokenError
from archive.ledger import verify_chain
from archive.lifecycle import State
from tests.servers.postgresql import running_postgresql

sys.path.insert(0, str(Path(__file__).parent))
from builders import ACTOR, AT, receive, stored_package

HERE = Path(__file__).parent


def test_the_newest_version_is_the_last_migration() -> None:
    (folder,) = archive.catalogue.migrations.__path__
    assert ScriptDirectory(folder).get_heads() == [NEWEST]


def test_the_migrations_lead_to_the_tables_of_this_version(catalogue: Catalogue, url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_opening_again_finds_everything(catalogue: Catalogue, url: str) -> None:
    submission = stored_package(catalogue)
    with Catalogue.open(url) as again, again.read() as view:
        assert view.submission(submission.id) == submission


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_older_catalogue_is_brought_to_ours_with_all_it_holds(
    catalogue: Catalogue, url: str, new_url: Callable[[], str], version: str
) -> None:
    kept = [stored_package(catalogue, number) for number in (1, 2)]
    with catalogue.transaction() as tx:
        tx.describe(kept[0].id, Description("H01.02", "Sở Nội vụ", "H01.2026.07", "Hồ sơ đê điều"))
        kept.append(receive(tx, 3, client_key="lần 1"))
        tx.record_report(kept[0].id, "bag", {"answer": "passed"})
        seq, digest = tx.ledger_end() or (0, "")
        tx.issue_receipt(Receipt(kept[0].id, seq, digest, AT, {"số": 1}), actor=ACTOR)
        kept[0] = tx.submission(kept[0].id)
    before = new_url()
    copied_to_version(url, before, version)
    with Catalogue.open(before) as again:
        with again.read() as view:
            assert sorted(view.submissions_in(), key=lambda item: item.id) == kept
            assert verify_chain(view.records()) is None
            for aip in view.aips():
                assert aip.layout_sha256 is None
                assert len(list(view.documents(aip.id))) == aip.document_count == 3
                assert len(view.copies(aip.id)) == 2
            assert view.reports(kept[0].id) == {"bag": {"answer": "passed"}}
            assert view.receipt(kept[0].id) is not None
            assert view.submission_of_client("lần 1") == kept[2]
            assert [item.id for item in view.submissions_listed(owned_by="H01.02")] == [kept[0].id]
        with again.transaction() as tx:
            theirs = receive(tx, 4, client_key="lần 1", owner="H01.02")
        assert (theirs.registration_number, theirs.owner) == ("NL-2026-000004", "H01.02")
        with pytest.raises(IntegrityError), again.transaction() as tx:
            tx.record_report("f" * 32, "bag", {"answer": "passed"})
    engine = open_engine(before)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def copied_to_version(source: str, target: str, version: str) -> None:
    """Everything in ``source`` that the tables of an older version can hold, in a new database of that version."""
    here, there = open_engine(source), open_engine(target)
    with here.connect() as old, writing(there) as new:
        upgrade(new, version)
        known = MetaData()
        known.reflect(new)
        for table in known.sorted_tables:
            if table.name != "alembic_version":
                columns = [metadata.tables[table.name].c[column.name] for column in table.columns]
                rows = [row._asdict() for row in old.execute(select(*columns).order_by(*columns[:1]))]
                if rows:
                    typed = metadata.tables[table.name]
                    new.execute(insert(typed).values({name: bindparam(name) for name in rows[0]}), rows)
    here.dispose()
    there.dispose()


def test_a_newer_catalogue_is_not_touched(catalogue: Catalogue, url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogueVersionError):
        Catalogue.open(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = 'x' WHERE seq = 1",
        "UPDATE ledger SET event = event",
        "DELETE FROM ledger WHERE seq = 5",
        "DELETE FROM ledger",
        "INSERT INTO ledger (seq, event, subject, hash, body) VALUES (7, 'a', 'b', 'c', 'd')",
        "INSERT INTO ledger (seq, event, subject, hash, body) VALUES (0, 'a', 'b', 'c', 'd')",
        "INSERT INTO ledger (seq, event, subject, hash, body) VALUES (3, 'a', 'b', 'c', 'd')",
    ],
)
def test_T12_no_role_changes_or_removes_a_record(catalogue: Catalogue, url: str, statement: str) -> None:
    stored_package(catalogue)
    engine = open_engine(url)
    with pytest.raises(DBAPIError), writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()
    with catalogue.read() as view:
        assert verify_chain(view.records()) is None
        assert len(view.records()) == 5


def test_T12_replacing_a_record_is_refused_in_sqlite(tmp_path: Path) -> None:
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalogue:
        stored_package(catalogue)
    with sqlite3.connect(tmp_path / "c.sqlite") as connection, pytest.raises(sqlite3.DatabaseError):
        connection.execute("REPLACE INTO ledger (seq, event, subject, hash, body) VALUES (3, 'a', 'b', 'c', 'd')")
    connection.close()


def test_T12_truncating_is_refused_in_postgresql() -> None:
    import psycopg

    server = running_postgresql()
    name = server.new_database()
    with Catalogue.open(server.url(name)) as catalogue:
        stored_package(catalogue)
    with server.connect(name) as connection, pytest.raises(psycopg.Error):
        connection.execute("TRUNCATE ledger")


def test_nothing_is_written_behind_a_ledger_whose_end_was_cut_off(tmp_path: Path) -> None:
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalogue:
        stored_package(catalogue)
        with sqlite3.connect(tmp_path / "c.sqlite") as connection:
            connection.execute("DROP TRIGGER ledger_refuses_delete")
            connection.execute("DELETE FROM ledger WHERE seq = 5")
        connection.close()
        with pytest.raises(LedgerBrokenError), catalogue.transaction() as tx:
            receive(tx, 2)


def test_a_committed_transaction_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("text_of_file", ["not a database at all, whatever its name says " * 50])
def test_a_file_that_is_no_catalogue_is_an_error_with_a_remedy(tmp_path: Path, text_of_file: str) -> None:
    (tmp_path / "c.sqlite").write_text(text_of_file)
    with pytest.raises(CatalogueError) as caught:
        Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}")
    assert str(tmp_path) not in caught.value.message
    with pytest.raises(CatalogueError):
        Catalogue.open(f"sqlite:///{tmp_path / 'no such folder' / 'c.sqlite'}")


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT * FROM documents WHERE sha256 = 'x'", "ix_documents_sha256"),
        ("SELECT * FROM documents WHERE symbol_key = 'x'", "ix_documents_symbol_key"),
        ("SELECT * FROM documents WHERE identity_key = 'x'", "ix_documents_identity_key"),
        ("SELECT * FROM revisions WHERE sha256 = 'x'", "ix_revisions_sha256"),
        ("SELECT * FROM submissions WHERE transfer_sha256 = 'x'", "ix_submissions_transfer_sha256"),
        ("SELECT * FROM submissions WHERE file_code = 'x'", "ix_submissions_file_code"),
        ("SELECT * FROM submissions WHERE state = 'x' AND id > 'y' ORDER BY id LIMIT 9", "ix_submissions_state_id"),
        ("SELECT * FROM submissions WHERE remove_after <= 'x'", "ix_submissions_remove_after"),
        ("SELECT * FROM submissions WHERE registration_number = 'x'", "sqlite_autoindex_submissions"),
        ("SELECT * FROM aips WHERE file_code = 'x'", "ix_aips_file_code"),
        ("SELECT * FROM aips WHERE object_key = 'x'", "sqlite_autoindex_aips"),
        ("SELECT * FROM ledger WHERE subject = 'x' AND seq > 3 ORDER BY seq", "ix_ledger_subject_seq"),
        (
            "SELECT * FROM tokens JOIN accounts ON accounts.id = tokens.account_id LEFT JOIN grants ON "
            "grants.account_id = accounts.id AND grants.valid_until > 'x' WHERE tokens.secret_sha256 = 'x'",
            "sqlite_autoindex_tokens",
        ),
        (
            "SELECT * FROM submissions WHERE owned_by = 'x' AND (entered_at, id) < ('a', 'b') "
            "ORDER BY entered_at DESC, id DESC LIMIT 9",
            "ix_submissions_owned_by_entered_at_id",
        ),
        (
            "SELECT * FROM submissions WHERE state = 'x' AND (entered_at, id) < ('a', 'b') "
            "ORDER BY entered_at DESC, id DESC LIMIT 9",
            "ix_submissions_state_entered_at_id",
        ),
        (
            "SELECT * FROM submissions WHERE (entered_at, id) < ('a', 'b') ORDER BY entered_at DESC, id DESC LIMIT 9",
            "ix_submissions_entered_at_id",
        ),
        ("SELECT * FROM submissions WHERE owner = 'x' AND client_key = 'y'", "sqlite_autoindex_submissions"),
        ("SELECT * FROM usage_modes WHERE changed_seq > 3 ORDER BY changed_seq", "ix_usage_modes_changed_seq"),
        (
            "SELECT * FROM rights_changes WHERE confirmed_at IS NULL AND ledger_seq > 3 ORDER BY ledger_seq LIMIT 9",
            "ix_rights_changes_confirmed_at_ledger_seq",
        ),
        ("SELECT * FROM ledger WHERE seq > 3 ORDER BY seq LIMIT 9", "PRIMARY KEY"),
        ("SELECT * FROM documents WHERE aip_id = 'x' AND ordinal > 3 ORDER BY ordinal", "sqlite_autoindex_documents"),
    ],
)
def test_every_question_is_answered_from_an_index(tmp_path: Path, question: str, index: str) -> None:
    Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}").close()
    connection = sqlite3.connect(tmp_path / "c.sqlite")
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}"))
    connection.close()
    assert index in plan and "SCAN" not in plan and "TEMP B-TREE" not in plan, plan


def test_many_processes_may_open_a_new_catalogue_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    program = f"from archive.catalogue import Catalogue; Catalogue.open({url!r}).close()"
    processes = [_start(program) for _ in range(4)]
    outcomes = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outcomes


WRITER = """
import sys
from archive.catalogue import Catalogue, Description, Receipt
from builders import accept, documents, package, receive, stored, written
catalogue = Catalogue.open(sys.argv[1])
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    with catalogue.transaction() as tx:
        submission = receive(tx, number)
        accept(tx, submission)
    with catalogue.transaction() as tx:
        written(tx, submission, package(submission), documents(submission.aip_id, 300))
    with catalogue.transaction() as tx:
        stored(tx, submission, "a", "b")
    print(number, flush=True)
    number += 1
"""


def test_killed_at_any_moment_state_ledger_and_documents_agree(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    Catalogue.open(url).close()
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    acknowledged: list[int] = []
    for round_number in range(1, 7):
        process = _start(WRITER, url, str(1000 * round_number))
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(chance.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split()]
        process.stdout.close()
        process.stderr.close()
        process.wait()
        with Catalogue.open(url) as catalogue, catalogue.read() as view:
            assert verify_chain(view.records(0, 100_000)) is None, f"seed {seed}"
            kept = {item.id: item for item in view.submissions_in()}
            for number in acknowledged:
                assert kept[f"{number:032x}"].state is State.STORED, f"seed {seed}"
            for item in kept.values():
                events = [record.event for record in view.records(subject=item.id)]
                count = {State.ACCEPTED: 3, State.PACKAGED: 4, State.STORED: 5}[item.state]
                assert (len(events), item.last_seq) == (count, view.records(subject=item.id)[-1].seq), f"seed {seed}"
                held = len(list(view.documents(item.aip_id)))
                assert held == (0 if item.state is State.ACCEPTED else 300), f"seed {seed}"


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    root = HERE.parents[1]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(HERE)])},
    )


def test_an_error_of_the_database_quotes_no_values(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    for statement in ("SELECT no_column WHERE :value = 1", "SELECT 1 FROM no_table WHERE :value = 1"):
        with pytest.raises(CatalogueError) as error, translated(), reading(engine) as connection:
            connection.execute(text(statement), {"value": "Nguyễn Văn An"})
        assert "Nguyễn Văn An" not in error.value.detail and "SELECT" in error.value.detail
    engine.dispose()
