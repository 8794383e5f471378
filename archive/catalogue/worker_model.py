"""What the catalogue knows of workers and of their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(seconds=20)
"""A worker or a run that gave no sign of life for so long is dead or cut off: what it held may be taken over."""
IDLE = timedelta(seconds=120)
"""Submissions that wait this long while nothing is under way are not being taken (T29)."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What one worker last said. ``idle_since``: since when work waits and none is under way; None when that is not so."""

    id: str
    host: str
    pid: int
    begun_at: datetime
    beat_at: datetime
    waiting: int
    under_way: int
    idle_since: datetime | None
    trouble: str

    def alive(self, now: datetime) -> bool:
        """``now`` by the database's clock, as the beats are."""
        return now - self.beat_at < FRESH

    def takes_jobs(self, now: datetime) -> bool:
        """Alive, and not sitting before work it does not begin."""
        return self.alive(now) and (self.idle_since is None or now - self.idle_since < IDLE)


@dataclass(frozen=True, slots=True)
class Claim:
    """A submission carried by one worker. A later attempt takes it over; then this one may write nothing more."""

    submission_id: str
    worker: str
    attempt: int


class RunState(StrEnum):
    """``skipped``: a later time of running came before this one was done, or nobody was there to run it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JobRun:
    """One time of running of a scheduled job. ``attempt`` counts how often it was begun, by whichever worker."""

    job: str
    slot: str
    state: RunState
    attempt: int
    worker: str
    begun_at: datetime
    beat_at: datetime
    try_at: datetime | None
    ended_at: datetime | None
    detail: str

    def live(self, now: datetime) -> bool:
        return self.state is RunState.RUNNING and now - self.beat_at < FRESH
