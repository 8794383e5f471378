"""``luutru audit`` and the scheduled job: exit codes a script may rely on, the page people sign, and going on by itself."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest

from api import auditing
from api.audit_report import audit_html, percent
from api.bootstrap import Installation, now, opened
from api.exits import Exit
from api.initialising import initialise
from api.jobs.audit import JOB
from api.jobs.job import Every
from api.settings import load_settings, parse_settings
from api.settings_audit import AuditSettings, AuditSettingsError, parse_audit
from archive.audit import Depth, Scope, Verdict
from archive.catalogue import Copy
from archive.catalogue.audit_reading import last_runs, running
from archive.fixity import CopyState
from archive.local_time import VIETNAM
from archive.storage import Key
from archive.storage_policy import AuditPolicy, Window
from samples.holdings import Held, store_packages
from tests.cli.shell import PROGRAM, Said, environment, here

STORES = ("kho-1", "kho-2")


@dataclass
class Archive:
    """One on this machine, with two stores and some packages."""

    home: Path
    held: list[Held]

    def __call__(self, *arguments: object) -> Said:
        return here("audit", "--home", self.home, *arguments)

    def path(self, store: str, number: int) -> Path:
        return self.home / "stores" / store / self.held[number].key

    def damage(self, store: str, number: int) -> None:
        path = self.path(store, number)
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[5000] ^= 1
        path.write_bytes(data)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    home = tmp_path / "home"
    initialise(home, name="Lưu trữ lịch sử tỉnh Bình Minh", code="H99.12")
    with opened(load_settings(home)) as installation:
        held = list(store_packages(installation.catalogue, installation.stores, 3, begun=now()))
    return Archive(home, held)


@pytest.fixture
def installation(archive: Archive) -> Iterator[Installation]:
    with opened(load_settings(archive.home)) as made:
        yield made


def test_all_green_is_0_and_the_table_says_so(archive: Archive) -> None:
    said = archive()
    assert said.code == Exit.OK, said.err
    assert all(store in said.out for store in STORES) and "nguyên vẹn" in said.out and "100,00 %" in said.out
    rows = archive("--json", "--all").rows
    assert [row["store"] for row in rows] == list(STORES)
    assert all(row["verdict"] == "green" and row["counts"] == {"ok": 3} for row in rows)
    assert all(row["coverage"]["read"]["30"]["share"] == 1.0 for row in rows)


def test_red_is_1_and_names_the_store(archive: Archive) -> None:
    archive.damage("kho-2", 1)
    archive.path("kho-2", 2).unlink()
    said = archive("--json")
    assert said.code == Exit.FAILED
    first, second = said.rows
    assert first["verdict"] == "green" and second["verdict"] == "red"
    assert second["counts"] == {"ok": 1, "mismatch": 1, "missing": 1}
    shown = archive("--store", "kho-2", "--all")
    assert shown.code == Exit.FAILED and "sai khác: 1" in shown.out and "kho-1" not in shown.out
    status = archive("--status", "--json")
    assert status.code == Exit.FAILED
    assert status.rows[1]["coverage"]["states"] == {"ok": 1, "mismatch": 1, "missing": 1}
    assert "sai khác: 1" in archive("--status").out


def test_what_is_left_unread_is_2_and_gone_on_with(archive: Archive) -> None:
    said = archive("--limit", "2", "--json")
    assert said.code == Exit.INDETERMINATE
    assert [row["counts"] for row in said.rows] == [{"ok": 2, "not-run": 1}] * 2
    assert "Đợt đang dở" in archive("--status").out
    assert "chưa xong" in archive("--limit", "2", "--all").out
    again = archive("--json")
    assert again.code == Exit.OK and [row["counts"] for row in again.rows] == [{"ok": 3}] * 2


def test_a_store_that_is_away_is_4_and_the_other_is_read(archive: Archive) -> None:
    root = archive.home / "stores" / "kho-1"
    root.rename(root.with_name("unmounted"))
    said = archive("--json")
    assert said.code == Exit.NOT_READY
    assert said.rows[1]["verdict"] == "green" or said.rows[0]["verdict"] == "green"
    assert "kho-1" in archive().out


def test_a_canary_that_was_not_found_is_7(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.audit.canary.damaged", lambda whole, damage, chance: whole)
    said = archive("--json")
    assert said.code == Exit.CANARY_MISSED
    assert {row["verdict"] for row in said.rows} == {"canary-missed"}


def test_overdue_is_red_though_every_copy_read_is_right(archive: Archive) -> None:
    with opened(load_settings(archive.home)) as installation, installation.catalogue.transaction() as tx:
        long_ago = now() - timedelta(days=200)
        tx.record_copies(Copy(held.aip_id, "kho-1", CopyState.OK, long_ago) for held in archive.held)
    assert archive("--status").code == Exit.FAILED and "Quá hạn" in archive("--status").out
    said = archive("--limit", "1", "--store", "kho-1", "--json")
    assert said.code == Exit.FAILED and said.row["overdue"]["copies"] == 2
    assert archive().code == Exit.OK


def test_wrong_usage_is_said(archive: Archive) -> None:
    for wrong in (["--store", "x"], ["--deep", "--attributes"], ["--report", "x"], ["--report", "x", "-o", "a.txt"]):
        assert archive(*wrong).code == Exit.USAGE, wrong
    missing = archive("--report", "x", "-o", archive.home / "a.pdf")
    assert missing.code == Exit.NOT_FOUND


def test_T21_a_killed_audit_does_not_end_with_0_and_the_next_one_goes_on(archive: Archive) -> None:
    for number in range(3):
        with archive.path("kho-1", number).open("rb") as file:
            assert file.read(1)
    process = subprocess.Popen(
        [*PROGRAM, "audit", "--home", str(archive.home)], env=environment(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and not (archive.home / "audit").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() != 0
    assert archive().code == Exit.OK


def test_the_page_has_the_fields_of_the_form_and_is_in_every_store(archive: Archive, tmp_path: Path) -> None:
    archive.damage("kho-1", 0)
    rows = archive("--json", "--deep").rows
    run = rows[0]["run"]
    for suffix in (".pdf", ".json"):
        target = tmp_path / f"bien-ban{suffix}"
        assert archive("--report", run, "-o", target).code == Exit.OK
        for store in STORES:
            assert (archive.home / "stores" / store / "audit" / f"{run}{suffix}").read_bytes() == target.read_bytes()
    assert not list((archive.home / "audit").iterdir())
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(tmp_path / "bien-ban.pdf"))
    for field in (
        "BIÊN BẢN KIỂM TRA",
        "Người kiểm tra",
        "Thiết bị",
        "Nội dung bình thường",
        "Nội dung lỗi",
        "Phương án xử lý",
        "kho-1",
    ):
        assert field in text, field
    told = json.loads((tmp_path / "bien-ban.json").read_bytes())
    assert archive.held[0].key in audit_html("x", told)


def test_the_page_of_a_green_run_says_that_nothing_is_wrong(archive: Archive) -> None:
    run = archive("--json").rows[0]["run"]
    target = archive.home / "x.json"
    archive("--report", run, "-o", target)
    page = audit_html("Lưu trữ <A>", json.loads(target.read_bytes()))
    assert "Không cần xử lý" in page and "LƯU TRỮ &lt;A&gt;" in page


def test_shares_are_never_rounded_up_to_all() -> None:
    """T7: all is said only of all."""
    assert [percent(share) for share in (1.0, 0.99999, 0.5, 0.0)] == ["100,00 %", "99,99 %", "50,00 %", "0,00 %"]


class Run:
    """A time of running that is told to stop after so many questions."""

    slot = "1"

    def __init__(self, questions: int = 10**9) -> None:
        self.left = questions

    def stopping(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_the_job_begins_when_the_interval_asks_goes_on_and_is_silent_otherwise(
    archive: Archive, installation: Installation
) -> None:
    JOB.run(installation, Run())
    with installation.catalogue.read() as view:
        assert last_runs(view) == []  # everything was read when it was stored
    _aged(installation, archive, timedelta(days=80))
    JOB.run(installation, Run(1))
    JOB.run(installation, Run())
    with installation.catalogue.read() as view:
        done = last_runs(view)
        assert {(made.store, made.verdict, made.scope) for made in done} == {
            (store, Verdict.GREEN, Scope.DUE) for store in STORES
        }
        assert all(dict(made.counts) == {"ok": 3} and made.actor == "luutru" for made in done)
        assert running(view, "kho-1") is None
    JOB.run(installation, Run())
    with installation.catalogue.read() as view:
        assert len(last_runs(view)) == 2
    assert installation.stores[0].size(Key(f"audit/{done[0].id}.pdf")) > 0


def test_a_store_that_takes_weeks_keeps_no_other_from_its_turn(
    archive: Archive, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = [0.0], []

    def audits(_installation: Installation, due: Any, **options: Any) -> Iterator[Any]:
        asked.append([store.name for store, _ in due])
        if len(asked) == 1:
            assert not options["stopping"](installation.stores[0])
            clock[0] += 25 * 3600
            assert options["stopping"](installation.stores[0])
            _aged(installation, archive, timedelta(days=80))
        return iter(())

    monkeypatch.setattr("api.jobs.audit.time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr("api.jobs.audit.audit_all", audits)
    JOB.run(installation, Run())
    assert asked == [[], ["kho-1", "kho-2"]]


def test_copies_that_are_not_right_are_looked_at_again_after_a_day(
    archive: Archive, installation: Installation
) -> None:
    _aged(installation, archive, timedelta(hours=30), CopyState.UNREADABLE)
    due = auditing.due_now(installation, now())
    assert [(store.name, how.scope) for store, how in due] == [(store, Scope.RED) for store in STORES]
    JOB.run(installation, Run())
    assert auditing.due_now(installation, now()) == []


def test_outside_its_window_no_store_is_read(
    archive: Archive, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _aged(installation, archive, timedelta(days=80))
    night = AuditPolicy(window=Window(datetime(2026, 1, 1, 22).time(), datetime(2026, 1, 1, 5).time()))
    monkeypatch.setattr(auditing, "terms_of", lambda _installation, _store: night)
    noon = datetime(2026, 11, 21, 12, tzinfo=VIETNAM)
    assert auditing.due_now(installation, noon) == []
    midnight = noon + timedelta(hours=12)
    assert len(auditing.due_now(installation, midnight)) == 2
    for moment, closed in ((noon, True), (midnight, False)):
        monkeypatch.setattr(auditing, "now", lambda moment=moment: moment)
        assert auditing.outside_window(installation, installation.stores[0]) is closed


def test_every_fourth_cycle_is_deep(archive: Archive, installation: Installation) -> None:
    depths = []
    for _ in range(8):
        _aged(installation, archive, timedelta(days=80))
        depths.append(auditing.due_now(installation, now())[0][1].depth)
        JOB.run(installation, Run())
    deep = [depth is Depth.DEEP for depth in depths]
    assert deep == [False, False, False, True, False, False, False, True]


def _aged(installation: Installation, archive: Archive, age: timedelta, state: CopyState = CopyState.OK) -> None:
    with installation.catalogue.transaction() as tx:
        tx.record_copies(Copy(held.aip_id, store, state, now() - age) for held in archive.held for store in STORES)


@pytest.mark.parametrize(
    "wrong", [{"scheduled": "yes"}, {"check_minutes": 0}, {"check_minutes": True}, {"checker": " "}, {"checker": 5}]
)
def test_wrong_settings_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(AuditSettingsError) as raised:
        parse_audit(wrong)
    assert next(iter(wrong)) in raised.value.message


def test_the_settings_say_who_checks_how_often_or_not_at_all(tmp_path: Path) -> None:
    assert parse_audit({}) == AuditSettings()
    table = {"stores": [{"name": "a", "path": "a"}, {"name": "b", "path": "b"}]}
    settings = parse_settings({**table, "audit": {"check_minutes": 5, "checker": "Bộ phận lưu trữ"}}, tmp_path)
    assert settings.audit == AuditSettings(True, 5, "Bộ phận lưu trữ") and JOB.schedule(settings) == Every(300)
    assert JOB.schedule(parse_settings({**table, "audit": {"scheduled": False}}, tmp_path)) is None
