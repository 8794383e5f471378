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
