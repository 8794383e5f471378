"""Turns of workers that carry out orders of rounds, each a process of its own, killed where a test says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def carried(home: Path, job: str, kill_at: str = "") -> None:
    """One worker's turn; killed at ``kill_at``, which it must come to, and nothing that it started outlives it."""
    command = [sys.executable, "-m", "tests.interruption.order_carrier", str(home), job]
    environment = {**os.environ, "TMPDIR": tempfile.gettempdir()}
    process = subprocess.Popen(
        [*command, *([kill_at] if kill_at else [])], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        process.wait(240)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == (-signal.SIGKILL if kill_at else 0), kill_at
    while kill_at and _alive(process.pid):
        time.sleep(0.02)


def killed_and_ended(home: Path, job: str, points: Sequence[str]) -> None:
    """A worker for each of ``points``, killed there, and one behind them that is not."""
    for point in points:
        carried(home, job, point)
    carried(home, job)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
