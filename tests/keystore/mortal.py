"""A process that is killed before the n-th thing it asks of the file system."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

_CALLS = frozenset(
    {
        "open",
        "write",
        "pwrite",
        "fsync",
        "rename",
        "replace",
        "unlink",
        "ftruncate",
        "mkdir",
        "close",
        "flock",
        "destroy",
    }
)


def killed_before(number: int, act: Callable[[], object]) -> bool:
    """Runs ``act`` in a child that is killed (SIGKILL) before its ``number``-th call; False when it came to its end.

    Raises AssertionError when it ended in another way.
    """
    child = os.fork()
    if not child:
        _mortal(number, act)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return False


def _mortal(number: int, act: Callable[[], object]) -> None:
    left = number

    def count(_frame: FrameType, event: str, called: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(called, "__name__", "") in _CALLS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.setprofile(count)
        act()
        code = 0
    finally:
        sys.setprofile(None)
        os._exit(code)
