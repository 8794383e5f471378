"""What people do with the key store, by the command line and with the ledger listening."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest

from api.bootstrap import opened
from api.diagnosing_keys import key_store_probes
from api.doctor import Health
from api.key_share_sheet import ShareSheet, share_sheet
from api.settings import load_settings
from api.settings_keys import HolderKind, KeysSettingsError, parse_keys
from archive.events import Event
from archive.keystore.shares import printed_shares
from archive.local_time import VIETNAM
from tests.cli.shell import here
from tests.sealing.archived import World


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_status_and_check_say_how_the_key_store_is(world: World) -> None:
    world.store()
    said = here("keys", "status", "--home", world.home, "--json").row
    assert (said["generation"], said["keys"], said["destroyed"], said["shares"]) == (1, 1, 0, None)
    with world.without_keys():
        assert here("keys", "status", "--home", world.home, "--json").row == said
    assert here("keys", "check", "--home", world.home, "--json").row == {"generation": 1, "records": 1, "healed": 0}


def test_shares_are_printed_rehearsed_and_give_the_key_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aip = world.store()
    said = here(
        "keys", "shares", "--to", tmp_path / "sheets", "--needed", 2, "--printed", 3, "--home", world.home, "--json"
    )
    sheets = [Path(path) for path in said.row["sheets"]]
    assert len(sheets) == 3
    assert all(path.read_bytes().startswith(b"%PDF-") and path.stat().st_mode & 0o077 == 0 for path in sheets)
    assert here("keys", "status", "--home", world.home, "--json").row["shares"] == [2, 3]
    assert world.installation.keys is not None
    shares = printed_shares(world.installation.keys.kek, needed=2, printed=3)
    typed(monkeypatch, shares[2], shares[0])
    assert here("keys", "drill", "--home", world.home, "--json").row["passed"]
    typed(monkeypatch, shares[2], "")
    assert here("keys", "drill", "--home", world.home).code != 0
    (world.home / "keys" / "kek" / "kek.json").unlink()
    typed(monkeypatch, shares[1], shares[0])
    new = tmp_path / "new" / "kek.json"
    assert here("keys", "recover", "--to", new, "--home", world.home, "--json").code == 0
    settings = world.home / "luutru.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('"keys/kek/kek.json"', f'"{new}"'), encoding="utf-8"
    )
    assert here("verify", aip.id, "--deep", "--home", world.home, "--json").code == 0
    with world.installation.catalogue.read() as view:
        drills = view.records(subject="keys", event=Event.KEYS_DRILL_COMPLETED)
        assert [record.data["passed"] for record in drills] == [True, False]
        told = b"".join(record.body for record in view.records(subject="keys"))
    assert not any(f" {word} ".encode() in told for share in shares for word in share.split() if len(word) > 4)


def test_after_a_rotation_old_shares_and_old_copies_open_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aip = world.store()
    assert world.installation.keys is not None
    shares = printed_shares(world.installation.keys.kek, needed=2, printed=2)
    said = here("keys", "rotate", "--home", world.home, "--json").row
    assert (said["generation"], said["keys"], said["destroyed"]) == (2, 1, 0)
    typed(monkeypatch, *shares)
    assert here("keys", "drill", "--home", world.home).code != 0
    assert here("verify", aip.id, "--deep", "--home", world.home, "--json").code == 0
    assert world.installation.keys.identity(world.file().id)
    with world.installation.catalogue.read() as view:
        (record,) = view.records(subject="keys", event=Event.KEYS_KEK_ROTATED)
        assert record.data["old_kek_id"] != record.data["kek_id"]


def test_the_doctor_warns_of_keys_that_one_fire_would_take(world: World) -> None:
    world.store()
    probes = key_store_probes(world.installation)
    found = {name: probe() for name, probe in probes.items()}
    assert found["nơi giữ khóa"].health is Health.WARNING
    assert found["kho khóa"].health is Health.WARNING and "mảnh khóa" in found["kho khóa"].seen
    with world.without_keys() as closed:
        assert key_store_probes(closed)["kho khóa"]().health is Health.BROKEN
    (world.home / "keys" / "noi-2").rename(world.home / "away")
    with opened(load_settings(world.home)) as installation:
        assert key_store_probes(installation)["kho khóa"]().health is Health.BROKEN
    (world.home / "away").rename(world.home / "keys" / "noi-2")
    settings = world.home / "luutru.toml"
    text = settings.read_text(encoding="utf-8")
    without = text[: text.index("[keys]")] + text[text.index("# Đăng nhập bằng OpenID") :]
    settings.write_text(without, encoding="utf-8")
    with opened(load_settings(world.home)) as installation:
        assert key_store_probes(installation)["kho khóa"]().health is Health.BROKEN


def test_a_new_medium_is_adopted_only_by_name(world: World, tmp_path: Path) -> None:
    world.store()
    place = world.home / "keys" / "noi-2"
    place.rename(tmp_path / "lost")
    place.mkdir()
    assert here("keys", "check", "--home", world.home).code != 0
    assert list(place.iterdir()) == []
    assert here("keys", "check", "--adopt", tmp_path / "elsewhere", "--home", world.home).code != 0
    assert here("keys", "check", "--adopt", place, "--home", world.home).code == 0
    assert here("keys", "check", "--home", world.home, "--json").row["healed"] == 0


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"places": "a"},
        {"places": ["a"], "kek_path": "k"},
        {"places": ["a", "a"], "kek_path": "k"},
        {"places": ["a", "b"]},
        {"places": ["a", "b"], "holder": "khác", "kek_path": "k"},
        {"places": ["a", "b"], "holder": "passphrase"},
        {"places": ["a", "b"], "holder": "pkcs11", "pkcs11_module": "m"},
    ],
)
def test_settings_that_protect_nothing_are_refused(table: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(KeysSettingsError):
        parse_keys(table, tmp_path)


def test_settings_name_places_and_holder(tmp_path: Path) -> None:
    assert parse_keys(None, tmp_path) is None
    parsed = parse_keys({"places": ["a", "/b"], "kek_path": "m/kek.json"}, tmp_path)
    assert parsed is not None
    assert (parsed.places, parsed.holder, parsed.kek_path) == (
        (tmp_path / "a", Path("/b")),
        HolderKind.FILE,
        tmp_path / "m" / "kek.json",
    )


def test_secrets_that_are_exported_hold_no_key_encryption_key(world: World) -> None:
    from api.secret_files import named_files

    world.store()
    assert world.installation.keys is not None
    kek = (world.home / "keys" / "kek" / "kek.json").read_bytes()
    assert all(kek not in item.data for item in named_files(world.installation.settings))


def test_a_share_sheet_is_one_page_of_pdfa_with_every_word() -> None:
    import pikepdf

    at = datetime(2026, 1, 2, 3, 4, tzinfo=VIETNAM)
    words = " ".join(["academic"] * 33)
    page = share_sheet(ShareSheet("Kho lưu trữ tỉnh Bình Minh", "H99", "ab" * 16, 3, 1, 5, 3, at, words))
    with pikepdf.open(io.BytesIO(page)) as pdf, pdf.open_metadata() as metadata:
        assert len(pdf.pages) == 1
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "U")
