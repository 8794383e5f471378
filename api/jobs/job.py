"""What a scheduled job is. Who runs it, and that each time is run once by one of all workers, is ``api.jobs.runner``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

from api.bootstrap import Installation
from api.settings import Settings
from archive.local_time import VIETNAM


class Schedule(Protocol):
    """Says which time of running is due."""

    def slot(self, now: datetime) -> str:
        """The name of the last time of running at or before ``now``; the same for every worker, other for each time."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds since the epoch, on every clock alike."""

    seconds: int

    def slot(self, now: datetime) -> str:
        return str(int(now.timestamp()) // self.seconds * self.seconds)


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at ``at`` (``HH:MM``) of Vietnam."""

    at: str

    def slot(self, now: datetime) -> str:
        hour, minute = map(int, self.at.split(":"))
        local = now.astimezone(VIETNAM)
        today = datetime.combine(local.date(), time(hour, minute), VIETNAM)
        return (today if today <= local else today - timedelta(days=1)).isoformat()


@dataclass(frozen=True, slots=True)
class Monthly:
    """Once a month, on ``day`` (1 to 28) at ``at`` (``HH:MM``) of Vietnam."""

    day: int
    at: str

    def slot(self, now: datetime) -> str:
        hour, minute = map(int, self.at.split(":"))
        local = now.astimezone(VIETNAM)
        this = datetime.combine(local.date().replace(day=self.day), time(hour, minute), VIETNAM)
        if this > local:
            before = this.replace(day=1) - timedelta(days=1)
            this = this.replace(year=before.year, month=before.month)
        return this.isoformat()


class Run(Protocol):
    """One running of a job."""

    @property
    def slot(self) -> str: ...

    def stopping(self) -> bool:
        """Whether it should end at the next place it can be taken up from: the worker ends, or the run was lost."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` must be harmless to repeat: after a kill, the run of the same slot is begun again, by whichever worker.

    It raises LuutruError when the world keeps it from its end: then it is tried again after a pause. ``schedule``: None
    when the settings switch it off.
    """

    name: str
    schedule: Callable[[Settings], Schedule | None]
    run: Callable[[Installation, Run], None]
