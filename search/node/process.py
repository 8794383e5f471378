"""Names one process of this machine for good: a pid is reused, its pid together with its start time is not."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_ENDED = frozenset({"Z", "X"})


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """``started_ticks`` is the start time in clock ticks since the boot named by ``boot_id``."""

    pid: int
    started_ticks: int
    boot_id: str

    def alive(self) -> bool:
        """Whether exactly this process still runs; one that ended but was not yet waited for does not."""
        state, ticks = _state(self.pid)
        if ticks != self.started_ticks or _boot_id() != self.boot_id:
            return False
        if state in _ENDED and not _threads_left(self.pid):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Sends ``number`` to this process and to no other that may have got its pid; nothing if it is gone."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return
        try:
            # the descriptor holds the pid fast, so the identity checked now is the one that is signalled
            if self.alive():
                signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return
        finally:
            os.close(descriptor)

    def wait(self, timeout_seconds: float) -> bool:
        """Whether the process ended within the time."""
        deadline = time.monotonic() + timeout_seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def identity_of(pid: int) -> ProcessIdentity | None:
    """The identity of the process that has ``pid`` now, or None when there is none."""
    state, ticks = _state(pid)
    ended = state in _ENDED and not _threads_left(pid)
    return None if ticks is None or ended else ProcessIdentity(pid, ticks, _boot_id())


def _threads_left(pid: int) -> bool:
    """Whether threads of a process whose first thread has ended still run: until the last, its ports and locks are held."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def _state(pid: int) -> tuple[str, int | None]:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "X", None
    return after_name[0], int(after_name[19])


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
