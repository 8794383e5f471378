"""The backup the rules ask for, and rehearsals: whole on two media or red, and nothing left behind."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from lxml import etree

from api.backing_up import back_up, log_view, remove_expired
from api.bootstrap import Installation, opened
from api.drilling import run_drill
from api.jobs.backup import JOB as BACKUP_JOB
from api.jobs.drill import JOB as DRILL_JOB
from api.scratch import scratch_of
from api.sealing_ledger import seal_now
from api.settings import load_settings
from archive.access import Author, Mode, Role
from archive.catalogue import NewAccount
from archive.catalogue.backup_log import Backup, BackupKind, RunState
from archive.catalogue.checkpoint_reading import full_checkpoints, last_checkpoint, named_parts
from archive.checkpoints.statement import Kind
from archive.events import Event
from archive.recovery.backing_up import BackupFailedError, due_kind
from archive.recovery.backup_ages import expired
from archive.recovery.metadata_xml import NAMESPACE, BackupXmlError, check_metadata
from archive.signing import signature_holds
from samples.holdings import store_packages
from tests.cli.shell import here

sys.path.insert(0, str(Path(__file__).resolve().parent))
from test_recovery_commands import Lost
from worlds import AT, MACHINE

Q = f"{{{NAMESPACE}}}"


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    return Lost(tmp_path)


@pytest.fixture
def installation(lost: Lost) -> Iterator[Installation]:
    with opened(load_settings(lost.home)) as found:
        yield found


def objects(store: Path, name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (store / "backup" / name).iterdir()}


def test_a_set_lies_whole_on_every_store_with_a_signed_manifest(lost: Lost, installation: Installation) -> None:
    made = back_up(installation)
    assert (made.kind, made.state, made.hoso, made.documents) == (BackupKind.FULL, RunState.COMPLETED, 3, 6)
    for name in ("kho-1", "kho-2"):
        held = objects(lost.home / "stores" / name, made.name)
        assert set(held) == {"metadata.xml", "manifest.json", "minutes.json", "minutes.pdf"}
        manifest = json.loads(held["manifest.json"])
        assert signature_holds(manifest, installation.key.private.public_key())
        (file,) = manifest["statement"]["files"]
        assert file["sha256"] == hashlib.sha256(held["metadata.xml"]).hexdigest()
        assert check_metadata(io.BytesIO(held["metadata.xml"])).hoso == 3
        minutes = json.loads(held["minutes.json"])
        assert signature_holds(minutes, installation.key.private.public_key())
        said = minutes["statement"]
        assert [item["name"] for item in said["new_media"]] == said["old_media"] == ["kho-1", "kho-2"]
        with pikepdf.open(io.BytesIO(held["minutes.pdf"])) as pdf:
            assert len(pdf.pages) == 1
    with installation.catalogue.read() as view:
        record = view.record_of("archive", Event.ARCHIVE_BACKUP_COMPLETED)
        assert record is not None and record.data["manifest_sha256"] == made.manifest_sha256


def test_fields_stand_in_the_xml_under_their_canonical_names(lost: Lost, installation: Installation) -> None:
    made = back_up(installation)
    tree = etree.fromstring(objects(lost.home / "stores" / "kho-1", made.name)["metadata.xml"])
    (first, *_) = tree.iterfind(f"{Q}hoso")
    fields = {item.get("name"): item.text for item in first.iterfind(f"{Q}package/{Q}field")}
    assert set(fields) == {"fileCode", "title"} and str(fields["title"]).startswith("Hồ sơ số")
    (document, *_) = first.iterfind(f"{Q}package/{Q}document")
    assert document.findtext(f"{Q}path") == "tài liệu 1.pdf"
    assert {item.get("name") for item in document.iterfind(f"{Q}field")} == {"codeNumber", "codeNotation", "subject"}
    for secret in (b"argon2id", b"secret"):
        assert secret not in etree.tostring(tree)


def test_the_next_one_holds_what_something_happened_to_since(lost: Lost, installation: Installation) -> None:
    back_up(installation)
    with installation.catalogue.read() as view:
        aips = list(view.aips())
    with installation.catalogue.transaction() as tx:
        tx.create_account(NewAccount("9" * 32, "head", "Thủ trưởng", Role.HEAD), by=MACHINE, at=AT)
        tx.decide_mode(aips[1].id, None, Mode.RESTRICTED, reason="x", by=Author("account:head", "9" * 32), at=AT)
        tx.append(Event.RECORD_DESCRIPTION_SHOWN, aips[2].id, actor="user:root", at=AT)
    list(store_packages(installation.catalogue, installation.stores, 1, size_bytes=3000, first=20))
    made = back_up(installation, BackupKind.INCREMENTAL)
    assert (made.kind, made.hoso) == (BackupKind.INCREMENTAL, 2)
    tree = etree.fromstring(objects(lost.home / "stores" / "kho-2", made.name)["metadata.xml"])
    decided = tree.find(f".//{Q}package[@id='{aips[1].id}']/../{Q}mode")
    assert decided is not None and decided.get("value") == Mode.RESTRICTED.value
    assert back_up(installation, BackupKind.INCREMENTAL).hoso == 0


def test_a_full_one_is_due_on_the_first_and_when_the_month_has_none(installation: Installation) -> None:
    with installation.catalogue.read() as view:
        assert due_kind(view, date(2026, 11, 21)) is BackupKind.FULL
    made = back_up(installation, BackupKind.INCREMENTAL)
    assert made.kind is BackupKind.FULL, "an incremental one needs one to stand on"
    day = made.begun_at.date()
    with installation.catalogue.read() as view:
        assert due_kind(view, day) is BackupKind.INCREMENTAL
        assert due_kind(view, (day.replace(day=28) + timedelta(days=5)).replace(day=1)) is BackupKind.FULL


def test_one_medium_is_not_enough_and_is_red(lost: Lost, installation: Installation) -> None:
    (lost.home / "stores" / "kho-2" / ".luutru-store.json").unlink()
    with pytest.raises(BackupFailedError):
        back_up(installation)
    (row,) = log_view(installation)
    assert row["red"] and row["state"] == "failed" and "kho-2" in row["error"]
    assert [item["ok"] for item in row["media"]] == [True, False]
    with installation.catalogue.read() as view:
        assert view.record_of("archive", Event.ARCHIVE_BACKUP_COMPLETED) is None


def test_media_of_their_own_hold_the_sealed_catalogue_too(lost: Lost) -> None:
    media = [lost.folder / "bl-01", lost.folder / "bl-02"]
    for folder in media:
        folder.mkdir()
    rows = ", ".join(f'{{name = "BL-0{number}", path = "{path}"}}' for number, path in enumerate(media, 1))
    with (lost.home / "luutru.toml").open("a") as file:
        file.write(f'\n[backup]\nmedia = [{rows}]\nlocation = "Phòng máy 2"\noperator = "Trần Thị Lan"\n')
    with opened(load_settings(lost.home)) as installation:
        made = back_up(installation)
    assert [item["name"] for item in made.media] == ["BL-01", "BL-02"]
    # What has rotted there since is seen by the next set, and put right.
    rotten = next((media[0] / "rows").iterdir())
    rotten.chmod(0o600)
    rotten.write_bytes(rotten.read_bytes()[:-1])
    with opened(load_settings(lost.home)) as installation:
        again = back_up(installation)
    assert [item["ok"] for item in again.media] == [True, True]
    assert {path.name for path in (media[0] / "rows").iterdir() if path.stat().st_size} and rotten.read_bytes() == (
        media[1] / "rows" / rotten.name
    ).read_bytes()
    public = lost.home / "keys" / "archive-ed25519.pub.pem"
    said = here(
        "rebuild", "--from", media[0], "--from", lost.store, "--key", public, "--home", lost.new(), "--json", "--no-index"
    )  # fmt: skip
    # The packages lie in the stores; the medium has everything else.
    assert {item["code"] for item in said.row["problems"]} == {"package.object.missing"}
    assert said.row["packages"] == 3
    shutil.rmtree(media[1])
    media[1].mkdir()
    with opened(load_settings(lost.home)) as installation, pytest.raises(BackupFailedError):
        back_up(installation, BackupKind.FULL)
    assert list(media[1].iterdir()) == [], "an empty mount point is never written into"


def test_rows_on_media_go_once_the_newest_whole_checkpoint_was_read_there(lost: Lost) -> None:
    media = [lost.folder / "bl-01", lost.folder / "bl-02"]
    for folder in media:
        folder.mkdir()
    rows = ", ".join(f'{{name = "BL-0{number}", path = "{path}"}}' for number, path in enumerate(media, 1))
    with (lost.home / "luutru.toml").open("a") as file:
        file.write(f"\n[backup]\nmedia = [{rows}]\n")

    def held(medium: Path) -> set[str]:
        return {path.name for path in (medium / "rows").iterdir()}

    with opened(load_settings(lost.home)) as installation:
        back_up(installation)
        first = held(media[0])
        for kind in (Kind.NEWS, Kind.DAY, Kind.FULL, Kind.NEWS):
            with installation.catalogue.transaction() as tx:
                tx.append(Event.RECORD_SEARCH_PERFORMED, "search", actor="thử", at=AT, data={"kind": kind.value})
            seal_now(installation, kind)
            back_up(installation)
        two = held(media[0])
        assert first <= two, "of two whole ones nothing goes"
        seal_now(installation, Kind.FULL)
        with installation.catalogue.read() as view:
            newest = last_checkpoint(view, Kind.FULL)
            kept = {key.segments[-1] for item in full_checkpoints(view, 2) for key in named_parts(view, item.number)}
        assert newest is not None
        (media[1] / newest.key).mkdir(parents=True)  # where that seal is to lie nothing can be put: this one keeps all
        with pytest.raises(BackupFailedError):
            back_up(installation)
        assert first <= held(media[1])
        assert not first & held(media[0]) and held(media[0]) <= kept
        (media[1] / newest.key).rmdir()
        back_up(installation)
        assert held(media[1]) == held(media[0])
    public = lost.home / "keys" / "archive-ed25519.pub.pem"
    said = here(
        "rebuild", "--from", media[1], "--from", lost.store, "--key", public, "--home", lost.new(), "--json", "--no-index"
    )  # fmt: skip
    assert said.row["packages"] == 3


def test_an_interrupted_set_is_none_and_the_next_has_another_name(installation: Installation) -> None:
    first = back_up(installation)
    with installation.catalogue.transaction() as tx:
        from archive.catalogue.backup_log import end_backup

        end_backup(tx, Backup(first.name, first.kind, RunState.RUNNING, first.begun_at))
    second = back_up(installation)
    assert second.name == f"{first.name}-2"
    states = {row["name"]: row["state"] for row in log_view(installation)}
    assert states == {first.name: "failed", second.name: "completed"}


def test_what_is_past_its_time_goes_and_never_what_the_newest_stands_on() -> None:
    def row(days: int, kind: BackupKind, state: RunState = RunState.COMPLETED) -> Backup:
        return Backup(f"{days}-{kind}-{state}", kind, state, AT - timedelta(days=days))

    kept = [
        row(2000, BackupKind.FULL),
        row(1990, BackupKind.INCREMENTAL),
        row(100, BackupKind.INCREMENTAL),
        row(90, BackupKind.FULL),
        row(80, BackupKind.INCREMENTAL),
        row(3, BackupKind.INCREMENTAL, RunState.FAILED),
        row(0, BackupKind.INCREMENTAL, RunState.FAILED),
    ]
    gone = expired(kept, AT, keep_full_months=36, keep_incremental_days=62)
    assert [item.begun_at for item in gone] == [AT - timedelta(days=days) for days in (2000, 1990, 100, 3)]
    assert len(expired(kept, AT, keep_full_months=0, keep_incremental_days=0)) == 1


def test_removed_sets_leave_nothing_on_any_medium(lost: Lost, installation: Installation) -> None:
    old = back_up(installation)
    with installation.catalogue.transaction() as tx:
        from archive.catalogue.backup_log import end_backup

        end_backup(tx, Backup(**{**{n: getattr(old, n) for n in Backup.__slots__}, "begun_at": AT.replace(year=2015)}))
    back_up(installation, BackupKind.FULL)
    for store in ("kho-1", "kho-2"):
        folder = lost.home / "stores" / store / "backup" / old.name
        assert not folder.exists() or not list(folder.iterdir())
    assert remove_expired(installation) == ()
    assert [row["name"] for row in log_view(installation) if row["removed_at"]] == [old.name]


@pytest.mark.parametrize("kept", [100, -5, -40])
def test_a_cut_xml_file_is_refused(lost: Lost, installation: Installation, kept: int) -> None:
    data = objects(lost.home / "stores" / "kho-1", back_up(installation).name)["metadata.xml"]
    with pytest.raises(BackupXmlError):
        check_metadata(io.BytesIO(data[:kept]))


def test_an_xml_file_that_lacks_a_document_or_follows_no_schema_is_refused(
    lost: Lost, installation: Installation
) -> None:
    data = objects(lost.home / "stores" / "kho-1", back_up(installation).name)["metadata.xml"]
    begin, end = data.index(b"<document"), data.index(b"</document>") + len(b"</document>")
    with pytest.raises(BackupXmlError):
        check_metadata(io.BytesIO(data[:begin] + data[end:]))
    with pytest.raises(BackupXmlError):
        check_metadata(io.BytesIO(data.replace(b'kind="full"', b'kind="half"')))


def test_both_jobs_are_on_the_calendar_and_can_be_switched_off(installation: Installation) -> None:
    settings = installation.settings
    assert BACKUP_JOB.schedule(settings) is not None and DRILL_JOB.schedule(settings) is not None


def tmp_of(home: Path) -> list[str]:
    return [name for name in os.listdir(scratch_of(home)) if name != "lock"]


def test_a_drill_finds_the_running_archive_in_each_store_in_turn_and_leaves_nothing(
    lost: Lost, installation: Installation
) -> None:
    reports = [run_drill(installation) for _ in range(3)]
    assert [report["store"] for report in reports] == ["kho-1", "kho-2", "kho-1"]
    for report in reports:
        assert report["passed"], (report["problems"], report["rows"])
        assert (report["packages"], report["sampled"], report["differences"]) == (3, 3, 0)
    assert tmp_of(lost.home) == []
    folders = sorted((lost.home / "stores" / "kho-2" / "backup").iterdir())
    assert len(folders) == 3
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {"report.json", "report.pdf"}
        signed = json.loads((folder / "report.json").read_bytes())
        assert signature_holds(signed, installation.key.private.public_key())
    with installation.catalogue.read() as view:
        assert len(view.records(event=Event.ARCHIVE_DRILL_COMPLETED)) == 3


def test_work_going_on_meanwhile_is_no_difference(lost: Lost, installation: Installation) -> None:
    def busy(phase: str, _done: int, _total: int) -> None:
        if phase == "packages":
            list(store_packages(installation.catalogue, installation.stores, 1, size_bytes=3000, first=30))
            with installation.catalogue.transaction() as tx:
                tx.disable_account("1" * 32, by=MACHINE, at=AT)

    report = run_drill(installation, progress=busy)
    assert report["passed"], (report["problems"], report["rows"])


def test_a_changed_row_and_a_damaged_package_fail_the_drill(lost: Lost, installation: Installation) -> None:
    run_drill(installation)
    import sqlite3

    with sqlite3.connect(lost.home / "catalogue.sqlite") as connection:
        connection.execute("DROP TRIGGER capture_submissions_update")
        connection.execute("UPDATE submissions SET title = 'khác' WHERE rowid = 1")
        connection.execute("UPDATE documents SET path = 'khác.pdf' WHERE rowid = 2")
    connection.close()
    package = next((lost.home / "stores" / "kho-2" / "aip").rglob("*.tar"))
    data = bytearray(package.read_bytes())
    data[data.index(b"%PDF-1.7") + 50] ^= 1
    os.chmod(package, 0o644)
    package.write_bytes(data)
    report = run_drill(installation, "kho-2")
    assert not report["passed"]
    assert {row["table"] for row in report["rows"]} == {"submissions", "documents"}
    assert [item["code"] for item in report["problems"]] == ["package.sample.damaged"]
    with installation.catalogue.read() as view:
        record = view.record_of("archive", Event.ARCHIVE_DRILL_COMPLETED)
        assert record is not None and record.data["passed"] is False


def test_a_store_that_is_away_fails_its_drill(lost: Lost, installation: Installation) -> None:
    (lost.home / "stores" / "kho-2" / ".luutru-store.json").rename(lost.folder / "marker")
    report = run_drill(installation, "kho-2")
    assert not report["passed"] and report["problems"]


def test_the_commands_say_what_was_done(lost: Lost) -> None:
    made: dict[str, Any] = here("backup", "--home", lost.home, "--json").row
    assert made["state"] == "completed"
    assert here("backup", "--log", "--home", lost.home).out.count(made["name"]) == 1
    assert here("backup", "--kind", "incremental", "--home", lost.home).code == 0
    drill = here("restore-drill", "--store", "kho-2", "--sample", "1", "--home", lost.home, "--json")
    assert drill.code == 0 and drill.row["sampled"] == 1
    assert here("restore-drill", "--store", "không có", "--home", lost.home).code == 5
