"""Which run a sitting carries: the one that was left unfinished, or a new one. One at a time in each store."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from archive.audit.errors import AuditRunningError
from archive.audit.holding import HELD, is_held
from archive.catalogue.audit_model import AuditRun, Depth, Scope
from archive.catalogue.audit_reading import newest_at, oldest_at, running
from archive.catalogue.audit_writing import abandon_run, begin_run, hold_run, widen_run
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.reading import Reading
from archive.catalogue.writing import Transaction

MOMENT = timedelta(microseconds=1)
"""The least by which two times differ that are kept."""


def begins_at(oldest: datetime, interval: timedelta) -> datetime:
    """When a cycle has to begin so that nothing becomes overdue while it lasts: a fifth of the interval ahead."""
    return oldest + interval - interval / 5


def cycle_due(view: Reading, store: str, interval: timedelta, at: datetime) -> bool:
    """Whether the interval asks for a cycle in this store by ``at``, or one stands unfinished."""
    if running(view, store) is not None:
        return True
    oldest = oldest_at(view, store)
    return oldest is not None and begins_at(oldest, interval) <= at


def take_run(
    catalogue: Catalogue,
    store: str,
    *,
    scope: Scope,
    depth: Depth,
    interval: timedelta,
    anew: bool,
    actor: str,
    holder: str,
    at: datetime,
) -> AuditRun:
    """The run ``holder`` carries from now on. With ``anew`` an unfinished one is never gone on with.

    An unfinished run is gone on with when it looks at least as far as is asked; asked for all copies, it is widened to
    all of them. A new one of ``Scope.DUE`` takes what was not looked at for half the interval. Raises AuditRunningError.
    """
    with catalogue.transaction() as tx:
        open_run = running(tx, store)
        if open_run is not None and is_held(open_run, at):
            raise AuditRunningError(
                f"Kho «{store}» đang được kiểm tra.",
                remedy="Chờ đợt đó xong rồi chạy lại; xem «luutru audit --status».",
                detail=f"{open_run.id} {open_run.holder}",
            )
        if open_run is not None and not anew and _goes_on(open_run, scope, depth):
            hold_run(tx, open_run.id, holder=holder, until=at + HELD)
            if scope is Scope.ALL and open_run.scope is Scope.DUE:
                widen_run(tx, open_run.id, due_before=open_run.begun_at + MOMENT)
        else:
            if open_run is not None:
                abandon_run(tx, open_run.id, at=at)
            _begin(tx, store, scope, depth, interval, actor, holder, at)
        taken = running(tx, store)
    if taken is None:
        raise AssertionError("a run that was begun is there")
    return taken


def seen_at(run: AuditRun, now: datetime) -> datetime:
    """What is written down as the time of a result: never one that would make the copy due in the same run again."""
    return max(now, run.due_before, run.begun_at + MOMENT)


def _goes_on(run: AuditRun, scope: Scope, depth: Depth) -> bool:
    deep_enough = run.depth is depth or (run.depth is Depth.DEEP and depth is Depth.FULL)
    wide_enough = run.scope is scope or scope is Scope.RED or (run.scope is not Scope.RED)
    return deep_enough and wide_enough


def _begin(
    tx: Transaction,
    store: str,
    scope: Scope,
    depth: Depth,
    interval: timedelta,
    actor: str,
    holder: str,
    at: datetime,
) -> None:
    # All copies: behind whatever was seen already, though a clock has gone back since.
    everything = max(at, newest_at(tx, store, at) or at) + MOMENT
    due_before = at - interval / 2 if scope is Scope.DUE else everything
    begin_run(
        tx,
        AuditRun(
            id=str(uuid.uuid4()),
            store=store,
            scope=scope,
            depth=depth,
            actor=actor,
            begun_at=at,
            due_before=due_before,
            holder=holder,
            held_until=at + HELD,
        ),
    )
