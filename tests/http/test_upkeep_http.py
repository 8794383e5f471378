"""Audits, coverage, incidents, stores, backups, jobs and alerts over HTTP: for those who look after the copies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.auditing import folder_of
from archive.alerts import Severity, raise_alert
from archive.catalogue import Copy
from archive.catalogue.audit_model import AuditFinding, AuditRun, Depth, Scope, Verdict
from archive.catalogue.audit_writing import begin_run, complete_run, hold_run, record_findings
from archive.catalogue.backup_log import (
    Backup,
    BackupKind,
    Drill,
    RunState,
    begin_backup,
    begin_drill,
    end_backup,
)
from archive.catalogue.repair_model import Incident, IncidentKind
from archive.catalogue.repair_writing import record_incident
from archive.events import Event
from archive.fixity import CopyState
from archive.storage.key import Key
from tests.http.peopled import Peopled, Template, make_template, peopled

RUN = "3f0c2d1e4a5b4c6d8e7f90a1b2c3d4e5"
INCIDENT = "5e0c2d1e4a5b4c6d8e7f90a1b2c3d4e5"
REPORT = '{"run":"báo cáo"}'.encode()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    with peopled(template, tmp_path) as made:
        yield made


def read(people: Peopled, path: str, who: str = "auditor", **query: Any) -> Any:
    answer = people.ask(who, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def store_of(people: Peopled) -> str:
    return people.installation.policy.names[0]


def audited(people: Peopled, verdict: Verdict = Verdict.RED, *, days_ago: int = 0) -> None:
    """One completed run of the first store that found one copy different."""
    store, at = store_of(people), people.clock.at - timedelta(days=days_ago)
    with people.installation.catalogue.transaction() as tx:
        tx.record_copies([Copy(people.aip_id, store, CopyState.OK, at)])
        run = AuditRun(RUN, store, Scope.ALL, Depth.FULL, "luutru", at, at, counts={"mismatch": 1})
        begin_run(tx, run)
        hold_run(tx, RUN, holder="w", until=at + timedelta(hours=1))
        found = AuditFinding(RUN, f"aip/x/{people.aip_id}.tar", store, people.aip_id, CopyState.MISMATCH, at)
        record_findings(tx, [found])
        digest = hashlib.sha256(REPORT).hexdigest()
        assert complete_run(tx, run, holder="w", at=at, verdict=verdict, report_sha256=digest)


def test_runs_are_listed_with_their_verdict_and_read_with_what_they_found(people: Peopled) -> None:
    audited(people)
    (item,) = read(people, "/audits", store=store_of(people))["items"]
    assert (item["id"], item["verdict"], item["counts"]) == (RUN, "red", {"mismatch": 1})
    detail = read(people, f"/audits/{RUN}")
    assert [found["state"] for found in detail["findings"]] == ["mismatch"] and not detail["more"]
    assert read(people, "/audits", store="kho-khac")["items"] == []
    assert people.ledger()[-1].event == Event.LEDGER_RECORDS_SHOWN


def test_a_report_is_given_as_it_was_noted_and_never_as_somebody_changed_it(people: Peopled) -> None:
    audited(people)
    assert people.ask("auditor", "GET", f"/audits/{RUN}/report").status_code == 404
    first, second = people.installation.stores
    for store, data in ((first, b"changed"), (second, REPORT)):
        with store.create(Key(f"audit/{RUN}.json")) as writer:
            writer.write(data)
            writer.commit()
    answer = people.ask("auditor", "GET", f"/audits/{RUN}/report")
    assert answer.content == REPORT and answer.headers["Content-Type"] == "application/json"
    folder = folder_of(people.installation)
    folder.mkdir(exist_ok=True)
    (folder / f"{RUN}.pdf").write_bytes(b"%PDF-1.7")
    answer = people.ask("auditor", "GET", f"/audits/{RUN}/report.pdf")
    assert answer.content == b"%PDF-1.7" and answer.headers["Content-Type"] == "application/pdf"


def test_the_coverage_clock_tells_what_was_read_how_lately_and_what_is_overdue(people: Peopled) -> None:
    audited(people, days_ago=400)
    found = {item["store"]: item for item in read(people, "/fixity")["items"]}
    ours = found[store_of(people)]
    assert ours["copies"] == 1 and ours["overdue"] == 1
    assert {share["days"]: share["copies"] for share in ours["read"]} == {30: 0, 90: 0, 365: 0, 1096: 1}


def test_an_incident_shows_names_of_files_to_auditors_and_none_to_administrators(people: Peopled) -> None:
    report = {
        "files": 2,
        "copies": [{"store": "a", "members": [{"path": "data/Kết luận thanh tra.pdf"}]}],
        "members": [],
    }
    with people.installation.catalogue.transaction() as tx:
        record_incident(tx, Incident(INCIDENT, IncidentKind.COPIES, people.aip_id, people.clock.at, report))
    (item,) = read(people, "/incidents")["items"]
    assert item["subject"] == people.aip_id and people.aip_id in item["text"]
    assert read(people, f"/incidents/{INCIDENT}")["report"] == report
    shown = people.ask("administrator", "GET", f"/incidents/{INCIDENT}")
    assert shown.json()["report"]["files"] == 2 and "Kết luận" not in shown.text


def test_stores_are_told_without_a_way_into_them(people: Peopled) -> None:
    audited(people)
    answer = people.ask("administrator", "GET", "/stores")
    found = answer.json()
    assert [item["name"] for item in found["items"]] == list(people.installation.policy.names)
    assert found["items"][0]["last_audit_verdict"] == "red"
    assert str(people.installation.settings.home) not in answer.text


def test_backups_and_drills_are_listed_those_that_failed_too(people: Peopled) -> None:
    at, media = people.clock.at, [{"name": "BL-01", "ok": True, "path": "/mnt/bl-01"}]
    with people.installation.catalogue.transaction() as tx:
        first = Backup("một", BackupKind.FULL, RunState.RUNNING, at, media=media)
        begin_backup(tx, first)
        end_backup(tx, replace(first, state=RunState.COMPLETED, ended_at=at))
        begin_backup(tx, Backup("hai", BackupKind.INCREMENTAL, RunState.RUNNING, at + timedelta(seconds=1)))
        begin_backup(tx, Backup("ba", BackupKind.INCREMENTAL, RunState.RUNNING, at + timedelta(seconds=2)))
        begin_drill(tx, Drill("1" * 32, store_of(people), RunState.RUNNING, at))
    found = read(people, "/backups")
    assert [(item["name"], item["state"]) for item in found["backups"]] == [
        ("ba", "running"),
        ("hai", "failed"),
        ("một", "completed"),
    ]
    assert found["backups"][2]["media"] == [{"name": "BL-01", "whole": True}]
    assert [item["state"] for item in found["drills"]] == ["running"]


def test_every_scheduled_job_is_listed(people: Peopled) -> None:
    found = {job["name"]: job for job in read(people, "/jobs")["jobs"]}
    assert {"alerts", "watching", "audit"} <= set(found)
    assert found["alerts"]["state"] is None and found["alerts"]["last_done_at"] is None


def raised(people: Peopled, subject: str, severity: Severity = Severity.RED) -> int:
    with people.installation.catalogue.transaction() as tx:
        return raise_alert(
            tx, severity=severity, code="copy.damaged", subject=subject, text="Hỏng.", at=people.clock.at
        ).number


def test_alerts_come_in_pages_and_stay_open_when_somebody_took_them_on(people: Peopled) -> None:
    numbers = [raised(people, f"kho/{number}") for number in range(3)]
    raised(people, "kho/vàng", Severity.YELLOW)
    first = read(people, "/alerts", severity="red", limit=2)
    assert [item["number"] for item in first["items"]] == numbers[:0:-1] and first["open_red"] == 3
    rest = read(people, "/alerts", severity="red", limit=2, before=first["next"])
    assert [item["number"] for item in rest["items"]] == numbers[:1] and rest["next"] is None
    body = {"note": "đang thay ổ đĩa"}
    answer = people.ask("administrator", "POST", f"/alerts/{numbers[0]}/acknowledgement", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["acknowledged_by"] == "account:administrator" and answer.json()["open"]
    assert read(people, "/alerts")["open_red"] == 3


def test_an_alert_nobody_raised_is_404_and_a_word_is_needed(people: Peopled) -> None:
    number = raised(people, "kho/1")
    assert people.ask("head", "POST", "/alerts/99/acknowledgement", json={"note": "tôi"}).status_code == 404
    assert people.ask("head", "POST", f"/alerts/{number}/acknowledgement", json={"note": " "}).status_code == 422
    assert people.ask("auditor", "POST", f"/alerts/{number}/acknowledgement", json={"note": "tôi"}).status_code == 403


def test_metrics_tell_of_copies_alerts_checkpoints_and_jobs(people: Peopled) -> None:
    audited(people)
    raised(people, "kho/1")
    text = people.ask("auditor", "GET", "/metrics").text
    store = store_of(people)
    for line in (
        f'luutru_copies{{state="ok",store="{store}"}} 1.0',
        'luutru_alerts_open{severity="red"} 1.0',
        f'luutru_checkpoints_behind{{store="{store}"}} 0.0',
        "luutru_incidents_open 0.0",
        "luutru_workers_alive 0.0",
        "luutru_alert_channels_silent 0.0",
    ):
        assert line in text
    assert f"luutru_ledger_unsealed_records {len(people.ledger()):.1f}" in text
