"""The sealed ledger as an administrator handles it: sealed, shown, verified, tampered with, mended; by hand and by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, now, opened
from api.jobs import checkpoint_days, checkpoints
from api.settings import load_settings
from api.settings_ledger import LedgerSettings, LedgerSettingsError, parse_ledger
from api.watching import fsck, ledger_broken
from api.watching.round import look_round
from archive.alerts import Severity
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.catalogue.database import open_engine, writing
from archive.checkpoints.statement import Kind
from archive.errors import LedgerBrokenError
from archive.events import Event
from samples.holdings import store_packages
from tests.cli.shell import Said, here


@dataclass
class Running:
    """One running of a job; ``stops``: it is told to stop at once."""

    slot: str = "now"
    stops: bool = False

    def stopping(self) -> bool:
        return self.stops


@dataclass
class Kept:
    home: Path

    def ledger(self, *arguments: object) -> Said:
        return here("ledger", *arguments, "--home", self.home, "--json")

    def verified(self, *arguments: object) -> tuple[int, set[str]]:
        said = self.ledger("verify", *arguments)
        return said.code, {row["code"] for row in said.rows}

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        with opened(load_settings(self.home)) as installation:
            yield installation

    def store(self, number: int = 1) -> Path:
        return self.home / "stores" / f"kho-{number}"

    def object(self, folder: str, number: int = 1) -> Path:
        return next(path for path in sorted((self.store(number) / folder).iterdir()) if path.suffix == ".jsonl")

    def add(self, count: int = 1, first: int = 1) -> None:
        with self.installation() as installation:
            list(store_packages(installation.catalogue, installation.stores, count, size_bytes=2000, first=first))

    def alerts(self) -> list[tuple[str, str, Severity]]:
        with self.installation() as installation:
            look_round(installation, watches=[fsck.WATCH, ledger_broken.WATCH])
            with installation.catalogue.read() as view:
                codes = fsck.WATCH.codes | ledger_broken.WATCH.codes
                return sorted((alert.code, alert.subject, alert.severity) for alert in open_alerts(view, codes))

    def tamper(self, statement: str) -> None:
        """An administrator's hand: the guards are dropped first."""
        with self.installation() as installation:
            url = installation.settings.catalogue_url
        engine = open_engine(url)
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ALTER TABLE ledger DISABLE TRIGGER USER")
            else:
                for trigger in ("ledger_refuses_update", "ledger_refuses_delete", "ledger_refuses_gap"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}")
            connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = here("init", "--home", tmp_path / "home", "--name", "Lưu trữ tỉnh", "--code", "H99.12", "--json")
    assert made.code == 0, made.err
    archive = Kept(tmp_path / "home")
    archive.add(2)
    return archive


def bend(path: Path) -> None:
    """One bit of it is another."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def test_what_is_new_is_sealed_shown_and_verified(kept: Kept) -> None:
    before = kept.ledger("status")
    assert (before.code, before.row["number"], before.row["sealed_last"]) == (0, 0, 0)
    sealed = kept.ledger("seal")
    assert sealed.code == 0, sealed.err
    assert sealed.row["checkpoint"]["kind"] == "full" and sealed.row["checkpoint"]["number"] == 1
    assert [(item["number"], item["error"]) for item in sealed.row["stores"]] == [(1, None), (1, None)]
    status = kept.ledger("status")
    assert (status.code, status.row["number"], status.row["level"]) == (0, 1, True)
    assert status.row["sealed_last"] == status.row["ledger_last"] > 0
    again = kept.ledger("seal")
    assert (again.code, again.row["checkpoint"]) == (0, None)
    assert kept.verified() == (0, set())
    assert all(item["verified_number"] == 1 for item in kept.ledger("status").row["stores"])


def test_a_day_and_everything_are_sealed_on_demand_and_words_say_so(kept: Kept) -> None:
    kept.ledger("seal")
    kinds = [kept.ledger("seal", "--span", span).row["checkpoint"]["kind"] for span in ("day", "full")]
    assert kinds == ["day", "full"]
    shown = here("ledger", "seal", "--home", kept.home)
    assert (shown.code, "Không có gì mới" in shown.out) == (0, True)
    assert "kho-1" in here("ledger", "status", "--home", kept.home).out
    assert "Đúng như khi niêm phong" in here("ledger", "verify", "--full", "--home", kept.home).out
    assert here("ledger", "seal", "--span", "mai", "--home", kept.home).code != 0


def test_a_store_is_proven_by_nothing_but_its_folder_and_the_public_key(kept: Kept, tmp_path: Path) -> None:
    kept.ledger("seal")
    folder = tmp_path / "found"
    shutil.copytree(kept.store(), folder)
    public = tmp_path / "archive.pub.pem"
    shutil.copy(kept.home / "keys" / "archive-ed25519.pub.pem", public)

    def alone(key: Path = public) -> tuple[int, list[str]]:
        said = here("ledger", "verify", "--from", folder, "--key", key, "--json")
        return said.code, [row["code"] for row in said.rows]

    assert alone() == (0, [])
    other = here("init", "--home", tmp_path / "other", "--name", "Kho khác", "--code", "H98", "--json")
    assert other.code == 0, other.err
    assert alone(tmp_path / "other" / "keys" / "archive-ed25519.pub.pem") == (1, ["checkpoint.chain.broken"])
    segment = next((folder / "ledger").iterdir())
    bend(segment)
    assert alone() == (1, ["checkpoint.part.damaged"])


def test_a_store_in_which_nothing_is_sealed_proves_nothing(kept: Kept, tmp_path: Path) -> None:
    kept.ledger("seal")
    folder = tmp_path / "found"
    shutil.copytree(kept.store(), folder)
    for path in (folder / "checkpoint").iterdir():
        path.chmod(0o600)
        path.unlink()
    public = kept.home / "keys" / "archive-ed25519.pub.pem"
    said = here("ledger", "verify", "--from", folder, "--key", public, "--json")
    assert (said.code, [row["code"] for row in said.rows]) == (1, ["checkpoint.chain.absent"])


@pytest.mark.parametrize("folder", ["ledger", "rows", "checkpoint"])
@pytest.mark.parametrize("gone", [False, True])
def test_what_a_store_lost_is_put_back_whole_and_told_to_the_ledger(kept: Kept, folder: str, gone: bool) -> None:
    kept.ledger("seal")
    path = next((kept.store() / folder).iterdir())
    whole = path.read_bytes()
    bend(path)
    if gone:
        path.unlink()
    code, codes = kept.verified("--full")
    assert code == 1 and codes <= {
        f"checkpoint.{what}.{how}" for what in ("object", "part") for how in ("missing", "damaged")
    }
    red = kept.alerts()
    assert [item for item in red if item[0] == "ledger.broken"] == (
        [] if gone else [("ledger.broken", red[-1][1], Severity.RED)]
    )
    mended = kept.ledger("verify", "--repair")
    assert (mended.code, [row["repaired"] for row in mended.rows]) == (0, [True])
    assert path.read_bytes() == whole
    assert kept.alerts() == []
    with kept.installation() as installation, installation.catalogue.read() as view:
        record = view.record_of("ledger", Event.LEDGER_COPY_REPAIRED)
        assert record is not None and record.data["key"] == f"{folder}/{path.name}"
        assert (record.data["found_sha256"] is None) is gone
    assert kept.verified("--full") == (0, set())


def test_a_segment_damaged_everywhere_comes_from_the_catalogue_and_rows_do_not(kept: Kept) -> None:
    kept.ledger("seal")
    for number in (1, 2):
        bend(kept.object("ledger", number))
        bend(kept.object("rows", number))
    said = kept.ledger("verify", "--full", "--repair")
    done = {(row["details"]["store"], row["subject"].partition("/")[0]): row.get("repaired") for row in said.rows}
    assert said.code == 1
    assert done == {(f"kho-{n}", name): name == "ledger" for n in (1, 2) for name in ("ledger", "rows")}
    assert all(row["reason"] for row in said.rows if not row["repaired"])
    assert kept.ledger("seal", "--span", "full").code == 0
    assert kept.verified("--full")[0] == 0


def test_T12_a_changed_record_is_named_never_mended_and_red_until_it_is_right_again(kept: Kept) -> None:
    kept.ledger("seal")
    kept.tamper("UPDATE ledger SET body = replace(body, 'luutru', 'LUUTRU') WHERE seq = 3")
    said = kept.ledger("verify", "--full", "--repair")
    assert (said.code, [(row["code"], row["subject"]) for row in said.rows]) == (1, [("ledger.seal.contradicted", "3")])
    assert ("ledger.broken", "3", Severity.RED) in kept.alerts()
    # Not reading everything does not make it go away.
    assert kept.verified()[0] == 1
    assert ("ledger.broken", "3", Severity.RED) in kept.alerts()
    kept.tamper("UPDATE ledger SET body = replace(body, 'LUUTRU', 'luutru') WHERE seq = 3")
    assert kept.verified() == (0, set())
    assert kept.alerts() == []


def test_a_store_that_is_away_is_no_proof_of_anything_and_ends_no_alert(kept: Kept) -> None:
    kept.ledger("seal")
    bend(kept.object("rows"))
    assert kept.verified("--full")[0] == 1
    kept.store().rename(kept.home / "away")
    assert kept.verified() == (2, {"store.place.unreachable"})
    assert [code for code, _, _ in kept.alerts()] == ["ledger.broken"]
    (kept.home / "away").rename(kept.store())
    assert kept.verified("--repair")[0] == 0
    assert kept.alerts() == []


def test_a_name_no_store_has_is_refused_and_one_store_can_be_chosen(kept: Kept) -> None:
    kept.ledger("seal")
    bend(kept.object("rows"))
    assert kept.ledger("verify", "--store", "kho-9").code not in (0, 1)
    assert kept.verified("--full", "--store", "kho-2") == (0, set())
    assert kept.verified("--full", "--store", "kho-1") == (1, {"checkpoint.part.damaged"})


def test_the_jobs_seal_merge_let_go_verify_and_mend(kept: Kept) -> None:
    with kept.installation() as installation:
        checkpoints.JOB.run(installation, Running())
        assert newest(installation) == (1, Kind.FULL)
        checkpoints.JOB.run(installation, Running())
        assert newest(installation) == (1, Kind.FULL)
    kept.add(first=3)
    bend(kept.object("ledger"))
    with kept.installation() as installation:
        checkpoints.JOB.run(installation, Running())
        assert newest(installation) == (2, Kind.NEWS)
        checkpoint_days.JOB.run(installation, Running())
        assert newest(installation) == (3, Kind.DAY)
    assert kept.verified("--full") == (0, set())


def test_a_job_told_to_stop_says_nothing_of_what_it_did_not_read(kept: Kept) -> None:
    with kept.installation() as installation:
        checkpoints.JOB.run(installation, Running())
        for number in (1, 2):
            bend(kept.object("rows", number))
        checkpoint_days.JOB.run(installation, Running(stops=True))
    assert kept.alerts() == []


@pytest.mark.parametrize("sealed", [False, True])
def test_T12_a_job_that_may_not_seal_a_broken_ledger_tells_people(kept: Kept, sealed: bool) -> None:
    if sealed:
        kept.ledger("seal")
        kept.add(first=3)
    with kept.installation() as installation, installation.catalogue.read() as view:
        last = (view.ledger_end() or (0, ""))[0]
    kept.tamper(f"UPDATE ledger SET body = replace(body, 'luutru', 'LUUTRU') WHERE seq = {last - 1}")
    for _ in range(2):
        with kept.installation() as installation, pytest.raises(LedgerBrokenError):
            checkpoints.JOB.run(installation, Running())
    assert kept.alerts() == [("ledger.broken", str(last - 1), Severity.RED)]
    kept.tamper(f"UPDATE ledger SET body = replace(body, 'LUUTRU', 'luutru') WHERE seq = {last - 1}")
    with kept.installation() as installation:
        checkpoints.JOB.run(installation, Running())
    assert kept.alerts() == []


def test_T12_the_days_job_names_what_was_changed_behind_the_last_seal(kept: Kept) -> None:
    kept.ledger("seal")
    kept.add(first=3)
    kept.ledger("seal")
    with kept.installation() as installation, installation.catalogue.read() as view:
        last = (view.ledger_end() or (0, ""))[0]
    kept.tamper(f"UPDATE ledger SET body = replace(body, 'luutru', 'LUUTRU') WHERE seq = {last - 1}")
    with kept.installation() as installation, pytest.raises(LedgerBrokenError):
        checkpoint_days.JOB.run(installation, Running())
    assert ("ledger.broken", str(last - 1), Severity.RED) in kept.alerts()


def newest(installation: Installation) -> tuple[int, Kind]:
    with installation.catalogue.read() as view:
        found = last_checkpoint(view)
    assert found is not None and now() - found.content.at < timedelta(hours=1)
    return found.number, found.content.kind


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"seal_seconds": 0}, "seal_seconds"),
        ({"seal_seconds": True}, "seal_seconds"),
        ({"seal_seconds": "60"}, "seal_seconds"),
        ({"merge_at": "24:00"}, "merge_at"),
        ({"merge_at": 20}, "merge_at"),
        ({"full_days": 367}, "full_days"),
        ({"timestamp_url": "tsa.example", "timestamp_ca": "ca.pem"}, "timestamp_url"),
        ({"timestamp_url": "https://tsa.example"}, "timestamp_ca"),
        ({"timestamp_ca": "ca.pem"}, "timestamp_url"),
        ({"timestamp_seconds": -1}, "timestamp_seconds"),
    ],
)
def test_a_wrong_setting_of_the_ledger_is_named(table: dict[str, Any], key: str) -> None:
    with pytest.raises(LedgerSettingsError) as refused:
        parse_ledger(table, Path("/kho"))
    assert key in refused.value.message and refused.value.remedy


def test_settings_of_the_ledger_are_what_was_written_and_paths_belong_to_the_home() -> None:
    assert parse_ledger({}, Path("/kho")) == LedgerSettings()
    given = {"seal_seconds": 300, "merge_at": "", "timestamp_url": "http://tsa.example/a", "timestamp_ca": "ca.pem"}
    found = parse_ledger(given, Path("/kho"))
    assert (found.seal_seconds, found.merge_at) == (300, "00:20")
    assert (found.timestamp_url, found.timestamp_ca) == ("http://tsa.example/a", Path("/kho/ca.pem"))
