"""Which process serves a home right now, so that ``luutru stop`` ends that one and no other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from search.node.process import ProcessIdentity, identity_of

FILE_NAME = "serve.json"
GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service of this machine: its process, and the address it answers at."""

    process: ProcessIdentity
    address: str


@contextlib.contextmanager
def recorded(home: Path, address: str) -> Iterator[None]:
    """While the block runs, this process is known as the one that serves ``home``."""
    identity = identity_of(os.getpid())
    assert identity is not None
    file = home / FILE_NAME
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps({"process": asdict(identity), "address": address}), encoding="utf-8")
    part.replace(file)
    try:
        yield
    finally:
        found = running(home)
        if found is None or found.process == identity:
            file.unlink(missing_ok=True)


def running(home: Path) -> RunningService | None:
    """The service of ``home`` that runs now; None when there is none, also after one that was killed."""
    try:
        value = json.loads((home / FILE_NAME).read_bytes())
        found = RunningService(ProcessIdentity(**value["process"]), str(value["address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.process.alive() else None


def stop_service(home: Path) -> bool:
    """Ends the service of ``home`` and waits until it has; False when none runs. A worker ends its step first."""
    found = running(home)
    if found is None:
        return False
    found.process.signal(signal.SIGTERM)
    if not found.process.wait(GRACE_SECONDS):
        found.process.signal(signal.SIGKILL)
        found.process.wait(GRACE_SECONDS)
    return True
