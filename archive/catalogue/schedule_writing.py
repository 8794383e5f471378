"""Adopting retention schedules and opening, deciding review tasks. Nothing here rewrites a period by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from archive.access import Author
from archive.catalogue.file_writing import require_living
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_authority import require_head
from archive.catalogue.retention_tables import files, retention_reviews, retention_schedules
from archive.catalogue.schedule_reading import (
    AdoptedSchedule,
    adopted_schedule,
    adopted_schedules,
    pending_rows,
    reviews_of,
    schedules_in_force,
)
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.ledger import written_instant
from archive.retention.errors import ScheduleRefusedError, ScheduleShorterError
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import PeriodKind
from archive.retention.review import ReviewReason, review_id
from archive.retention.schedule import (
    Schedule,
    ScheduleKind,
    changed_rows,
    common_schedules,
    shorter_rows,
    undetermined_rows,
)
from archive.retention.stated_period import period_text

REVIEWS_AT_ONCE = 1000
_ASKED_AT_ONCE = 500
_TOLD_ROWS = 20


def adopt_schedule(tx: Transaction, schedule: Schedule, *, by: Author, at: datetime) -> AdoptedSchedule:
    """The schedule as a head of archive adopts it; the same content again writes nothing.

    Hồ sơ whose row is another one now are put up for review by ``open_reviews``, batch by batch; their periods stay.
    Raises AuthorityMissingError; ScheduleRefusedError for a version that stands with other content, or rows without a
    period; ScheduleShorterError when an agency's own is over before the common one.
    """
    require_head(tx, by)
    if schedule.kind is ScheduleKind.AGENCY:
        _require_no_shorter(tx, schedule, at)
    return _adopt(tx, schedule, actor=by.actor, at=at)


def adopt_bundled(tx: Transaction, *, actor: str, at: datetime) -> tuple[AdoptedSchedule, ...]:
    """The common schedules that come with the program stand; those that did before are left out of what is told."""
    standing = {(item.schedule.id, item.schedule.version) for item in adopted_schedules(tx)}
    return tuple(
        _adopt(tx, schedule, actor=actor, at=at)
        for schedule in common_schedules().values()
        if (schedule.id, schedule.version) not in standing
    )


def open_reviews(tx: Transaction, *, actor: str, at: datetime, limit: int = REVIEWS_AT_ONCE) -> int:
    """The next hồ sơ (``limit`` at most) of rows that changed get their review task; tells how many rows of the registry
    were looked at, 0 when there is nothing more to do. By index, memory flat; a killed run goes on where it stopped.
    """
    s, f = retention_schedules.c, files.c
    work = next(
        (row for row in tx.rows(select(retention_schedules).order_by(s.id, s.adopted_at)) if pending_rows(row)), None
    )
    if work is None:
        return 0
    pending, after = pending_rows(work), work.review_after
    query = select(f.id, f.state).where(f.schedule_id == work.id, f.schedule_row == pending[0], f.id > after)
    page = tx.rows(query.order_by(f.id).limit(limit)).all()
    living = [row.id for row in page if row.state not in (FileState.DESTROYING, FileState.DESTROYED)]
    opened = _open(tx, living, ReviewReason.SCHEDULE_CHANGED, f"{work.id}/{work.version}:{pending[0]}", at)
    here = _version(work.id, work.version)
    if len(page) == limit:
        values: dict[str, Any] = {"review_after": page[-1].id}
    else:
        values = {"review_rows": list(pending[1:]) or None, "review_after": ""}
    tx.rows(update(retention_schedules).where(*here).values(**values))
    if opened:
        data = {
            "reason": ReviewReason.SCHEDULE_CHANGED.value,
            "row": pending[0],
            "version": work.version,
            "files": opened,
        }
        tx.append(Event.RETENTION_REVIEWS_OPENED, f"schedule:{work.id}", actor=actor, at=at, data=data)
    return max(len(page), 1)


def open_review_of(tx: Transaction, held: File, *, at: datetime) -> bool:
    """A hồ sơ whose period could not be determined has an undecided review task; whether it is a new one."""
    if held.period.kind is not PeriodKind.UNDETERMINED:
        return False
    require_living(held)
    standing = (item for item in reviews_of(tx, held.id) if item.reason is ReviewReason.UNDETERMINED)
    if any(item.decided_at is None for item in standing):
        return False
    return bool(_open(tx, [held.id], ReviewReason.UNDETERMINED, written_instant(at), at))


def _version(schedule_id: str, version: str) -> tuple[Any, ...]:
    c = retention_schedules.c
    return (c.id == schedule_id, c.version == version)


def _adopt(tx: Transaction, schedule: Schedule, *, actor: str, at: datetime) -> AdoptedSchedule:
    standing = adopted_schedule(tx, schedule.id, schedule.version)
    if standing is not None:
        if standing.sha256 != schedule.sha256:
            raise ScheduleRefusedError(
                f"Bảng thời hạn «{schedule.id}» phiên bản {schedule.version} đã được áp dụng với nội dung khác.",
                remedy="Đặt số phiên bản mới cho nội dung mới.",
                detail=f"{standing.sha256} != {schedule.sha256}",
            )
        return standing
    if not schedule.rows or undetermined_rows(schedule):
        codes = ", ".join(row.code for row in undetermined_rows(schedule)[:_TOLD_ROWS])
        raise ScheduleRefusedError(
            f"Bảng thời hạn không có dòng nào, hoặc có dòng không tính được thời hạn: {codes or '—'}.",
            remedy="Ghi «Vĩnh viễn», số năm, hoặc «Đến khi …».",
        )
    before = adopted_schedule(tx, schedule.id)
    changed = () if before is None else changed_rows(before.schedule, schedule)
    tx.rows(
        insert(retention_schedules).values(
            id=schedule.id,
            version=schedule.version,
            kind=schedule.kind.value,
            agency_code=schedule.agency_code,
            title=schedule.title,
            basis=schedule.basis,
            effective_from=schedule.effective_from,
            effective_to=schedule.effective_to,
            sha256=schedule.sha256,
            content=schedule.as_json(),
            adopted_at=at,
            adopted_by=actor,
            review_rows=list(changed) or None,
            review_after="",
        )
    )
    data = {
        "schedule_id": schedule.id,
        "version": schedule.version,
        "sha256": schedule.sha256,
        "kind": schedule.kind.value,
        "rows": len(schedule.rows),
        "changed": len(changed),
        "effective_from": schedule.effective_from.isoformat(),
    }
    tx.append(Event.RETENTION_SCHEDULE_ADOPTED, f"schedule:{schedule.id}", actor=actor, at=at, data=data)
    return AdoptedSchedule(schedule, schedule.sha256, at, actor, bool(changed))


def _require_no_shorter(tx: Transaction, schedule: Schedule, at: datetime) -> None:
    if not schedule.agency_code:
        raise ScheduleRefusedError("Bảng thời hạn riêng phải ghi mã cơ quan.", remedy="Bổ sung mã cơ quan.")
    day = max(schedule.effective_from, at.date())
    common = schedules_in_force(tx, day, kind=ScheduleKind.COMMON)
    shorter = shorter_rows(schedule, common)
    if shorter:
        told = "; ".join(
            f"dòng {item.row.code}: {period_text(item.row.period)}, chung là {period_text(item.common.period)}"
            f" (dòng {item.common.code})"
            for item in shorter[:_TOLD_ROWS]
        )
        raise ScheduleShorterError(
            f"Thời hạn của cơ quan ngắn hơn thời hạn chung ở {len(shorter)} dòng: {told}.",
            remedy="Thời hạn riêng của cơ quan không được thấp hơn thời hạn chung; sửa các dòng này.",
            detail=", ".join(item.row.code for item in shorter),
        )


def _open(tx: Transaction, file_ids: list[str], reason: ReviewReason, about: str, at: datetime) -> int:
    """New tasks of these hồ sơ; one that stands undecided for the same reason is not opened twice."""
    c = retention_reviews.c
    opened = 0
    for some in pieces(file_ids, _ASKED_AT_ONCE):
        wanted = {review_id(file_id, reason, about): file_id for file_id in some}
        known = set(tx.rows(select(c.id).where(c.id.in_(list(wanted)))).scalars())
        rows = [
            {"id": key, "file_id": file_id, "reason": reason.value, "about": about, "opened_at": at, "note": ""}
            for key, file_id in wanted.items()
            if key not in known
        ]
        if rows:
            tx.rows(insert(retention_reviews), rows)
        opened += len(rows)
    return opened
