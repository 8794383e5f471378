"""Children that heal and die by SIGKILL: right before or after a named function, or after a time."""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import os
import signal
import time
from collections.abc import Callable
from typing import Any


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


def deadly(module: str, name: str, when: str, count: str = "1") -> None:
    """This process kills itself right before or after the function ``name`` runs for the ``count``-th time."""
    *holders, attribute = name.split(".")
    holder = functools.reduce(getattr, holders, importlib.import_module(module))
    function = getattr(holder, attribute)
    calls = itertools.count(1)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == int(count)
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if last and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, attribute, wrapped)
