"""``luutru`` as its users run it: a process of its own, or (where a process adds nothing) the same ``main`` in this one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli import main

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-c", "from api.cli import run; run()")

_TOLD = ("LUUTRU_TOOLS", "LUUTRU_DATABASE")
"""Where built parts are and where new archives have their database: of the run of the tests, not of one archive."""


@dataclass(frozen=True)
class Said:
    """How one run of the program ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; anything else on it is an error."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (only,) = self.rows
        return only


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LUUTRU_") or key in _TOLD}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **more}


def luutru(*arguments: object, cwd: Path | None = None, home: Path | None = None) -> Said:
    """The program in a process of its own."""
    more = {"LUUTRU_HOME": str(home)} if home else {}
    ended = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd or ROOT,
        env=environment(**more),
        timeout=280,
    )
    said = Said(ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in said.err, said.err
    return said


def here(*arguments: object) -> Said:
    """The same command within this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(item) for item in arguments])
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Shell:
    """An archive's home, and the program run on it."""

    home: Path

    def __call__(self, *arguments: object) -> Said:
        return luutru(*arguments, "--home", self.home)

    def here(self, *arguments: object) -> Said:
        return here(*arguments, "--home", self.home)

    def configure(self, old: str, new: str) -> None:
        """One line of the settings rewritten, as an administrator would."""
        file = self.home / "luutru.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
