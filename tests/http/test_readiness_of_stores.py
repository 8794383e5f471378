"""Health says what an absent store means: one that must hold every record stops the service, one that may lag does not."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import opened
from api.http.app import create_app
from api.settings import load_settings
from archive.storage.directory import DirectoryStore
from tests.servers.homes import copied_home

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@pytest.mark.parametrize(("required", "state"), [(True, "not_ready"), (False, "degraded")])
def test_a_store_that_is_away_counts_as_the_policy_says(
    tmp_path: Path, service_home: Any, required: bool, state: str
) -> None:
    home = tmp_path / "home"
    copied_home(service_home.folder, home)
    policy = home / "storage-policy.toml"
    text = policy.read_text(encoding="utf-8").replace("version = 1", "version = 2", 1)
    head, mark, last = text.rpartition("required = true")
    assert mark and "kho-2" in text
    policy.write_text(f"{head}required = {str(required).lower()}{last}", encoding="utf-8")
    with opened(load_settings(home)) as installation:
        installation.require_policy()
        shutil.move(installation.policy.store("kho-2").path, tmp_path / "taken away")
        with TestClient(create_app(installation)) as client:
            parts = {part["part"]: part["state"] for part in client.get("/api/v1/health").json()["parts"]}
    assert parts["store:kho-2"] == state
    assert parts["store:kho-1"] == "ready"


@pytest.fixture
def sharing(tmp_path: Path, service_home: Any) -> Path:
    """A home whose machines share their quarantine in kho-2, which as a store of the archive may lag."""
    home = tmp_path / "home"
    copied_home(service_home.folder, home)
    policy = home / "storage-policy.toml"
    text = policy.read_text(encoding="utf-8").replace("version = 1", "version = 2", 1)
    head, _, last = text.rpartition("required = true")
    policy.write_text(f"{head}required = false{last}", encoding="utf-8")
    file = home / "luutru.toml"
    text = file.read_text(encoding="utf-8")
    assert "[quarantine]" not in text
    file.write_text(f'{text}\n[quarantine]\nshared_store = "kho-2"\n', encoding="utf-8")
    return home


def _parts(client: TestClient) -> dict[str, str]:
    return {part["part"]: part["state"] for part in client.get("/api/v1/health").json()["parts"]}


def test_without_the_store_that_quarantines_share_nothing_can_be_received(tmp_path: Path, sharing: Path) -> None:
    with opened(load_settings(sharing)) as installation:
        installation.require_policy()
        with TestClient(create_app(installation)) as client:
            assert _parts(client)["quarantine-store"] == "ready"
        shutil.move(installation.policy.store("kho-2").path, tmp_path / "taken away")
        with TestClient(create_app(installation)) as client:
            answer = client.get("/api/v1/health")
            parts = _parts(client)
    assert (parts["store:kho-2"], parts["quarantine-store"], parts["quarantine"]) == ("degraded", "not_ready", "ready")
    assert (answer.status_code, answer.json()["state"]) == (503, "not_ready")


def test_without_room_in_the_store_that_quarantines_share_nothing_can_be_received(
    sharing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_bytes = DirectoryStore.free_bytes
    with opened(load_settings(sharing)) as installation:
        reserve = installation.settings.free_bytes_reserve
        monkeypatch.setattr(
            DirectoryStore,
            "free_bytes",
            lambda store: reserve - 1 if store.name == "kho-2" else free_bytes(store),
        )
        with TestClient(create_app(installation)) as client:
            assert _parts(client)["quarantine-store"] == "not_ready"


def test_where_nothing_is_shared_no_part_speaks_of_it(client: TestClient) -> None:
    assert "quarantine-store" not in _parts(client)
