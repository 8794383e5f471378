"""Who carries a run: one sitting of one process at a time, on whichever machine, taken over when that one is gone."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from archive.catalogue.audit_model import AuditRun

HELD = timedelta(seconds=120)
"""A holder on another machine that has given no sign of life for so long is gone; it finds out by itself."""


def holder_here() -> str:
    """A name for one sitting: machine, process and when that began, and something of its own."""
    return "|".join((*_process(os.getpid()), uuid.uuid4().hex[:12]))


def is_held(run: AuditRun, at: datetime) -> bool:
    """Whether somebody who lives carries the run. A process of this machine that is no more is known to be none."""
    if run.holder is None or run.held_until is None:
        return False
    return not _is_gone(run.holder) and run.held_until > at


def _is_gone(holder: str) -> bool:
    parts = holder.split("|")
    if len(parts) != 5 or parts[:2] != list(_process(os.getpid())[:2]) or not parts[2].isdigit():
        return False
    return parts[3] != _began(int(parts[2]))


def _process(pid: int) -> tuple[str, str, str, str]:
    try:
        world = os.readlink("/proc/self/ns/pid")
    except OSError:
        world = ""
    return socket.gethostname(), world, str(pid), _began(pid)


def _began(pid: int) -> str:
    """When this process began, in the kernel's count; empty when there is none, or none that runs."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else fields[18]
