"""Samples once a session, one search node once a session, and one archive with a submission in every final state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samples.making import make_samples
from tests.cli.shell import ROOT, Shell, here
from tests.servers.elasticsearch import at_server, running_elasticsearch

GOOD = ("quyet-dinh", "danh-muc-csv", "danh-muc-xlsx", "danh-muc-zip")
FAULTS = ("no-revocation-data", "weak-key", "bytes-after-last-signature", "bad-checksum", "secrecy-mark-in-metadata")


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The path to submit of each sample by name; ``trust-list`` and ``agreement`` are files."""
    folder = tmp_path_factory.mktemp("samples")
    made = make_samples(folder, [*GOOD, *FAULTS])
    paths = {name: folder / row["path"] for name, row in made.rows.items()}
    return {**paths, "trust-list": folder / "trust-list.json", "agreement": ROOT / "samples" / "agreement.toml"}


@pytest.fixture(scope="session")
def search_url() -> Iterator[str]:
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        yield url


def initialised(home: Path, samples: dict[str, Path]) -> Shell:
    said = here(
        "init", "--home", home, "--name", "Lưu trữ lịch sử tỉnh Bình Minh", "--code", "H99.12",
        "--trust-list", samples["trust-list"], "--agreement", samples["agreement"],
    )  # fmt: skip
    assert said.code == 0, said.err
    shell = Shell(home)
    # One of each worker: another would be started by every command, and be of no use.
    shell.configure("workers = 0", "workers = 1")
    return shell


@pytest.fixture(scope="session")
def new_archive(tmp_path_factory: pytest.TempPathFactory, samples: dict[str, Path]) -> Any:
    """Makes an empty archive that finds nobody at its search address."""

    def make() -> Shell:
        shell = initialised(tmp_path_factory.mktemp("archive") / "home", samples)
        shell.configure("hosts = []", 'hosts = ["http://127.0.0.1:9"]')
        return shell

    return make


@dataclass(frozen=True)
class Filled:
    """An archive, and what ``submit --json`` said of each sample handed in."""

    shell: Shell
    rows: dict[str, dict[str, Any]]
    exit_code: int
    errors: str


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, samples: dict[str, Path], search_url: str) -> Filled:
    shell = initialised(tmp_path_factory.mktemp("filled") / "home", samples)
    at_server(shell.home, search_url)
    names = ("quyet-dinh", "danh-muc-csv", *FAULTS)
    said = shell("submit", "--json", *(samples[name] for name in names))
    rows = dict(zip(names, said.rows, strict=True))
    return Filled(shell, rows, said.code, said.err)
