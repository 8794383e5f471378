"""Which workers live, who has claimed what, and what became of scheduled runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from archive.catalogue.reading import Reading
from archive.catalogue.worker_model import Claim, Heartbeat, JobRun, RunState
from archive.catalogue.worker_tables import claims, machines, schedule_runs, workers


def database_now(view: Reading) -> datetime:
    """The time of the one clock all workers share: the database server's, or with SQLite this machine's."""
    if view.dialect != "postgresql":
        return datetime.now(UTC)
    at = view.rows(select(func.clock_timestamp())).scalar_one()
    assert isinstance(at, datetime)
    return at.astimezone(UTC)


def heartbeats(view: Reading) -> list[Heartbeat]:
    """What every worker that has not ended properly last said, living or dead."""
    return [Heartbeat(**row._mapping) for row in view.rows(select(workers).order_by(workers.c.begun_at))]


def machines_known(view: Reading) -> frozenset[str]:
    """Every machine that ever had a worker here."""
    return frozenset(view.rows(select(machines.c.host)).scalars())


def claims_of(view: Reading, submission_ids: Collection[str]) -> Mapping[str, Claim]:
    """The claims that stand on these submissions."""
    c = claims.c
    found: dict[str, Claim] = {}
    wanted = list(submission_ids)
    for begin in range(0, len(wanted), 500):
        query = select(c.submission_id, c.worker, c.attempt).where(c.submission_id.in_(wanted[begin : begin + 500]))
        found |= {row.submission_id: Claim(*row) for row in view.rows(query)}
    return found


def job_run(view: Reading, job: str, slot: str) -> JobRun | None:
    c = schedule_runs.c
    row = view.rows(select(schedule_runs).where(c.job == job, c.slot == slot)).first()
    return None if row is None else _run(row)


def job_runs(view: Reading, job: str, limit: int = 20) -> list[JobRun]:
    """The runs of ``job``, those begun last first."""
    c = schedule_runs.c
    query = select(schedule_runs).where(c.job == job).order_by(c.begun_at.desc(), c.slot.desc()).limit(limit)
    return [_run(row) for row in view.rows(query)]


def last_done(view: Reading, jobs: Collection[str]) -> Mapping[str, datetime]:
    """When each of ``jobs`` last succeeded, as far as it is remembered; one that never did is absent."""
    c = schedule_runs.c
    query = select(c.job, func.max(c.ended_at, type_=c.ended_at.type)).where(
        c.job.in_(sorted(jobs)), c.state == RunState.DONE.value, c.ended_at.is_not(None)
    )
    return {job: at for job, at in view.rows(query.group_by(c.job))}


def _run(row: Any) -> JobRun:
    values = dict(row._mapping)
    return JobRun(**(values | {"state": RunState(values["state"])}))
