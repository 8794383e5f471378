"""``luutru repair`` and ``luutru incidents`` as people use them, and the jobs as the clock does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.comparing import light_run
from api.exits import Exit
from api.jobs.fsck import JOB as FSCK
from api.jobs.fsck import Weekly
from api.jobs.repair import JOB as REPAIR
from api.settings import load_settings
from archive.catalogue import Copy
from archive.catalogue.repair_reading import fsck_runs
from archive.fixity import CopyState, verify_copy
from archive.local_time import VIETNAM
from samples.holdings import Held, store_packages
from tests.cli.shell import Said, here


class Archive:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.stores = {name: home.parent / name for name in "ab"}
        said = here("init", "--home", home, "--store", self.stores["a"], "--store", self.stores["b"])
        assert said.code == 0, said.err
        # No index, and none is started.
        file = home / "luutru.toml"
        file.write_text(file.read_text().replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]'))
        with opened(load_settings(home)) as installation:
            self.names = [store.name for store in installation.stores]
            self.held: list[Held] = list(
                store_packages(installation.catalogue, installation.stores, 2, size_bytes=9000)
            )

    def damage(self, store: int, number: int = 0) -> None:
        """One byte of the first document is another, and an audit has seen it."""
        held = self.held[number]
        with opened(load_settings(self.home)) as installation, installation.catalogue.read() as view:
            place = next(view.documents(held.aip_id)).tar_offset + 100
        path = list(self.stores.values())[store] / held.key
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        path.write_bytes(data)
        with opened(load_settings(self.home)) as installation:
            seen = verify_copy(installation.stores[store], held.key, held.sha256, held.size_bytes)
            with installation.catalogue.transaction() as tx:
                tx.record_copies([Copy(held.aip_id, self.names[store], seen.state, datetime.now(VIETNAM))])
        assert seen.state is CopyState.MISMATCH

    def run(self, *arguments: object) -> Said:
        return here(*arguments, "--home", self.home)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "home")


class Run:
    slot = "1"

    def __init__(self, *, stop: bool = False) -> None:
        self.stop = stop

    def stopping(self) -> bool:
        return self.stop


@pytest.fixture
def installation(archive: Archive) -> Iterator[Installation]:
    with opened(load_settings(archive.home)) as made:
        yield made


def test_repair_heals_what_is_bad_and_says_so(archive: Archive) -> None:
    assert archive.run("repair").code == Exit.OK
    archive.damage(1)
    said = archive.run("repair", "--json")
    assert said.code == Exit.OK
    row = said.row
    assert (row["outcome"], row["aip_id"], row["from"]) == ("repaired", archive.held[0].aip_id, [archive.names[0]])
    said = archive.run("repair", archive.held[0].aip_id)
    assert said.code == Exit.OK and said.out.count("nguyên vẹn") == 2
    assert archive.run("incidents", "--json").rows == []


def test_incidents_are_listed_shown_reported_and_closed(archive: Archive, tmp_path: Path) -> None:
    for store in (0, 1):
        archive.damage(store)
        archive.damage(store, 1)
    said = archive.run("repair")
    assert said.code == Exit.FAILED and said.out.count("sự cố") >= 2
    listed = archive.run("incidents", "--json")
    assert listed.code == Exit.FAILED and len(listed.rows) == 2
    incident_id = listed.rows[0]["id"]
    for name in ("biên bản.pdf", "biên bản.json"):
        assert archive.run("incidents", "show", incident_id, "--report", tmp_path / name).code == Exit.OK
    assert (tmp_path / "biên bản.pdf").read_bytes().startswith(b"%PDF")
    shown = json.loads((tmp_path / "biên bản.json").read_text())
    assert [copy["state"] for copy in shown["copies"]] == ["mismatch", "mismatch"] and len(shown["repairs"]) == 2
    said = archive.run("incidents", "show", incident_id)
    assert "không ở đâu" in said.out
    assert archive.run("incidents", "close", incident_id, "--reason", " ").code == Exit.USAGE
    assert archive.run("incidents", "close", incident_id, "--reason", "đã tìm bản sao lưu ngoài").code == Exit.OK
    assert archive.run("incidents", "close", incident_id, "--reason", "lại").code == Exit.NOT_FOUND
    assert len(archive.run("incidents", "--json").rows) == 1
    assert len(archive.run("incidents", "--all", "--json").rows) == 2


@pytest.mark.parametrize(
    "arguments", [("--replace-unreadable",), ("--store", "x"), ("x", "--replace-unreadable", "--reason", " ")]
)
def test_what_makes_no_sense_is_a_wrong_use(archive: Archive, arguments: tuple[str, ...]) -> None:
    assert archive.run("repair", *arguments).code == Exit.USAGE


def test_confirming_a_store_that_waits_for_nobody_is_refused(archive: Archive) -> None:
    assert archive.run("repair", "--confirm", "a").code == Exit.NOT_FOUND


def test_the_job_heals_and_ends_when_told_to(archive: Archive, installation: Installation) -> None:
    archive.damage(0)
    REPAIR.run(installation, Run(stop=True))
    with installation.catalogue.read() as view:
        assert CopyState.MISMATCH in {copy.state for copy in view.copies(archive.held[0].aip_id)}
    REPAIR.run(installation, Run())
    with installation.catalogue.read() as view:
        assert {copy.state for copy in view.copies(archive.held[0].aip_id)} == {CopyState.OK}


def test_the_weekly_comparison_is_kept_with_what_it_found(archive: Archive, installation: Installation) -> None:
    (archive.stores["b"] / archive.held[0].key).unlink()
    run = light_run(installation, lambda: False, settling_seconds=0)
    assert run is not None
    assert {item["code"] for item in run.found} == {"index.place.unreachable", "copy.object.missing"}
    assert run.differences == 2 and run.problem, "an index that is away was not compared"
    with installation.catalogue.read() as view:
        assert [item.id for item in fsck_runs(view)] == [run.id]
    assert light_run(installation, lambda: True, settling_seconds=0) is None


def test_the_weekly_time_is_the_same_all_week() -> None:
    weekly = Weekly(6, "03:30")
    sunday = datetime(2026, 11, 22, 3, 30, tzinfo=VIETNAM)
    assert sunday.weekday() == 6
    assert weekly.slot(sunday) == weekly.slot(datetime(2026, 11, 29, 3, 29, tzinfo=VIETNAM)) == sunday.isoformat()
    assert weekly.slot(datetime(2026, 11, 22, 3, 29, tzinfo=VIETNAM)) == "2026-11-15T03:30:00+07:00"
    assert FSCK.schedule is not None and FSCK.name == "fsck"
