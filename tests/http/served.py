"""The service as a process of its own on loopback, that can be killed at any instruction and started again.

    python tests/http/served.py <home> [module:Object.attribute:when[:count]]

The second argument makes it kill itself ``before`` or ``after`` that function runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """A running service; ``address`` is the root of its API."""

    address: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(home: Path, kill_at: str | None = None) -> Iterator[Served]:
    command = [sys.executable, __file__, str(home), *([kill_at] if kill_at else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield Served(process.stdout.readline().strip(), process)
        finally:
            process.kill()


def main() -> None:
    from api.bootstrap import opened
    from api.serving import serve
    from api.settings import load_settings
    from tests.interruption.deadly import deadly

    home, *kill_at = sys.argv[1:]
    for point in kill_at:
        deadly(*point.split(":"))
    with opened(load_settings(Path(home))) as installation:
        serve(
            installation,
            host="127.0.0.1",
            port=0,
            work=False,
            ready=lambda address: print(f"{address}/api/v1", flush=True),
        )


if __name__ == "__main__":
    main()


def left_in_scratch(home: Path) -> list[str]:
    """The files under ``home`` that were made for one answer, and are there now."""
    return sorted(item.name for item in (home / "tmp").rglob("*") if item.is_file() and item.name != "lock")
