"""A worker that does not outlive its parent, whatever it is doing at that moment."""

from __future__ import annotations

import fcntl
import os
import select
import signal


class Lifeline:
    """While ``held``, the kernel kills this process the moment the other end of the pipe ``descriptor`` is closed.

    A thread that waits for the end of input cannot do this: a library in C that loops holds the interpreter's lock for
    ever. Nor can PR_SET_PDEATHSIG, which fires when the *thread* that started us ends. So the pipe itself is told to
    send SIGKILL on any event; between a request and its answer the parent sends nothing, so the only event is its
    death. Linux only, as F_SETSIG is.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._quiet = fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~os.O_ASYNC
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)

    def __enter__(self) -> None:
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, self._quiet | os.O_ASYNC)
        poll = select.poll()  # it may have been closed before we armed
        poll.register(self._descriptor, 0)
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
            os._exit(0)

    def __exit__(self, *_: object) -> None:
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, self._quiet)
