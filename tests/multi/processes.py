"""Processes of their own groups, to be killed, paused and continued like machines."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
LUUTRU = (sys.executable, "-m", "api.cli")
WAIT_SECONDS = 90.0


class Processes:
    """What was begun in one test, ended with it."""

    def __init__(self) -> None:
        self._begun: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._begun:
            signalled(process, signal.SIGKILL)
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def python(self, program: str, *arguments: object) -> subprocess.Popen[str]:
        return self.begin([sys.executable, "-c", program, *map(str, arguments)])

    def begin(self, command: list[str], *, log: Path | None = None, **more: str) -> subprocess.Popen[str]:
        """With ``log`` what it says goes there, else both streams can be read."""
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log.open("a")) if log else subprocess.PIPE
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT if log else subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **more},
                start_new_session=True,
            )
        self._begun.append(process)
        return process


def signalled(process: subprocess.Popen[str], number: int) -> None:
    """The whole group: a machine does not die without its workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def said(process: subprocess.Popen[str]) -> str:
    """The next line it says."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line.strip()


def eventually(holds: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
