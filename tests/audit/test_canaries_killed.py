"""An audit killed while it makes a canary leaves nothing where nobody looks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import tidy

ROOT = Path(__file__).parents[2]
KILLED = """
import sys
from tests.interruption.deadly import deadly
deadly("archive.audit.canary", "write_aip", "before")
from tests.cli.shell import here
here("audit", "--home", sys.argv[1])
"""


def test_what_a_killed_audit_left_lies_in_the_home_and_goes(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    initialise(home, name="Kho thử", code="H99.12")
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(home)], cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(temporary.iterdir()) == []
    left = [path for path in (home / "tmp").rglob("luutru-canary-*")]
    assert len(left) == 1
    with opened(load_settings(home)) as installation:
        tidy(installation)
    assert not left[0].exists() and {path.name for path in (home / "tmp").iterdir()} <= {"lock"}
