"""Questions about adopted retention schedules and the review tasks they, and undetermined periods, gave rise to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, tuple_

from archive.catalogue.columns import Instant
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_tables import retention_reviews, retention_schedules
from archive.catalogue.rows import AnyRow
from archive.retention.errors import ScheduleMissingError
from archive.retention.review import Review, ReviewDecision, ReviewReason
from archive.retention.schedule import Schedule, ScheduleKind, ScheduleRow, read_schedule

# Said in so many words: an index over part of the rows is only used where the statement says which part.
_UNDECIDED: ColumnElement[bool] = literal_column("decided_at IS NULL")


@dataclass(frozen=True, slots=True)
class AdoptedSchedule:
    """One version as it was adopted. ``reviews_pending``: some hồ sơ of its changed rows have no review task yet."""

    schedule: Schedule
    sha256: str
    adopted_at: datetime
    adopted_by: str
    reviews_pending: bool


def adopted_schedule(view: LedgerReading, schedule_id: str, version: str | None = None) -> AdoptedSchedule | None:
    """This version, or the one that stands (adopted last)."""
    c = retention_schedules.c
    query = select(retention_schedules).where(c.id == schedule_id)
    if version is not None:
        query = query.where(c.version == version)
    row = view.rows(query.order_by(c.adopted_at.desc(), c.version.desc()).limit(1)).first()
    return None if row is None else _adopted(row)


def adopted_schedules(view: LedgerReading) -> tuple[AdoptedSchedule, ...]:
    """Every version of every schedule, by id and in the order they were adopted."""
    c = retention_schedules.c
    rows = view.rows(select(retention_schedules).order_by(c.id, c.adopted_at, c.version))
    return tuple(map(_adopted, rows))


def schedules_in_force(view: LedgerReading, day: date, *, kind: ScheduleKind | None = None) -> tuple[Schedule, ...]:
    """Of each schedule the version adopted last, where it is in force on ``day``."""
    last = {item.schedule.id: item.schedule for item in adopted_schedules(view)}
    return tuple(item for item in last.values() if item.in_force(day) and kind in (None, item.kind))


def schedule_row(view: LedgerReading, schedule_id: str, version: str | None, row: str) -> tuple[Schedule, ScheduleRow]:
    """The row, of the version that stands when none is named. Raises ScheduleMissingError."""
    adopted = adopted_schedule(view, schedule_id, version)
    if adopted is None or row not in adopted.schedule.by_code:
        raise ScheduleMissingError(
            "Không có dòng này trong bảng thời hạn bảo quản đang áp dụng.",
            remedy="Xem danh sách bảng thời hạn bảo quản và mã dòng.",
            detail=f"{schedule_id} {version} {row}",
        )
    return adopted.schedule, adopted.schedule.by_code[row]


def review(view: LedgerReading, review_id: str) -> Review | None:
    row = view.rows(select(retention_reviews).where(retention_reviews.c.id == review_id)).first()
    return None if row is None else review_of(row)


def reviews_open(
    view: LedgerReading, *, after: tuple[datetime, str] | None = None, limit: int = 1000
) -> tuple[Review, ...]:
    """Review tasks nobody has decided yet, the oldest first, from behind ``after`` (opened_at, id) on."""
    return tuple(map(review_of, view.rows(reviews_query(after, limit))))


def reviews_query(after: tuple[datetime, str] | None, limit: int) -> Select[Any]:
    """The statement a page of open tasks is answered by."""
    c = retention_reviews.c
    query = select(retention_reviews).where(_UNDECIDED)
    if after is not None:
        query = query.where(tuple_(c.opened_at, c.id) > tuple_(literal(after[0], Instant), after[1]))
    return query.order_by(c.opened_at, c.id).limit(limit)


def reviews_open_count(view: LedgerReading, at_most: int = 100_000) -> int:
    """How many are undecided; ``at_most`` when there are that many or more."""
    some = select(retention_reviews.c.id).where(_UNDECIDED).limit(at_most).subquery()
    return int(view.rows(select(func.count()).select_from(some)).scalar_one())


def reviews_of(view: LedgerReading, file_id: str) -> tuple[Review, ...]:
    """Every review task of a hồ sơ, decided or not, the oldest first."""
    c = retention_reviews.c
    query = select(retention_reviews).where(c.file_id == file_id).order_by(c.opened_at, c.id)
    return tuple(map(review_of, view.rows(query)))


def review_of(row: AnyRow) -> Review:
    return Review(
        id=row.id,
        file_id=row.file_id,
        reason=ReviewReason(row.reason),
        about=row.about,
        opened_at=row.opened_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision=ReviewDecision(row.decision) if row.decision else None,
        note=row.note,
    )


def pending_rows(row: AnyRow) -> tuple[str, ...]:
    found: Mapping[str, Any] | list[str] | None = row.review_rows
    return tuple(found or ())


def _adopted(row: AnyRow) -> AdoptedSchedule:
    return AdoptedSchedule(
        read_schedule(row.content), row.sha256, row.adopted_at, row.adopted_by, bool(pending_rows(row))
    )
