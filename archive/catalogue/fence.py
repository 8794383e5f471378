"""A fence around a thread's writing: what was taken over from it meanwhile can no longer be changed by it.

A worker that was paused or cut off does not know that another has its work. So the question is asked inside every
writing transaction of its thread: the answer and the change are committed together, or neither is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.catalogue.writing import Transaction

_fence: ContextVar[Callable[[Transaction], None] | None] = ContextVar("luutru_fence", default=None)


@contextmanager
def fenced(require: Callable[[Transaction], None]) -> Iterator[None]:
    """Inside the block every writing transaction of this thread begins with ``require``, which may raise."""
    token = _fence.set(require)
    try:
        yield
    finally:
        _fence.reset(token)


def require_fence(transaction: Transaction) -> None:
    """What ``fenced`` asks for, if anything."""
    require = _fence.get()
    if require is not None:
        require(transaction)
