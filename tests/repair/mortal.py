"""Children that heal and die by SIGKILL: right before or after a named function, or after a time."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable

from tests.interruption.deadly import deadly


def child(do: Callable[[], None], *, kill_at: str = "", kill_after: float | None = None) -> bool:
    """Whether the child that does ``do`` was killed. It shares nothing with us but files."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if kill_at:
                deadly(*kill_at.split(":"))
            do()
            code = 0
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0
