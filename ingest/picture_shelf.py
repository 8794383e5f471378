"""Locks over a part of the folder of pictures, held across processes: many may draw, one alone may take away."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def shared(lock: Path) -> Iterator[None]:
    """While held, nobody has it ``exclusive``; waits for that."""
    with _held(lock, fcntl.LOCK_SH):
        yield


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """While held, nobody else has it at all; waits for all."""
    with _held(lock, fcntl.LOCK_EX):
        yield


@contextmanager
def tried_exclusive(lock: Path) -> Iterator[bool]:
    """Whether it could be had at once."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_held(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            alone = False
        else:
            alone = True
        yield alone


@contextmanager
def _held(lock: Path, how: int) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
