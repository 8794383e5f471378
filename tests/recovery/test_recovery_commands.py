"""The commands of the day everything burns, as an administrator types them."""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from api.bootstrap import now, opened
from api.recovering import UNKNOWN_REGISTRATIONS
from api.sealing_ledger import seal_now
from api.settings import load_settings
from api.submitting import tidy
from archive.access import Author, Role, Scope
from archive.catalogue import NewAccount, NewToken
from archive.events import Event
from samples.holdings import store_packages
from tests.cli.shell import Said, here

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from builders import receive
from worlds import AT, MACHINE, sha

NOBODY_SEARCHES = 'hosts = ["http://127.0.0.1:9"]'


def typing(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: object) -> Said:
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
    return here(*arguments)


class Lost:
    """An archive with packages and people, sealed; its home, and the copies of its stores."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        made = here("init", "--home", self.home, "--name", "Lưu trữ tỉnh", "--code", "H99.12", "--json")
        assert made.code == 0, made.err
        settings = self.home / "luutru.toml"
        settings.write_text(settings.read_text().replace("hosts = []", NOBODY_SEARCHES))
        with opened(load_settings(self.home)) as installation:
            tidy(installation)
            list(store_packages(installation.catalogue, installation.stores, 3, size_bytes=3000))
            with installation.catalogue.transaction() as tx:
                tx.create_account(NewAccount("1" * 32, "lan", "Lan", Role.ARCHIVIST), by=MACHINE, at=AT)
                tx.set_password("1" * 32, "$argon2id$mật", by=MACHINE, at=AT)
                tx.issue_token(
                    NewToken("2" * 32, "1" * 32, "thử", sha("token"), frozenset({Scope.READ}), AT.replace(year=2027)),
                    by=Author("account:lan", "1" * 32),
                    at=AT,
                )
        self.store = self.home / "stores" / "kho-1"

    def seal(self) -> None:
        with opened(load_settings(self.home)) as installation:
            seal_now(installation)

    def new(self, name: str = "new") -> Path:
        return self.folder / name

    def export(self) -> dict[str, Any]:
        file, sheet = self.folder / "bi-mat.age", self.folder / "phieu.pdf"
        done = here("secrets", "export", file, "--sheet", sheet, "--home", self.home, "--json")
        assert done.code == 0, done.err
        return done.row


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    made = Lost(tmp_path)
    made.seal()
    yield made
    for home in made.folder.iterdir():
        if (home / "elasticsearch").is_dir():  # a node that a rebuild needed outlives the command
            assert here("stop", "--home", home).code == 0


def rebuilt(lost: Lost, *more: object, name: str = "new") -> Said:
    public = lost.home / "keys" / "archive-ed25519.pub.pem"
    return here("rebuild", "--from", lost.store, "--key", public, "--home", lost.new(name), "--json", *more)


def test_a_new_home_from_one_store_is_the_lost_one(lost: Lost) -> None:
    said = rebuilt(lost)
    assert said.code == 0, said.err + said.out
    assert said.row["packages"] == 3 and said.row["problems"] == []
    same = here("diff", lost.home, lost.new(), "--json")
    assert (same.code, same.row["count"]) == (0, 0), same.row
    got = here("get", "H99.34.2026.H0000001", "1", "-o", lost.folder / "1.pdf", "--home", lost.new())
    assert got.code == 0, got.err


def test_only_working_again_is_told_to_the_ledger_and_once(lost: Lost) -> None:
    rebuilt(lost)
    with opened(load_settings(lost.new())) as installation:
        with installation.catalogue.read() as view:
            assert view.record_of("archive", Event.ARCHIVE_CATALOGUE_REBUILT) is None
        for _ in range(2):
            tidy(installation)
        with installation.catalogue.read() as view:
            records = view.records(event=Event.ARCHIVE_CATALOGUE_REBUILT)
            assert len(records) == 1 and records[0].data["packages"] == 3
            (token,) = view.tokens("1" * 32)
            assert token.revoked_at is not None
    different = here("diff", lost.home, "--with", lost.new(), "--json")
    assert different.code == 1 and set(different.row["tables"]) >= {"ledger", "tokens"}


def test_secrets_bring_back_key_passwords_tokens_and_settings(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = lost.export()
    lost.seal()
    said = typing(
        monkeypatch, exported["passphrase"].lower(),
        "rebuild", "--from", lost.store, "--secrets", exported["file"], "--home", lost.new(), "--json", "--no-index",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.row["secrets"]["passwords"] == said.row["secrets"]["tokens"] == 1
    key = Path("keys") / "archive-ed25519.pem"
    assert (lost.new() / key).read_bytes() == (lost.home / key).read_bytes()
    assert stat.S_IMODE((lost.new() / key).stat().st_mode) == 0o600
    assert (lost.new() / "luutru.toml").read_text() == (lost.home / "luutru.toml").read_text()
    with opened(load_settings(lost.new())) as installation:
        tidy(installation)
        with installation.catalogue.read() as view:
            (token,) = view.tokens("1" * 32)
            assert token.revoked_at is None
            assert view.authenticated(sha("token"), AT) is not None
            account = view.account_named("lan")
            assert account is not None and account.has_password


def test_the_export_is_told_to_the_ledger_without_a_secret_and_its_files_are_private(lost: Lost) -> None:
    exported = lost.export()
    for name in ("bi-mat.age", "phieu.pdf"):
        assert stat.S_IMODE((lost.folder / name).stat().st_mode) == 0o600
    with opened(load_settings(lost.home)) as installation, installation.catalogue.read() as view:
        record = view.record_of("archive", Event.ARCHIVE_SECRETS_EXPORTED)
        assert record is not None and record.data["sha256"] == exported["sha256"]
        assert exported["passphrase"] not in record.body.decode()
    for file in lost.home.rglob("*"):
        if file.is_file():
            assert exported["passphrase"].encode() not in file.read_bytes(), file
    with pikepdf.open(lost.folder / "phieu.pdf") as pdf:
        assert len(pdf.pages) == 1
    again = here("secrets", "export", lost.folder / "bi-mat.age", "--home", lost.home)
    assert again.code == 4 and "secrets.file-exists" in again.err


def test_secrets_may_follow_a_rebuild(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = lost.export()
    rebuilt(lost)
    done = typing(
        monkeypatch, exported["passphrase"], "secrets", "restore", exported["file"], "--home", lost.new(), "--json"
    )
    assert done.code == 0 and (done.row["passwords"], done.row["tokens"]) == (1, 1), done.err
    wrong = typing(monkeypatch, "7K3QD" * 7, "secrets", "restore", exported["file"], "--home", lost.new())
    assert wrong.code == 4 and "secrets.passphrase-mistyped" in wrong.err and "7K3QD" not in wrong.err


def test_the_key_id_on_the_sheet_is_enough_to_believe_a_store(lost: Lost) -> None:
    key_id = lost.export()["key_id"]
    said = here("rebuild", "--from", lost.store, "--key", key_id, "--home", lost.new(), "--json", "--no-index")
    assert said.code == 0, said.err
    none = here("rebuild", "--from", lost.store, "--key", "0" * 64, "--home", lost.new("other"), "--json")
    assert none.code == 4 and "rebuild.failed" in none.err


def test_a_working_archive_is_never_built_over(lost: Lost) -> None:
    assert "rebuild.home-not-empty" in here("rebuild", "--from", lost.store, "--home", lost.home).err
    assert rebuilt(lost).code == 0
    assert "rebuild.home-not-empty" in rebuilt(lost).err


def test_damage_makes_the_exit_code_red(lost: Lost) -> None:
    package = next((lost.store / "aip").rglob("*.tar"))
    package.unlink()
    said = rebuilt(lost, "--no-index")
    assert said.code == 1
    assert {item["code"] for item in said.row["problems"]} == {"package.object.missing", "package.description.lost"}


def test_what_is_no_store_is_said_so(lost: Lost, tmp_path: Path) -> None:
    said = here("rebuild", "--from", tmp_path, "--home", lost.new())
    assert said.code == 4 and "store.failed" in said.err
    assert "store.failed" in here("rebuild", "--from", tmp_path / "nowhere", "--home", lost.new()).err


def test_a_store_may_be_named_by_its_policy(lost: Lost) -> None:
    policy = lost.home / "storage-policy.toml"
    public = lost.home / "keys" / "archive-ed25519.pub.pem"
    said = here("rebuild", "--from", f"{policy}:kho-2", "--key", public, "--home", lost.new(), "--json", "--no-index")
    assert said.code == 0, said.err
    assert said.row["stores"] == ["kho-2"]


def test_diff_needs_two_archives_that_exist(lost: Lost, tmp_path: Path) -> None:
    assert here("diff").code == 3
    shutil.copytree(lost.home, tmp_path / "copy")
    (tmp_path / "copy" / "catalogue.sqlite").unlink()
    said = here("diff", lost.home, tmp_path / "copy")
    assert said.code == 4 and not (tmp_path / "copy" / "catalogue.sqlite").exists()
    address = f"sqlite:///{lost.home / 'catalogue.sqlite'}"
    assert here("diff", "--with", address, "--home", lost.home).code == 0


def test_diff_prints_no_more_than_asked_and_counts_all(lost: Lost) -> None:
    rebuilt(lost, "--no-index")
    with opened(load_settings(lost.home)) as installation:
        list(store_packages(installation.catalogue, installation.stores, 2, size_bytes=3000, first=10))
    said = here("diff", lost.home, lost.new(), "--limit", "3", "--json")
    assert said.code == 1 and len(said.row["differences"]) == 3 and said.row["count"] > 20
    assert json.dumps(said.row["tables"])


def test_the_key_id_is_enough_also_when_the_newest_checkpoint_is_damaged(lost: Lost) -> None:
    key_id = lost.export()["key_id"]
    lost.seal()
    newest = max((lost.store / "checkpoint").iterdir())
    newest.chmod(0o600)
    newest.write_bytes(b"{}")
    said = here("rebuild", "--from", lost.store, "--key", key_id, "--home", lost.new(), "--json", "--no-index")
    assert said.code == 1, said.err
    assert {item["code"] for item in said.row["problems"]} == {"checkpoint.object.damaged", "checkpoint.chain.damaged"}


def test_a_password_changed_since_the_export_does_not_come_back(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = lost.export()
    with opened(load_settings(lost.home)) as installation, installation.catalogue.transaction() as tx:
        tx.set_password("1" * 32, "$argon2id$khác", by=MACHINE, at=now())
    lost.seal()
    said = typing(
        monkeypatch, exported["passphrase"],
        "rebuild", "--from", lost.store, "--secrets", exported["file"], "--home", lost.new(), "--json", "--no-index",
    )  # fmt: skip
    assert (said.code, said.row["secrets"]["passwords"], said.row["secrets"]["tokens"]) == (0, 0, 1), said.err
    with opened(load_settings(lost.new())) as installation, installation.catalogue.read() as view:
        account = view.account_named("lan")
        assert account is not None and not account.has_password


def test_no_number_told_behind_the_last_seal_is_given_again(lost: Lost) -> None:
    def registered(home: Path, number: int) -> int:
        with opened(load_settings(home)) as installation, installation.catalogue.transaction() as tx:
            return int(receive(tx, number).registration_number.rpartition("-")[2])

    told = [registered(lost.home, number) for number in (901, 902)]
    rebuilt(lost, "--no-index")
    with opened(load_settings(lost.new())) as installation:
        for _ in range(2):
            tidy(installation)
    given = registered(lost.new(), 903)
    assert given > max(told)
    assert given == told[0] + UNKNOWN_REGISTRATIONS, "left out once"


def test_an_archive_that_fell_back_seals_on_and_keeps_what_it_fell_back_from(lost: Lost) -> None:
    with opened(load_settings(lost.home)) as installation, installation.catalogue.transaction() as tx:
        receive(tx, 901)
    lost.seal()
    others = [lost.home / "stores" / name for name in ("kho-1", "kho-2")]
    for store in others:
        segment = max((store / "ledger").iterdir())
        segment.chmod(0o600)
        segment.write_bytes(b"x")
    public = lost.home / "keys" / "archive-ed25519.pub.pem"
    key = lost.home / "keys" / "archive-ed25519.pem"
    said = here(
        "rebuild", *(item for store in others for item in ("--from", store)), "--key", public,
        "--home", lost.new(), "--json", "--no-index",
    )  # fmt: skip
    assert (said.code, said.row["checkpoint"]["number"]) == (1, 1), said.err
    (lost.new() / "keys").mkdir(exist_ok=True)
    for path in (key, public):
        shutil.copy2(path, lost.new() / "keys")
    with opened(load_settings(lost.new())) as installation:
        for _ in range(2):
            tidy(installation)
        with installation.catalogue.read() as view:
            record = view.record_of("archive", Event.ARCHIVE_CATALOGUE_REBUILT)
            assert record is not None and record.data["superseded"] == {"kho-1": [2], "kho-2": [2]}
        sealed = seal_now(installation)
        assert sealed.checkpoint is not None and sealed.checkpoint.number == 2
        assert all(item.error is None for item in sealed.stores)
    for store in others:
        assert [path.name.partition("-")[0] for path in (store / "backup" / "superseded").iterdir()] == ["0000000002"]
    assert here("ledger", "verify", "--full", "--home", lost.new()).code == 0
