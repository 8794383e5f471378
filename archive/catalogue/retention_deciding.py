"""Decisions of people about how long a hồ sơ is kept: the authority is asked again in the transaction that decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from archive.access import Author
from archive.catalogue import file_writing
from archive.catalogue.file_reading import require_file
from archive.catalogue.retention_authority import require_head, require_keeper
from archive.catalogue.retention_tables import retention_reviews
from archive.catalogue.schedule_reading import review, reviews_of, schedule_row
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.retention.errors import (
    FileInRoundError,
    PeriodRefusedError,
    PeriodTooShortError,
    ReviewDecidedError,
    ReviewMissingError,
)
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import Period, PeriodKind, shorter_than
from archive.retention.review import Review, ReviewDecision, ReviewReason
from archive.retention.stated_period import period_text


@dataclass(frozen=True, slots=True)
class RowRef:
    """A row of a schedule: of the version that stands when none is named."""

    schedule_id: str
    row: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Determination:
    """A period a person decided on: the one of ``row``, or ``period``, which may only be longer than its row's.

    ``basis``: the reason, in words; it goes into the ledger and must quote no content.
    """

    basis: str
    period: Period | None = None
    row: RowRef | None = None


def determine_period(tx: Transaction, file_id: str, decided: Determination, *, by: Author, at: datetime) -> File:
    """The hồ sơ with the period a person decided on; the same again writes nothing.

    An archivist may determine what was undetermined and lengthen what was not; only a head shortens a period. In a round
    nothing is determined: the council's outcome is, when the hồ sơ has left it. Raises AuthorityMissingError,
    PeriodRefusedError, PeriodTooShortError, ScheduleMissingError, FileInRoundError, FileEndedError.
    """
    keeper = require_keeper(tx, by)
    held = require_file(tx, file_id)
    file_writing.require_living(held)
    if held.state is FileState.IN_ROUND:
        raise FileInRoundError(
            "Hồ sơ đang trong đợt xét hủy; thời hạn chỉ được xác định lại khi hồ sơ ra khỏi danh mục.",
            remedy="Ghi kết quả của Hội đồng, hoặc đưa hồ sơ ra khỏi danh mục.",
            detail=file_id,
        )
    period, schedule = _decided(tx, decided)
    standing = (held.schedule_id, held.schedule_version, held.schedule_row)
    if held.period == period and standing == (schedule or (None, None, None)):
        return held
    if held.period.kind is not PeriodKind.UNDETERMINED and shorter_than(period, held.period):
        require_head(tx, by)
    changed = file_writing.set_period(
        tx,
        held,
        period,
        basis=_basis(decided),
        actor=by.actor,
        at=at,
        schedule=schedule,
        data={"basis": _basis(decided)},
    )
    for task in reviews_of(tx, file_id):
        if task.reason is ReviewReason.UNDETERMINED and task.decided_at is None:
            _close(tx, task, ReviewDecision.CHANGED, keeper=keeper, words=_basis(decided), by=by, at=at)
    return changed


def close_determined(
    tx: Transaction, file_id: str, decided: Determination | None, *, ended_year: int, by: Author, at: datetime
) -> File:
    """The hồ sơ is ended, its period determined again at that moment (NĐ 30/2020 Điều 29 khoản 4), or confirmed (None).

    Raises PeriodRefusedError when nobody has determined it yet, and what ``determine_period`` raises.
    """
    require_keeper(tx, by)
    if decided is not None:
        determine_period(tx, file_id, decided, by=by, at=at)
    held = require_file(tx, file_id)
    if held.period.kind is PeriodKind.UNDETERMINED:
        raise PeriodRefusedError(
            "Hồ sơ chưa được xác định thời hạn nên chưa thể kết thúc.",
            remedy="Xác định thời hạn khi kết thúc hồ sơ.",
            detail=file_id,
        )
    return file_writing.close_file(
        tx, file_id, ended_year=ended_year, actor=by.actor, at=at, basis="" if decided is None else _basis(decided)
    )


def reopen(tx: Transaction, file_id: str, *, reason: str, by: Author, at: datetime) -> File:
    """The hồ sơ goes on growing. Raises AuthorityMissingError, PeriodRefusedError without a reason, FileMoveError."""
    require_keeper(tx, by)
    return file_writing.reopen_file(tx, file_id, reason=_words(reason), actor=by.actor, at=at)


def note_event(tx: Transaction, file_id: str, event_year: int, *, basis: str, by: Author, at: datetime) -> File:
    """The event the hồ sơ waits for came to pass. Raises AuthorityMissingError, PeriodRefusedError, EventRefusedError."""
    require_keeper(tx, by)
    return file_writing.record_event(tx, file_id, event_year, basis=_words(basis), actor=by.actor, at=at)


def decide_review(
    tx: Transaction, review_id: str, decided: Determination | None, *, note: str, by: Author, at: datetime
) -> Review:
    """The task, closed: its period stays (None, with the reason in ``note``) or is determined anew by ``decided``.

    Closed the same way before, nothing is written. Raises ReviewMissingError, ReviewDecidedError, PeriodRefusedError for
    leaving undetermined what is so, and what ``determine_period`` raises.
    """
    keeper = require_keeper(tx, by)
    standing = review(tx, review_id)
    if standing is None:
        raise ReviewMissingError("Không có việc xem xét thời hạn này.", detail=review_id)
    outcome = ReviewDecision.KEPT if decided is None else ReviewDecision.CHANGED
    if standing.decided_at is not None:
        if standing.decision is outcome and standing.decided_by == keeper:
            return standing
        raise ReviewDecidedError("Việc xem xét này đã được quyết định.", detail=review_id)
    held = require_file(tx, standing.file_id)
    words = _words(note or ("" if decided is None else decided.basis))
    if decided is not None:
        determine_period(tx, held.id, decided, by=by, at=at)
        standing = review(tx, review_id) or standing
    elif held.period.kind is PeriodKind.UNDETERMINED:
        raise PeriodRefusedError(
            "Hồ sơ chưa xác định thời hạn thì không thể giữ nguyên.", remedy="Xác định thời hạn.", detail=held.id
        )
    if standing.decided_at is None:
        _close(tx, standing, outcome, keeper=keeper, words=words, by=by, at=at)
    closed = review(tx, review_id)
    assert closed is not None
    return closed


def _close(
    tx: Transaction, task: Review, outcome: ReviewDecision, *, keeper: str, words: str, by: Author, at: datetime
) -> None:
    data = {"review_id": task.id, "reason": task.reason.value, "decision": outcome.value}
    tx.append(Event.RETENTION_REVIEW_DECIDED, task.file_id, actor=by.actor, at=at, data=data)
    change = {"decided_at": at, "decided_by": keeper, "decision": outcome.value, "note": words}
    tx.rows(update(retention_reviews).where(retention_reviews.c.id == task.id).values(**change))


def _decided(tx: Transaction, decided: Determination) -> tuple[Period, tuple[str, str, str] | None]:
    _basis(decided)
    schedule = None
    period = decided.period
    if decided.row is not None:
        found, row = schedule_row(tx, decided.row.schedule_id, decided.row.version, decided.row.row)
        schedule = (found.id, found.version, row.code)
        if period is not None and shorter_than(period, row.period):
            raise PeriodTooShortError(
                f"Thời hạn {period_text(period)} ngắn hơn dòng {row.code} của {found.basis} ({period_text(row.period)}).",
                remedy="Chọn thời hạn không ngắn hơn bảng thời hạn bảo quản.",
                detail=f"{found.id}/{found.version}:{row.code}",
            )
        period = period or row.period
    if period is None or period.kind is PeriodKind.UNDETERMINED:
        raise PeriodRefusedError("Quyết định phải nêu thời hạn.", remedy="Nêu thời hạn, hoặc dòng của bảng thời hạn.")
    return period, schedule


def _basis(decided: Determination) -> str:
    return _words(decided.basis)


def _words(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise PeriodRefusedError("Quyết định phải nêu lý do.", remedy="Nêu lý do hoặc căn cứ.")
    return words
