"""A child process on three pipes: lines out and in by a deadline, its last words on stderr, and a certain end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

STDERR_TAIL_BYTES = 16 << 10
_CHUNK_BYTES = 1 << 16


class ChildEndedError(Exception):
    """The child closed its output or its input before a whole line came."""


class DeadlineError(Exception):
    """The line did not come in time."""


class AnswerTooLongError(Exception):
    """The line grew beyond its limit."""


class Child:
    """Leader of its own session, so that killing its group reaches whatever it started. Holds three descriptors.

    All pipes are read and written without blocking, in one loop: a child that does not read, writes without end, or
    floods stderr cannot hold its parent up beyond the deadline.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], line_bytes: int) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in, self._out, self._err = self._process.stdin, self._process.stdout, self._process.stderr
        for stream in (self._in, self._out, self._err):
            os.set_blocking(stream.fileno(), False)
        self._line_bytes = line_bytes
        self._read = bytearray()
        self._stderr = bytearray()
        self._err_open = True

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def exchange(self, data: bytes, timeout_seconds: float) -> bytes:
        """Send ``data`` and return the next line, without its end.

        Raises ``DeadlineError``, ``ChildEndedError`` or ``AnswerTooLongError``; the child is then of no more use.
        """
        deadline = time.monotonic() + timeout_seconds
        waiting = memoryview(data)
        searched = 0
        while True:
            end = self._read.find(b"\n", searched)
            if end > self._line_bytes or (end < 0 and len(self._read) > self._line_bytes):
                raise AnswerTooLongError
            if end >= 0:
                line = bytes(self._read[:end])
                del self._read[: end + 1]
                return line
            searched = len(self._read)
            waiting = self._turn(waiting, deadline)

    def _turn(self, waiting: memoryview, deadline: float) -> memoryview:
        """Move what can be moved on the three pipes; returns what is still to be sent."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if self._err_open:
            poll.register(self._err, select.POLLIN)
        if waiting:
            poll.register(self._in, select.POLLOUT)
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError
        for descriptor, _ in poll.poll(left * 1000 + 1):
            if descriptor == self._err.fileno():
                self._err_open = self._drain_stderr()
            elif descriptor == self._out.fileno():
                data = os.read(descriptor, _CHUNK_BYTES)
                if not data:
                    raise ChildEndedError
                self._read += data
            else:
                try:
                    waiting = waiting[os.write(descriptor, waiting[:_CHUNK_BYTES]) :]
                except BrokenPipeError:
                    raise ChildEndedError from None
                except BlockingIOError:
                    pass
        return waiting

    def _drain_stderr(self) -> bool:
        """Take one chunk; False at its end."""
        try:
            data = os.read(self._err.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return True
        self._stderr += data
        del self._stderr[:-STDERR_TAIL_BYTES]
        return bool(data)

    def dismiss(self, patience_seconds: float = 2.0) -> None:
        """Close its input, which a worker takes as the end, and make sure of it."""
        self._in.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_seconds)
        self.kill()

    def kill(self) -> tuple[int, str]:
        """Kill the whole group, reap the child, close every pipe. Returns exit status and the last of stderr."""
        # A dead leader's group is signalled too, for a child of the child may live on; but only until the leader is
        # reaped, because after that its number may belong to a stranger.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        status = self._process.wait()
        for _ in range(STDERR_TAIL_BYTES // _CHUNK_BYTES + 8):
            if not (self._err_open and select.select([self._err], [], [], 0)[0] and self._drain_stderr()):
                break
        for stream in (self._in, self._out, self._err):
            with contextlib.suppress(OSError):
                stream.close()
        return status, self._stderr.decode("utf-8", "replace")
