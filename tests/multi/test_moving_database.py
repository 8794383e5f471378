"""The archive's database moved to another kind and back: every row compared, interrupted anywhere, nothing lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.bootstrap import now
from api.cli import main
from api.heartbeat import Pulse
from api.moving_database import ArchiveWorkingError, SameDatabaseError, database_status, move_database
from api.settings import Settings, load_settings
from archive.catalogue import Catalogue, Description
from archive.catalogue.database import open_engine, writing
from archive.catalogue.moving import MARK, TargetTakenError, copy_everything, moved_tables, proofs
from archive.events import Event
from archive.ledger import verify_chain
from tests.multi.conftest import archive
from tests.servers.postgresql import programs, running_postgresql

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from builders import receive, stored_package

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An archive on SQLite with something in most tables."""
    home = archive(tmp_path / "home", "")
    settings = load_settings(home)
    with Catalogue.open(settings.catalogue_url) as catalogue:
        for number in range(1, 6):
            stored = stored_package(catalogue, number, 400)
            with catalogue.transaction() as tx:
                tx.describe(stored.id, Description("H01.02", "Sở Nội vụ", "H01.2026.07", "Hồ sơ đê điều «ệ»"))
                tx.record_report(stored.id, "bag", {"answer": "passed", "số": [1, 2.5, None, "ữ"]})
        with catalogue.transaction() as tx:
            receive(tx, 9, client_key="lần 1", owner="H01.02")
    return settings


def moved(settings: Settings, url: str) -> Settings:
    move_database(settings, url, None, actor="user:an", at=now())
    return load_settings(settings.home)


def without_the_event(url: str) -> dict[str, tuple[int, str]]:
    changed = ("ledger", "ledger_end")
    return {proof.table: (proof.rows, proof.digest) for proof in proofs(url) if proof.table not in changed}


def test_everything_is_moved_there_and_back_and_the_ledger_goes_on(settings: Settings) -> None:
    before = without_the_event(settings.catalogue_url)
    assert before["documents"][0] == 2000 and before["row_changes"][0] > 0
    there = moved(settings, running_postgresql().url("moved_there"))  # made when it is missing
    assert there.database.kind == "postgresql" and without_the_event(there.catalogue_url) == before
    assert not (settings.home / "catalogue.sqlite").exists() and list(settings.home.glob("catalogue-moved-*.sqlite"))
    assert "catalogue-moved-" in (settings.home / "database-moved.txt").read_text(encoding="utf-8")
    with Catalogue.open(there.catalogue_url) as catalogue:
        with catalogue.transaction() as tx:
            tx.describe("1".rjust(32, "0"), Description("H01.02", "Sở Y tế", "H01.2026.08", "Hồ sơ khác"))
        with catalogue.read() as view:
            records = view.records(0, 10_000)
    assert verify_chain(records) is None and records[-1].event == Event.ARCHIVE_DATABASE_MOVED
    assert records[-1].data["rows"]["documents"] == 2000 and records[-1].actor == "user:an"
    changed = without_the_event(there.catalogue_url)
    assert changed["row_changes"][0] == before["row_changes"][0] + 1  # changes are noted again, with new numbers
    back = moved(there, "")
    assert back.database.kind == "sqlite" and without_the_event(back.catalogue_url) == changed
    with Catalogue.open(back.catalogue_url) as catalogue, catalogue.read() as view:
        assert verify_chain(view.records(0, 10_000)) is None
    assert "[http]" in (settings.home / "luutru.toml").read_text(encoding="utf-8")


def test_the_ledger_is_guarded_where_it_was_moved_to(settings: Settings) -> None:
    there = moved(settings, running_postgresql().new_url())
    engine = open_engine(there.catalogue_url)
    for statement in ("DELETE FROM ledger WHERE seq = 2", "UPDATE ledger SET subject = 'x'", "TRUNCATE ledger"):
        with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("stop_at", ["ledger", "documents", "row_changes"])
def test_interrupted_at_any_table_it_is_run_again(settings: Settings, stop_at: str) -> None:
    url = running_postgresql().new_url()

    def stopping(table: str, rows: int) -> None:
        if table == stop_at and rows:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_everything(settings.catalogue_url, url, stopping)
    assert load_settings(settings.home).database.url == ""  # the archive is still where it was
    with Catalogue.open(settings.catalogue_url) as catalogue, catalogue.transaction() as tx:
        receive(tx, 10)  # and may go on before it is tried again
    there = moved(settings, url)
    (old,) = settings.home.glob("catalogue-moved-*.sqlite")
    assert without_the_event(there.catalogue_url) == without_the_event(f"sqlite:///{old}")
    engine = open_engine(there.catalogue_url)
    with writing(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM cursors WHERE name = :name"), {"name": MARK}).scalar() == 0
    engine.dispose()


def test_a_target_that_holds_an_archive_is_left_alone(settings: Settings) -> None:
    url = running_postgresql().new_url()
    with Catalogue.open(url) as catalogue:
        stored_package(catalogue, 7)
    before = proofs(url)
    with pytest.raises(TargetTakenError):
        moved(settings, url)
    assert proofs(url) == before


def test_an_archive_that_works_is_not_moved(settings: Settings) -> None:
    with (
        Catalogue.open(settings.catalogue_url) as catalogue,
        Pulse(catalogue, "elsewhere"),
        pytest.raises(ArchiveWorkingError),
    ):
        moved(settings, running_postgresql().new_url())
    with pytest.raises(SameDatabaseError):
        moved(settings, "")


def test_every_table_but_those_of_the_moment_is_moved() -> None:
    names = {table.name for table in moved_tables()}
    assert names >= {"ledger", "submissions", "row_changes", "accounts", "tokens", "schedule_runs"}
    assert not names & {"workers", "claims"}


def test_on_the_command_line(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    url = running_postgresql().new_url()
    home = str(settings.home)
    assert main(["database", "move", "--to", url, "--home", home, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["rows"]["documents"] == 2000
    assert main(["database", "status", "--home", home, "--json"]) == 0
    status = json.loads(capfd.readouterr().out)
    assert (status["kind"], status["url"], status["workers"]) == ("postgresql", url, [])
    assert status == database_status(load_settings(settings.home))
    assert main(["jobs", "--home", home, "--json"]) == 0
    assert "index-drift" in {json.loads(row)["job"] for row in capfd.readouterr().out.splitlines()}
