"""A service of its own for a measurement: an archive in a temporary home, people with tokens, ``luutru serve`` beside."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from api.accounts import create_account, issue_token
from api.bootstrap import Installation, now, opened
from api.initialising import initialise
from api.settings import load_settings
from archive.access import Role
from archive.access.author import Author

_ADDRESS = re.compile(r"(https?://[^/\s]+)/api/v1")


@contextlib.contextmanager
def archive(**more: object) -> Iterator[Installation]:
    """A new archive with two stores; its local search node is stopped and everything removed at the end."""
    with tempfile.TemporaryDirectory(prefix="luutru-bench-") as folder:
        home = Path(folder) / "home"
        initialise(home, name="Lưu trữ đo đạc", code="H99.00", **more)  # type: ignore[arg-type]
        with opened(load_settings(home)) as installation:
            try:
                yield installation
            finally:
                node = installation.search_settings.local_node
                if node is not None:
                    node.stop()


def token(installation: Installation, username: str, role: Role, agency_code: str = "") -> str:
    """A fresh account's token."""
    author = Author("bench")
    account = create_account(
        installation.catalogue,
        username=username,
        name=username,
        role=role,
        agency_code=agency_code,
        by=author,
        at=now(),
    )
    return issue_token(installation.catalogue, account.id, label="bench", by=author, at=now()).secret


@contextlib.contextmanager
def served(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """(address, process id) of a running ``luutru serve``; it is ended, and waited for, at the end."""
    log = (home / "serve.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--home", str(home), *options],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "COLUMNS": "400", **(environment or {})},
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := _ADDRESS.search(line):
                yield found.group(1), process.pid
                break
        else:
            raise RuntimeError(f"the service did not start: {(home / 'serve.log').read_text()[-2000:]}")
    finally:
        process.terminate()
        process.wait(90)
        log.close()
