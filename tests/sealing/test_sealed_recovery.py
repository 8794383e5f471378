"""Recovery from storage copies of an archive that seals: with the key store all of it, without it all but the insides."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import opened
from api.drilling import run_drill
from api.recovering import KEY_FILE, note_return, rebuild_home, source_named
from api.sealing_ledger import seal_now
from api.settings import load_settings
from api.verifying import differences
from archive.catalogue.sealing_reading import sealing_of
from tests.sealing.archived import PERMANENT, World


def rebuilt(world: World, home: Path, stores: tuple[int, ...] = (1,)) -> dict[str, Any]:
    seal_now(world.installation)
    key = str(world.home / KEY_FILE.with_suffix(".pub.pem"))
    sources = [source_named(str(world.installation.settings.stores[number].path)) for number in stores]
    return rebuild_home(
        home, sources, secrets=None, key=key, read_whole=True, progress=lambda _phase, _done, _total: None
    )


def with_keys(home: Path, world: World) -> None:
    """The media of the key store, at the new machine: named in its settings before it is rebuilt."""
    keys = world.home / "keys"
    home.mkdir()
    (home / "luutru.toml").write_text(
        f'[archive]\nname = "Lưu trữ lịch sử"\ncode = "H99.12"\n\n[storage]\npolicy = "storage-policy.toml"\n\n'
        f'[keys]\nplaces = ["{keys / "noi-1"}", "{keys / "noi-2"}"]\nkek_path = "{keys / "kek" / "kek.json"}"\n',
        encoding="utf-8",
    )
    text = (world.home / "storage-policy.toml").read_text(encoding="utf-8")
    (home / "storage-policy.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def held(world: World) -> World:
    world.store()
    world.store(world.submit("H99.12.2025.VV1", maintenance=PERMANENT))
    return world


def test_with_the_key_store_everything_comes_back(held: World, tmp_path: Path) -> None:
    home = tmp_path / "new"
    with_keys(home, held)
    said = rebuilt(held, home)
    assert [item for item in said["problems"] if item["red"]] == []
    assert (said["packages"], said["documents"]) == (2, 4)
    with held.installation.catalogue.read() as view:
        expected = {(row.path, row.sha256, row.tar_offset) for row in view.documents(held.aip().id)}
        sealing = sealing_of(view, held.aip().id)
    with opened(load_settings(home)) as back, back.catalogue.read() as view:
        aip = view.aip(held.aip().id)
        assert aip == held.aip()
        assert {(row.path, row.sha256, row.tar_offset) for row in view.documents(aip.id)} == expected
        assert sealing_of(view, aip.id) == sealing is not None


def test_without_it_the_catalogue_comes_back_but_for_what_only_the_content_says(held: World, tmp_path: Path) -> None:
    home = tmp_path / "new"
    said = rebuilt(held, home)
    red = [item for item in said["problems"] if item["red"]]
    assert [(item["code"], item["subject"]) for item in red] == [("package.content.sealed", held.aip().id)]
    assert (said["packages"], said["documents"]) == (2, 2)
    with opened(load_settings(home)) as back, back.catalogue.read() as view:
        aip, ours = view.aip(held.aip().id), held.aip()
        assert aip is not None
        assert (aip.object_key, aip.sha256, aip.size_bytes, aip.title) == (
            ours.object_key,
            ours.sha256,
            ours.size_bytes,
            ours.title,
        )
        assert aip.document_count == 0
        assert sealing_of(view, aip.id) is not None  # carried with the checkpoints: it tells which key is missing


def test_a_drill_passes_with_keys_and_without_them_says_what_it_could_not_look_into(held: World) -> None:
    report = run_drill(held.installation, "kho-1", sample=10)
    assert report["passed"], report["problems"]
    assert (report["packages"], report["sampled"], report["differences"]) == (2, 2, 0)
    with held.without_keys() as closed:
        report = run_drill(closed, "kho-1", sample=10)
    assert not report["passed"]
    assert {item["code"] for item in report["problems"]} == {"package.content.sealed", "package.sample.damaged"}


def test_the_rebuilt_archive_goes_on_working(held: World, tmp_path: Path) -> None:
    home = tmp_path / "new"
    with_keys(home, held)
    rebuilt(held, home, (0, 1))
    (home / "keys").mkdir(exist_ok=True)
    shutil.copy(held.home / KEY_FILE, home / KEY_FILE)
    with opened(load_settings(home)) as back:
        note_return(back)
        found = [item["code"] for item in differences(back, with_index=False, deep=True)]
        assert found == []
