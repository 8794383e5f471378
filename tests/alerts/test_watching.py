"""Each watch opens its alerts while the state lasts and closes them when it is over; one that is blind changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.settings import load_settings
from api.watching import audits, copies, fsck, incidents, jobs, ledger, recovery, stores, workers
from api.watching.round import WatchError, all_watches, look_round
from api.watching.watch import Watch
from archive.alerts import Severity, Standing, acknowledge_alert
from archive.catalogue import Copy
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.audit_model import AuditRun, Depth, Scope, Verdict
from archive.catalogue.audit_writing import begin_run, complete_run, hold_run
from archive.catalogue.backup_log import Backup, BackupKind, Drill, begin_backup, begin_drill, end_backup, end_drill
from archive.catalogue.backup_log import RunState as RecoveryState
from archive.catalogue.repair_model import FsckRun, Incident, IncidentKind, IncidentOutcome
from archive.catalogue.repair_writing import end_incident, record_fsck_run, record_incident
from archive.catalogue.worker_model import Heartbeat, JobRun, RunState
from archive.errors import StoreError, StoreFullError
from archive.fixity import CopyState
from archive.storage.key import Key
from archive.storage.memory import MemoryStore
from schemas.alerts import alert_kinds
from tests.alerts.making import an_alert
from tests.catalogue.builders import AT, stored_package

LATER = AT + timedelta(days=1)


@dataclass
class Looking:
    """One archive, and the clock of whoever looks."""

    installation: Installation
    at: datetime = LATER

    @property
    def store(self) -> str:
        return self.installation.policy.names[0]

    def found(self, watch: Watch) -> list[tuple[str, str]]:
        """(code, subject) of the open alerts of ``watch`` after a round."""
        look_round(self.installation, watches=[watch], clock=lambda: self.at)
        with self.installation.catalogue.read() as view:
            return [(alert.code, alert.subject) for alert in open_alerts(view, watch.codes)]

    def copy(self, aip_id: str, state: CopyState, at: datetime = AT) -> None:
        with self.installation.catalogue.transaction() as tx:
            tx.record_copies([Copy(aip_id, self.store, state, at)])

    def run(self, number: int, verdict: Verdict | None, trouble: str = "", at: datetime = AT) -> None:
        run = AuditRun(f"{number:032x}", self.store, Scope.ALL, Depth.FULL, "luutru", at, at, trouble=trouble)
        with self.installation.catalogue.transaction() as tx:
            begin_run(tx, run)
            if verdict is not None:
                hold_run(tx, run.id, holder="w", until=at)
                complete_run(tx, run, holder="w", at=at, verdict=verdict, report_sha256="0" * 64)


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[Looking]:
    initialise(tmp_path / "home", name="Kho", code="H99")
    with opened(load_settings(tmp_path / "home")) as installation:
        yield Looking(installation)


def test_every_code_but_those_raised_with_their_fact_belongs_to_exactly_one_watch() -> None:
    watched = [code for watch in all_watches() for code in watch.codes]
    assert len(watched) == len(set(watched))
    assert set(alert_kinds()) - set(watched) == {"alerts.undeliverable", "destruction.open", "file.transfer-due"}


def test_a_damaged_copy_is_red_until_it_is_whole_again(looking: Looking) -> None:
    aip_id = stored_package(looking.installation.catalogue).aip_id
    looking.copy(aip_id, CopyState.OK)
    looking.copy(aip_id, CopyState.MISMATCH)
    assert looking.found(copies.WATCH) == [("copy.damaged", f"{looking.store}/{aip_id}")]
    looking.copy(aip_id, CopyState.OK, LATER)
    assert looking.found(copies.WATCH) == []


def test_a_burnt_store_is_one_alert_not_thousands(looking: Looking) -> None:
    for number in range(copies.MOST_EACH + 1):
        aip_id = stored_package(looking.installation.catalogue, number + 1).aip_id
        looking.copy(aip_id, CopyState.OK)
        looking.copy(aip_id, CopyState.MISSING)
    assert looking.found(copies.WATCH) == [("copy.damaged", looking.store)]


def test_copies_not_read_in_time_and_copies_awaited_too_long_are_told(looking: Looking) -> None:
    first, second = (stored_package(looking.installation.catalogue, number).aip_id for number in (1, 2))
    looking.copy(first, CopyState.OK)
    looking.copy(second, CopyState.AWAITED)
    looking.at = AT + timedelta(hours=looking.installation.policy.lag_alert_hours)
    assert looking.found(copies.WATCH) == []
    looking.at += timedelta(minutes=1)
    assert looking.found(copies.WATCH) == [("copy.awaited", looking.store)]
    looking.at = AT + timedelta(days=4000)
    assert set(looking.found(copies.WATCH)) == {("copy.awaited", looking.store), ("copy.overdue", looking.store)}


def test_a_red_audit_and_a_missed_canary_stand_until_an_audit_is_green(looking: Looking) -> None:
    looking.run(1, Verdict.RED)
    assert looking.found(audits.WATCH) == [("audit.red", looking.store)]
    looking.run(2, Verdict.CANARY_MISSED, at=AT + timedelta(hours=1))
    assert looking.found(audits.WATCH) == [("canary.missed", looking.store)]
    looking.run(3, Verdict.GREEN, at=AT + timedelta(hours=2))
    assert looking.found(audits.WATCH) == []


def test_an_audit_nobody_takes_up_again_is_told(looking: Looking) -> None:
    looking.run(1, None, trouble="kho không trả lời")
    looking.at = AT + audits.STOPPED
    assert looking.found(audits.WATCH) == []
    looking.at += timedelta(minutes=1)
    assert looking.found(audits.WATCH) == [("audit.not-run", looking.store)]


def test_an_incident_is_told_until_it_is_closed(looking: Looking) -> None:
    catalogue, item = looking.installation.catalogue, Incident("1" * 32, IncidentKind.COPIES, "aip-1", AT, {})
    with catalogue.transaction() as tx:
        record_incident(tx, item)
        record_incident(tx, replace(item, id="2" * 32, kind=IncidentKind.STORE, subject=looking.store))
    assert looking.found(incidents.WATCH) == [("incident.opened", "aip-1")]
    assert looking.found(copies.WATCH) == [("copy.damaged", looking.store)]
    with catalogue.transaction() as tx:
        end_incident(tx, item.id, outcome=IncidentOutcome.HEALED, by="luutru", reason="lành", at=LATER)
    assert looking.found(incidents.WATCH) == []


def test_a_comparison_with_differences_or_not_made_is_told_until_the_next_is_clean(looking: Looking) -> None:
    for number, (differences, problem) in enumerate([(2, ""), (0, "kho không đọc được"), (0, "")]):
        at = AT + timedelta(days=number)
        with looking.installation.catalogue.transaction() as tx:
            record_fsck_run(tx, FsckRun(f"{number:032x}", "whole", at, at, differences, [], problem))
        assert looking.found(fsck.WATCH) == ([] if number == 2 else [("fsck.red", "whole")])


def test_records_that_wait_for_their_seal_are_told(looking: Looking) -> None:
    stored_package(looking.installation.catalogue)
    looking.at = AT + ledger.UNSEALED
    assert looking.found(ledger.WATCH) == []
    looking.at += timedelta(minutes=1)
    assert looking.found(ledger.WATCH) == [("ledger.unsealed", "ledger")]


def test_a_failed_backup_is_told_at_once_and_a_missing_one_after_a_day_and_a_half(looking: Looking) -> None:
    catalogue = looking.installation.catalogue
    stored_package(catalogue)
    looking.at = AT + recovery.BACKUP_MISSING
    assert looking.found(recovery.WATCH) == []
    looking.at += timedelta(minutes=1)
    assert looking.found(recovery.WATCH) == [("backup.failed", "backup")]
    made = Backup("2026-11-22", BackupKind.FULL, RecoveryState.RUNNING, looking.at)
    with catalogue.transaction() as tx:
        begin_backup(tx, made)
        end_backup(tx, replace(made, state=RecoveryState.COMPLETED, ended_at=looking.at))
    assert looking.found(recovery.WATCH) == []
    with catalogue.transaction() as tx:
        begin_backup(tx, replace(made, name="2026-11-23"))
        end_backup(tx, replace(made, name="2026-11-23", state=RecoveryState.FAILED, ended_at=looking.at))
    assert looking.found(recovery.WATCH) == [("backup.failed", "backup")]


def test_a_drill_that_found_a_difference_or_was_not_held_is_told(looking: Looking) -> None:
    catalogue = looking.installation.catalogue
    stored_package(catalogue)
    looking.at = AT + recovery.DRILL_MISSING + timedelta(minutes=1)
    assert ("drill.failed", "drill") in looking.found(recovery.WATCH)
    for number, differences in enumerate((1, 0)):
        held = Drill(f"{number:032x}", looking.store, RecoveryState.RUNNING, looking.at + timedelta(hours=number))
        with catalogue.transaction() as tx:
            begin_drill(tx, held)
            ended = replace(held, state=RecoveryState.COMPLETED, ended_at=looking.at, differences=differences)
            end_drill(tx, ended)
        assert (("drill.failed", "drill") in looking.found(recovery.WATCH)) is bool(differences)


def a_beat(host: str, *, age: float = 0, idle: float | None = None) -> Heartbeat:
    idle_since = None if idle is None else AT - timedelta(seconds=idle)
    return Heartbeat(host, host, 1, AT, AT - timedelta(seconds=age), 3, 0, idle_since, "")


def told_of(host: str, **values: Any) -> Any:
    return an_alert(code="worker.silent", subject=host, **values)


def test_a_worker_that_dies_is_told_until_one_lives_on_its_machine_though_the_catalogue_forgets_it() -> None:
    alive, dead = a_beat("a"), a_beat("b", age=60)
    assert [item.subject for item in workers.silent([alive, dead], [], AT)] == ["b"]
    assert [item.subject for item in workers.silent([alive], [told_of("b")], AT)] == ["b"]
    assert list(workers.silent([alive, a_beat("b")], [told_of("b")], AT)) == []


def test_a_machine_that_was_taken_away_is_forgotten_once_somebody_said_so() -> None:
    acknowledged = told_of("b", acknowledged_at=AT)
    assert list(workers.silent([a_beat("a")], [acknowledged], AT)) == []
    assert {item.subject for item in workers.silent([], [acknowledged], AT)} == {"*", "b"}


def test_a_worker_that_sits_before_its_work_is_silent_too() -> None:
    """T29."""
    assert [item.subject for item in workers.silent([a_beat("a", idle=600)], [], AT)] == ["a"]


def test_no_worker_at_all_is_told(looking: Looking) -> None:
    assert looking.found(workers.WATCH) == [("worker.silent", "*")]


def a_run(state: RunState, attempt: int = 1) -> JobRun:
    return JobRun("job", "1", state, attempt, "w", AT, AT, None, AT, "")


def test_a_job_is_told_of_when_it_fails_again_and_again_and_not_before() -> None:
    failed, done = a_run(RunState.FAILED), a_run(RunState.DONE)
    assert not jobs.keeps_failing([failed, failed, done, failed])
    assert jobs.keeps_failing([failed, failed, failed, done])
    assert jobs.keeps_failing([a_run(RunState.FAILED, 3), done])
    assert not jobs.keeps_failing([a_run(RunState.RUNNING, 3), done])
    assert jobs.keeps_failing([a_run(RunState.RUNNING, 4), done])
    assert not jobs.keeps_failing([])


class Ailing(MemoryStore):
    """Fails as often as it is told to."""

    failures: list[Exception]
    free: int = 1 << 40

    def size(self, key: Key) -> int:
        if self.failures:
            raise self.failures.pop(0)
        return super().size(key)

    def free_bytes(self) -> int:
        return self.free


def ailing(*failures: Exception, free: int = 1 << 40) -> Ailing:
    store = Ailing("kho")
    store.failures, store.free = list(failures), free
    return store


def codes(store: Ailing) -> list[str]:
    return [item.code for item in stores.probed(store, 1 << 30, pause_seconds=0)]


def test_a_hiccup_of_a_store_is_no_alert_a_silence_is() -> None:
    hiccup = StoreError("không trả lời")
    assert codes(ailing(hiccup, hiccup)) == []
    assert codes(ailing(*[hiccup] * stores.ATTEMPTS)) == ["store.unreachable"]
    assert codes(ailing(*[StoreFullError("hết chỗ")] * stores.ATTEMPTS)) == ["store.full"]
    assert codes(ailing(free=1 << 20)) == ["store.full"]


def test_stores_on_one_device_are_named_together(looking: Looking) -> None:
    (found,) = stores.sharing_a_device(looking.installation.stores)
    assert found.code == "store.same-device" and all(
        name in found.subject for name in looking.installation.policy.names
    )


def test_a_watch_that_is_blind_opens_nothing_closes_nothing_and_keeps_no_other_from_looking(looking: Looking) -> None:
    red = Standing("copy.damaged", "kho", Severity.RED, "Hỏng.")
    seeing = Watch("copies", frozenset({"copy.damaged"}), lambda *_: [red])
    assert looking.found(seeing) == [("copy.damaged", "kho")]

    def blind(_installation: Installation, _at: datetime) -> list[Standing]:
        raise StoreError("không trả lời")

    other = Watch("fsck", frozenset({"fsck.red"}), lambda *_: [Standing("fsck.red", "x", Severity.RED, "Sai.")])
    with pytest.raises(WatchError, match="copies"):
        look_round(looking.installation, watches=[replace(seeing, look=blind), other], clock=lambda: LATER)
    with looking.installation.catalogue.read() as view:
        assert {alert.code for alert in open_alerts(view)} == {"copy.damaged", "fsck.red"}


def test_what_is_acknowledged_stays_acknowledged_while_it_lasts(looking: Looking) -> None:
    aip_id = stored_package(looking.installation.catalogue).aip_id
    looking.copy(aip_id, CopyState.OK)
    looking.copy(aip_id, CopyState.MISMATCH)
    looking.found(copies.WATCH)
    with looking.installation.catalogue.transaction() as tx:
        acknowledge_alert(tx, 1, by="user:an", note="đang xem", at=datetime.now(UTC))
    looking.found(copies.WATCH)
    with looking.installation.catalogue.read() as view:
        assert [alert.acknowledged_by for alert in open_alerts(view, {"copy.damaged"})] == ["user:an"]
