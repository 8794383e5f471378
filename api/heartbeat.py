"""The sign of life a worker process leaves: not only that it runs, but whether it takes jobs (T29)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

FILE_NAME = "work.json"
FRESH = timedelta(seconds=30)
IDLE = timedelta(seconds=120)
"""Jobs that wait this long while nothing is under way are not being taken."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the worker last said. ``idle_since``: since when jobs wait and none is under way; None when that is not so."""

    pid: int
    at: datetime
    waiting: int
    under_way: int
    idle_since: datetime | None
    trouble: str

    def alive(self, now: datetime) -> bool:
        return now - self.at < FRESH

    def takes_jobs(self, now: datetime) -> bool:
        """Alive, and not sitting before jobs it does not begin."""
        return self.alive(now) and (self.idle_since is None or now - self.idle_since < IDLE)


class Pulse:
    """Writes the heartbeat of this process; a torn file is never seen."""

    def __init__(self, home: Path, now: Callable[[], datetime]) -> None:
        self._file = home / FILE_NAME
        self._now = now
        self._idle_since: datetime | None = None

    def beat(self, waiting: int, under_way: int, trouble: str = "") -> None:
        at = self._now()
        if not waiting or under_way:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = at
        value = {
            "pid": os.getpid(),
            "at": at.isoformat(),
            "waiting": waiting,
            "under_way": under_way,
            "idle_since": self._idle_since.isoformat() if self._idle_since else None,
            "trouble": trouble,
        }
        part = self._file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        part.replace(self._file)

    def end(self) -> None:
        """This process works no more."""
        self._file.unlink(missing_ok=True)


def last_heartbeat(home: Path) -> Heartbeat | None:
    """What a worker of this home last said; None when none has, or it cannot be read."""
    try:
        value = json.loads((home / FILE_NAME).read_bytes())
        idle = value["idle_since"]
        return Heartbeat(
            pid=int(value["pid"]),
            at=datetime.fromisoformat(value["at"]),
            waiting=int(value["waiting"]),
            under_way=int(value["under_way"]),
            idle_since=datetime.fromisoformat(idle) if idle else None,
            trouble=str(value["trouble"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
