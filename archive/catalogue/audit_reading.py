"""What is to be audited next and what audits have found: answered from indexes, however many copies there are.

Choosing, counting what is overdue and the coverage clock read the index ``ix_copies_audit`` alone (store, last looked at,
id, state, size). A copy that is OK was last looked at when it was last read whole, so that one order serves all three.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, literal_column, or_, select, tuple_

from archive.catalogue import tables as t
from archive.catalogue.audit_model import (
    WINDOWS,
    AuditFinding,
    AuditRun,
    Canary,
    Coverage,
    Depth,
    Due,
    Overdue,
    RunState,
    Scope,
    Share,
    Verdict,
)
from archive.catalogue.audit_tables import audit_findings, audit_runs, canaries
from archive.catalogue.columns import Instant
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import ASKED_AT_ONCE, PAGE, Reading
from archive.catalogue.rows import AnyRow
from archive.catalogue.sealing_tables import replaced_objects
from archive.fixity import CopyState
from archive.lifecycle import State, is_final
from archive.storage.key import Key, aip_key, sealed_aip_key

AHEAD = timedelta(hours=1)
"""Clocks of two machines may differ by so much. What was read later than that from now was not read: the clock jumped."""

# In words, not as parameters: a database uses a partial index only when it can see its condition in the statement.
_STANDS = t.copies.c.state != literal_column("'awaited'")
_NOT_OK = t.copies.c.state != literal_column("'ok'")
_RED = [state.value for state in CopyState if state.red]


def due_copies(
    view: Reading,
    store: str,
    before: datetime,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = PAGE,
) -> list[Due]:
    """The next copies in ``store`` last looked at before ``before``, the longest ago first.

    ``after``: behind this time and id in that order.
    """
    c = t.copies.c
    chosen = select(c.aip_id, c.verified_at, c.state).where(c.store == store, _STANDS, c.verified_at < before)
    if after is not None:
        chosen = chosen.where(_behind(after))
    return _due(view, chosen.order_by(c.verified_at, c.aip_id).limit(limit))


def due_ahead(
    view: Reading, store: str, at: datetime, *, after: tuple[datetime, str] | None = None, limit: int = PAGE
) -> list[Due]:
    """Copies said to have been looked at in times to come, which a clock that was wrong must have said."""
    c = t.copies.c
    chosen = select(c.aip_id, c.verified_at, c.state).where(c.store == store, _STANDS, c.verified_at > at + AHEAD)
    if after is not None:
        chosen = chosen.where(_behind(after))
    return _due(view, chosen.order_by(c.verified_at, c.aip_id).limit(limit))


def red_copies(view: Reading, store: str, *, after: tuple[str, str] = ("", ""), limit: int = PAGE) -> list[Due]:
    """Copies that are not right, ascending by state and id from behind ``after`` (state, id) on."""
    c = t.copies.c
    chosen = select(c.aip_id, c.verified_at, c.state).where(c.store == store, _NOT_OK, c.state.in_(_RED))
    chosen = chosen.where(tuple_(c.state, c.aip_id) > tuple_(*map(literal, after)))
    return _due(view, chosen.order_by(c.state, c.aip_id).limit(limit), by_state=True)


def due_share(view: Reading, store: str, before: datetime) -> Share:
    """How much ``due_copies`` would find."""
    c = t.copies.c
    query = select(func.count().label("copies"), func.sum(c.size_bytes).label("bytes"))
    return _share(view.rows(query.where(c.store == store, _STANDS, c.verified_at < before)).one())


def oldest_at(view: Reading, store: str) -> datetime | None:
    """When the copy in ``store`` that was not looked at for longest was; None when it has none."""
    c = t.copies.c
    return view.rows(
        select(c.verified_at).where(c.store == store, _STANDS).order_by(c.verified_at).limit(1)
    ).scalar_one_or_none()


def newest_at(view: Reading, store: str, at: datetime) -> datetime | None:
    """When a copy in ``store`` was last looked at, as far as that may be believed at ``at``."""
    c = t.copies.c
    query = select(c.verified_at).where(c.store == store, _STANDS, c.verified_at <= at + AHEAD)
    return view.rows(query.order_by(c.verified_at.desc()).limit(1)).scalar_one_or_none()


def coverage(view: Reading, store: str, at: datetime) -> Coverage:
    """What share of the copies in ``store`` was read whole within each of ``WINDOWS``; one pass over the index alone."""
    c = t.copies.c
    ok = and_(c.state == literal_column("'ok'"), c.verified_at <= at + AHEAD)
    columns: list[ColumnElement[Any]] = [
        func.count().label("copies"),
        func.sum(c.size_bytes).label("bytes"),
        func.min(c.verified_at).label("oldest"),
    ]
    for days in WINDOWS:
        lately = and_(ok, c.verified_at >= at - timedelta(days=days))
        columns.append(func.sum(case((lately, 1), else_=0)).label(f"copies_{days}"))
        columns.append(func.sum(case((lately, c.size_bytes), else_=0)).label(f"bytes_{days}"))
    row = view.rows(select(*columns).where(c.store == store, _STANDS)).one()._mapping
    whole = Share(int(row["copies"]), int(row["bytes"] or 0))
    read = {days: Share(int(row[f"copies_{days}"] or 0), int(row[f"bytes_{days}"] or 0)) for days in WINDOWS}
    others = select(c.state, func.count()).where(c.store == store, _NOT_OK).group_by(c.state)
    states = {CopyState(state): int(count) for state, count in view.rows(others)}
    bad = sum(count for state, count in states.items() if state is not CopyState.AWAITED)
    if whole.copies - bad:
        states[CopyState.OK] = whole.copies - bad
    return Coverage(store, at, whole, read, states, row["oldest"])


def overdue(view: Reading, store: str, at: datetime, interval: timedelta) -> Overdue:
    """What in ``store`` was not read whole, and right, within ``interval``: red even if no audit ever ran."""
    c = t.copies.c
    copies = size_bytes = 0
    oldest: list[datetime] = []
    for condition, last_ok in zip(_overdue(store, at, interval), (c.verified_at, c.verified_at, c.ok_at), strict=True):
        columns = func.count().label("copies"), func.sum(c.size_bytes).label("bytes"), func.min(last_ok).label("oldest")
        row = view.rows(select(*columns).where(condition)).one()
        share = _share(row)
        copies, size_bytes = copies + share.copies, size_bytes + share.size_bytes
        if row.oldest is not None:
            oldest.append(row.oldest)
    return Overdue(store, interval, Share(copies, size_bytes), min(oldest, default=None))


def overdue_copies(view: Reading, store: str, at: datetime, interval: timedelta, limit: int = PAGE) -> list[Due]:
    """Some of what ``overdue`` counts, the longest not looked at first."""
    c = t.copies.c
    found: list[Due] = []
    for condition in _overdue(store, at, interval):
        chosen = select(c.aip_id, c.verified_at, c.state).where(condition).order_by(c.verified_at, c.aip_id)
        found += _due(view, chosen.limit(limit - len(found)))
    return found


def claimed(view: Reading, keys: Collection[Key]) -> set[Key]:
    """Those of ``keys`` that are the object of a package, will be that of a submission not yet ended, or are one that is
    known to have to go.
    """
    found: set[Key] = set()
    for some in pieces(keys, ASKED_AT_ONCE):
        rows = view.rows(select(t.aips.c.object_key).where(t.aips.c.object_key.in_([str(key) for key in some])))
        found |= {Key(row.object_key) for row in rows}
        ids = {key: key.segments[-1].partition(".")[0] for key in some if key not in found}
        left: dict[str, set[Key]] = {}
        for key, aip_id in ids.items():
            if key in (aip_key(aip_id), sealed_aip_key(aip_id)):
                left.setdefault(aip_id, set()).add(key)
        s = t.submissions.c
        owners = view.rows(select(s.aip_id, s.state).where(s.aip_id.in_(left))) if left else ()
        found.update(*(left[row.aip_id] for row in owners if not is_final(State(row.state))))
        r = replaced_objects.c.object_key
        going = view.rows(select(r).where(r.in_([str(key) for key in some if key not in found]))).scalars()
        found |= set(map(Key, going))
    return found


def run(view: Reading, run_id: str) -> AuditRun | None:
    row = view.rows(select(audit_runs).where(audit_runs.c.id == run_id)).first()
    return None if row is None else _run(row)


def running(view: Reading, store: str) -> AuditRun | None:
    """The run of ``store`` that has not ended: there is one at the most."""
    c = audit_runs.c
    query = select(audit_runs).where(c.store == store, c.state == literal_column("'running'"))
    row = view.rows(query).first()
    return None if row is None else _run(row)


def last_runs(view: Reading, store: str | None = None, limit: int = 20) -> list[AuditRun]:
    """The newest first, of one store or of all."""
    query = select(audit_runs).order_by(audit_runs.c.begun_at.desc(), audit_runs.c.id).limit(limit)
    if store is not None:
        query = query.where(audit_runs.c.store == store)
    return [_run(row) for row in view.rows(query)]


def findings(view: Reading, run_id: str) -> Iterator[AuditFinding]:
    """All a run found, ascending by key, in flat memory."""
    c, after = audit_findings.c, ""
    query = select(audit_findings).where(c.run_id == run_id).order_by(c.object_key).limit(PAGE)
    while page := [_finding(row) for row in view.rows(query.where(c.object_key > after))]:
        yield from page
        after = page[-1].key


def findings_of(view: Reading, aip_id: str, limit: int = 100) -> list[AuditFinding]:
    """What audits have ever found of one package, the newest first; it outlives the package."""
    c = audit_findings.c
    query = select(audit_findings).where(c.aip_id == aip_id).order_by(c.found_at.desc(), c.store).limit(limit)
    return [_finding(row) for row in view.rows(query)]


def canaries_of(view: Reading, run_id: str) -> list[Canary]:
    c = canaries.c
    return [_canary(row) for row in view.rows(select(canaries).where(c.run_id == run_id).order_by(c.planted_at, c.id))]


def canaries_left(view: Reading, store: str) -> list[Canary]:
    """Those whose bytes may still lie in ``store`` though their run has ended."""
    c, r = canaries.c, audit_runs.c
    query = select(canaries).join(audit_runs, r.id == c.run_id)
    query = query.where(c.store == store, c.removed_at.is_(None), r.state != literal_column("'running'"))
    return [_canary(row) for row in view.rows(query)]


def canaries_planted(view: Reading, store: str) -> int:
    """How many canaries this store has had: the next one is damaged in the next way."""
    return int(view.rows(select(func.count()).select_from(canaries).where(canaries.c.store == store)).scalar_one())


def _overdue(store: str, at: datetime, interval: timedelta) -> Sequence[ColumnElement[bool]]:
    """Three kinds: right when last seen, too long ago; or in a time to come; and not right, whenever last seen.

    The first two are ranges of the index alone (of what is OK, the last look was the last OK); of the third there are few.
    """
    c, limit = t.copies.c, at - interval
    ok = and_(c.store == store, _STANDS, c.state == literal_column("'ok'"))
    never = or_(c.ok_at.is_(None), c.ok_at < limit, c.ok_at > at + AHEAD)
    return (
        and_(ok, c.verified_at < limit),
        and_(ok, c.verified_at > at + AHEAD),
        and_(c.store == store, _NOT_OK, c.state.in_(_RED), never),
    )


def _due(view: Reading, chosen: Select[Any], *, by_state: bool = False) -> list[Due]:
    """The rows chosen, with what the copies must be: first the few from the index, then each package by its id."""
    few, a = chosen.subquery("few"), t.aips.c
    query = select(few, a.object_key, a.size_bytes, a.sha256, a.layout_sha256).join(t.aips, a.id == few.c.aip_id)
    order = few.c.state if by_state else few.c.verified_at
    return [
        Due(
            row.aip_id,
            Key(row.object_key),
            row.size_bytes,
            row.sha256,
            row.layout_sha256,
            row.verified_at,
            CopyState(row.state),
        )
        for row in view.rows(query.order_by(order, few.c.aip_id))
    ]


def _behind(after: tuple[datetime, str]) -> ColumnElement[bool]:
    c = t.copies.c
    return tuple_(c.verified_at, c.aip_id) > tuple_(literal(after[0], Instant), after[1])


def _share(row: AnyRow) -> Share:
    return Share(int(row.copies), int(row.bytes or 0))


def _run(row: AnyRow) -> AuditRun:
    return AuditRun(
        id=row.id,
        store=row.store,
        scope=Scope(row.scope),
        depth=Depth(row.depth),
        actor=row.actor,
        begun_at=row.begun_at,
        due_before=row.due_before,
        state=RunState(row.state),
        counts=row.counts,
        bytes_read=row.bytes_read,
        reading_seconds=row.reading_seconds,
        trouble=row.trouble,
        ended_at=row.ended_at,
        verdict=Verdict(row.verdict) if row.verdict else None,
        report_sha256=row.report_sha256,
        holder=row.holder,
        held_until=row.held_until,
        position=row.position,
    )


def _finding(row: AnyRow) -> AuditFinding:
    return AuditFinding(
        run_id=row.run_id,
        key=row.object_key,
        store=row.store,
        aip_id=row.aip_id,
        state=CopyState(row.state),
        found_at=row.found_at,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        detail=row.detail,
        findings=tuple(row.findings),
    )


def _canary(row: AnyRow) -> Canary:
    return Canary(
        id=row.id,
        run_id=row.run_id,
        store=row.store,
        key=Key(row.object_key),
        damage=row.damage,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        layout_sha256=row.layout_sha256,
        planted_at=row.planted_at,
        planted=row.planted,
        found_state=CopyState(row.found_state) if row.found_state else None,
        found_at=row.found_at,
        removed_at=row.removed_at,
    )
