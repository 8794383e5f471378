"""Signs of life, claims and scheduled runs: each change is checked in the transaction that makes it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, insert, or_, select, update

from archive.catalogue.tables import submissions
from archive.catalogue.worker_model import FRESH, Claim, Heartbeat, JobRun, RunState
from archive.catalogue.worker_reading import database_now, job_run, job_runs
from archive.catalogue.worker_tables import claims, machines, schedule_runs, workers
from archive.catalogue.writing import Transaction
from archive.errors import StaleClaimError
from archive.lifecycle import State

KEPT_RUNS = 100
"""How many runs of one job are remembered: a job that runs every minute would fill the table."""
FORGOTTEN_AFTER = 10 * FRESH
SEEN_ANEW = timedelta(hours=1)
"""That a machine works is written down again so seldom: every beat is a transaction of its own."""


def beat(tx: Transaction, sign: Heartbeat) -> None:
    """``sign`` is what this worker last said, at the time of the database's clock; long dead ones are forgotten."""
    c, now = workers.c, database_now(tx)
    values = asdict(sign) | {"beat_at": now}
    if not tx.rows(update(workers).where(c.id == sign.id).values(values)).rowcount:
        tx.rows(insert(workers).values(values))
    tx.rows(delete(workers).where(c.beat_at < now - FORGOTTEN_AFTER))
    _remember_machine(tx, sign.host, now)


def _remember_machine(tx: Transaction, host: str, now: datetime) -> None:
    c = machines.c
    seen_at = tx.rows(select(c.seen_at).where(c.host == host)).scalar()
    if seen_at is None:
        tx.rows(insert(machines).values(host=host, seen_at=now))
    elif now - seen_at > SEEN_ANEW:
        tx.rows(update(machines).where(c.host == host).values(seen_at=now))


def forget_worker(tx: Transaction, worker: str) -> None:
    """It works no more."""
    tx.rows(delete(workers).where(workers.c.id == worker))


def take_claim(tx: Transaction, claim: Claim) -> None:
    """The submission is this attempt's from here on, and every earlier one may write nothing more.

    Raises StaleClaimError when a later attempt, or the same of another worker, has it.
    """
    c = claims.c
    standing = tx.rows(select(c.worker, c.attempt).where(c.submission_id == claim.submission_id)).first()
    values = {"worker": claim.worker, "attempt": claim.attempt, "claimed_at": database_now(tx)}
    if standing is None:
        tx.rows(insert(claims).values(submission_id=claim.submission_id, **values))
    elif (standing.attempt, standing.worker) == (claim.attempt, claim.worker) or standing.attempt < claim.attempt:
        tx.rows(update(claims).where(c.submission_id == claim.submission_id).values(values))
    else:
        raise stale(claim.submission_id)


def require_claim(tx: Transaction, claim: Claim) -> None:
    """Raises StaleClaimError unless the claim still stands: asked in the transaction of the change itself."""
    c = claims.c
    found = tx.rows(select(c.worker, c.attempt).where(c.submission_id == claim.submission_id)).first()
    if found is None or (found.worker, found.attempt) != (claim.worker, claim.attempt):
        raise stale(claim.submission_id)


def release_claim(tx: Transaction, claim: Claim) -> None:
    """Nobody carries it; a claim that is another's stays."""
    c = claims.c
    tx.rows(
        delete(claims).where(
            and_(c.submission_id == claim.submission_id, c.worker == claim.worker, c.attempt == claim.attempt)
        )
    )


def forget_claims(tx: Transaction) -> None:
    """Claims on submissions that rest are gone: left by who was killed, or cut off from the database, while giving back.

    Not those taken lately, whose workers may be about to do so. What was once claimed and rests is never carried again.
    """
    s, c = submissions.c, claims.c
    emptied = and_(s.state.in_([State.STORED.value, State.REFUSED.value]), s.content_removed_at.is_not(None))
    resting = select(s.id).where(or_(emptied, s.state == State.RETURNED.value))
    tx.rows(delete(claims).where(c.claimed_at < database_now(tx) - FORGOTTEN_AFTER, c.submission_id.in_(resting)))


def begin_run(
    tx: Transaction, job: str, slot: str, worker: str, *, first_is_skipped: bool = True, in_turn: bool = True
) -> JobRun | None:
    """The run of ``slot``, now this worker's; None when there is nothing to run.

    There is nothing when it is done, when another live worker runs any slot of this job, or when its pause after a
    failure is not over. One whose worker gave no sign of life is taken over. Older slots that were not done are marked
    skipped: only the newest runs. A job never seen before waits for its next slot (``first_is_skipped``). A run out of
    turn (not ``in_turn``) skips none before it is done: failing, it must not cost the one that was due its next attempt.
    """
    c, now = schedule_runs.c, database_now(tx)
    standing = job_run(tx, job, slot)
    if standing is not None and standing.state in (RunState.DONE, RunState.SKIPPED):
        return None
    newest = job_runs(tx, job)
    if any(run.live(now) for run in newest):
        return None
    if standing is not None and standing.state is RunState.FAILED and standing.try_at and now < standing.try_at:
        return None
    if in_turn:
        _skip_others(tx, job, slot)
    begun = {"state": RunState.RUNNING.value, "worker": worker, "beat_at": now, "try_at": None, "ended_at": None}
    if standing is not None:
        more = {"attempt": standing.attempt + 1, "begun_at": now}
        tx.rows(update(schedule_runs).where(c.job == job, c.slot == slot).values(begun | more))
    elif not newest and first_is_skipped:
        values = {"attempt": 0, "begun_at": now, "detail": "", "state": RunState.SKIPPED.value, "ended_at": now}
        tx.rows(insert(schedule_runs).values(begun | {"job": job, "slot": slot} | values))
        return None
    else:
        tx.rows(
            insert(schedule_runs).values(
                begun | {"job": job, "slot": slot, "attempt": 1, "begun_at": now, "detail": ""}
            )
        )
        _forget_old(tx, job)
    return job_run(tx, job, slot)


def beat_run(tx: Transaction, run: JobRun) -> None:
    """The run lives. Raises StaleClaimError when it has been taken over; asked and written in one statement."""
    c = schedule_runs.c
    ours = and_(c.job == run.job, c.slot == run.slot, c.worker == run.worker, c.attempt == run.attempt)
    ours = and_(ours, c.state == RunState.RUNNING.value)
    if not tx.rows(update(schedule_runs).where(ours).values(beat_at=database_now(tx))).rowcount:
        raise stale(f"{run.job} {run.slot}")


def require_run(tx: Transaction, run: JobRun) -> None:
    """Raises StaleClaimError unless this attempt of the run is still the one that counts."""
    found = job_run(tx, run.job, run.slot)
    if found is None or (found.state, found.attempt, found.worker) != (RunState.RUNNING, run.attempt, run.worker):
        raise stale(f"{run.job} {run.slot}")


def end_run(tx: Transaction, run: JobRun, state: RunState, detail: str, try_at: datetime | None = None) -> None:
    """What became of it, kept. Raises StaleClaimError when it has been taken over meanwhile."""
    require_run(tx, run)
    c = schedule_runs.c
    if state is RunState.DONE:
        _skip_others(tx, run.job, run.slot)
    values = {"state": state.value, "detail": detail, "ended_at": database_now(tx), "try_at": try_at}
    tx.rows(update(schedule_runs).where(c.job == run.job, c.slot == run.slot).values(values))


def stale(what: str) -> StaleClaimError:
    return StaleClaimError("Việc này đã được một tiến trình khác tiếp nhận.", detail=what)


def _skip_others(tx: Transaction, job: str, slot: str) -> None:
    """What was begun of this job in other slots and not done is left at that."""
    c = schedule_runs.c
    tx.rows(
        update(schedule_runs)
        .where(c.job == job, c.slot != slot, c.state.in_([RunState.RUNNING.value, RunState.FAILED.value]))
        .values(state=RunState.SKIPPED.value, ended_at=database_now(tx), try_at=None)
    )


def _forget_old(tx: Transaction, job: str) -> None:
    c = schedule_runs.c
    kept = select(c.slot).where(c.job == job).order_by(c.begun_at.desc()).limit(KEPT_RUNS)
    tx.rows(delete(schedule_runs).where(c.job == job, c.slot.not_in(kept)))
