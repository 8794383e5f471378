"""A process that kills itself: right before or right after a named function runs, as if the power had gone."""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import signal
from typing import Any


def deadly(module: str, name: str, when: str, count: str = "1", *, group: bool = False) -> None:
    """This process (``group``: with all it started) dies by SIGKILL ``before`` or ``after`` the function ``name`` runs for
    the ``count``-th time."""
    *holders, attribute = name.split(".")
    holder = functools.reduce(getattr, holders, importlib.import_module(module))
    function = getattr(holder, attribute)
    calls = itertools.count(1)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == int(count)
        if last and when == "before":
            _die(group)
        result = function(*args, **kwargs)
        if last and when == "after":
            _die(group)
        return result

    setattr(holder, attribute, wrapped)


def _die(group: bool) -> None:
    if group:
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
