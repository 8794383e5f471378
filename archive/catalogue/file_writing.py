"""Changes to hồ sơ: each in one transaction with its ledger record; a state moves by the one table of moves.

open ─close_file─▶ closed ─▶ transferred
  ▲                 │ ▲         │ ▲
  └───reopen_file───┘ └─ in_round ┘─▶ destroying ─▶ destroyed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from archive.catalogue.file_reading import (
    aips_of,
    file_of_aip,
    file_of_code,
    require_file,
    supplements_awaited,
)
from archive.catalogue.file_rows import period_json, period_row
from archive.catalogue.retention_tables import file_aips, files
from archive.catalogue.writing import Transaction
from archive.events import Event
from archive.local_time import VIETNAM
from archive.retention.errors import (
    EventRefusedError,
    FileAwaitedError,
    FileConflictError,
    FileEndedError,
    FileInRoundError,
    FileKeptError,
    FileMoveError,
)
from archive.retention.file import File, NewFile
from archive.retention.file_state import MOVES, FileState
from archive.retention.handing_over import handover_due_on
from archive.retention.period import Period, PeriodKind, longer, review_on

_ENDED = (FileState.DESTROYING, FileState.DESTROYED)
_EARLIEST_YEAR = 1000
PAPER_PERMANENT = "Bản giấy gốc có giá trị bảo quản vĩnh viễn; không được hủy vì đã số hóa."


def open_file(tx: Transaction, new: NewFile, *, actor: str, at: datetime) -> File:
    """The hồ sơ, with its first ledger record; the one that stands under this code of the agency (or its other code).

    Raises FileConflictError when the id is another hồ sơ's.
    """
    standing = file_of_code(tx, new.agency_code, new.file_code)
    if standing is not None:
        return standing
    if tx.rows(select(files.c.id).where(files.c.id == new.id)).first() is not None:
        raise FileConflictError("Mã này đã thuộc một hồ sơ khác.", detail=new.id)
    _require_year(new.ended_year)
    permanent = bool(new.paper_code) and new.period.permanent
    tx.rows(
        insert(files).values(
            id=new.id,
            agency_code=new.agency_code,
            file_code=new.file_code,
            fonds_code=new.fonds_code,
            title=new.title,
            state=FileState.OPEN.value,
            opened_on=new.opened_on,
            ended_year=new.ended_year,
            **period_row(new.period),
            period_basis=new.period_basis,
            schedule_id=new.schedule_id,
            schedule_version=new.schedule_version,
            schedule_row=new.schedule_row,
            profile=new.profile,
            profile_version=new.profile_version,
            paper_code=new.paper_code,
            paper_permanent=permanent,
            paper_reason=PAPER_PERMANENT if permanent else "",
            plan_id=new.plan_id,
            plan_ordinal=new.plan_ordinal,
            changed_at=at,
        )
    )
    data = {
        "agency_code": new.agency_code,
        "file_code": new.file_code,
        "period": period_json(new.period),
        "schedule": _schedule(new.schedule_id, new.schedule_version, new.schedule_row),
        "profile": new.profile,
        "profile_version": new.profile_version,
        "plan_id": new.plan_id,
        "plan_ordinal": new.plan_ordinal,
    }
    tx.append(Event.FILE_RECORD_OPENED, new.id, actor=actor, at=at, data=data)
    return _settle(tx, new.id, at)


def add_package(
    tx: Transaction, file_id: str, aip_id: str, *, actor: str, at: datetime, received_at: datetime | None = None
) -> int:
    """The ordinal of the package in the hồ sơ; it may already be there. The package need not be recorded yet.

    ``received_at``: when it was taken in, if that was not now.
    Raises FileConflictError when it is another hồ sơ's, FileEndedError for one that is being, or was, destroyed.
    """
    held = require_file(tx, file_id)
    owner = file_of_aip(tx, aip_id)
    if owner is not None:
        if owner.id != file_id:
            raise FileConflictError("Gói tin đã thuộc một hồ sơ khác.", detail=f"{aip_id}: {owner.id} != {file_id}")
        return aips_of(tx, file_id).index(aip_id) + 1
    require_living(held)
    c = file_aips.c
    last = tx.rows(select(func.coalesce(func.max(c.ordinal), 0)).where(c.file_id == file_id)).scalar_one()
    ordinal = int(last) + 1
    tx.rows(insert(file_aips).values(file_id=file_id, aip_id=aip_id, ordinal=ordinal))
    if held.received_on is None:
        _change(tx, file_id, received_on=(received_at or at).astimezone(VIETNAM).date())
    tx.append(Event.FILE_PACKAGE_ADDED, file_id, actor=actor, at=at, data={"aip_id": aip_id, "ordinal": ordinal})
    _settle(tx, file_id, at)
    return ordinal


def lengthen(tx: Transaction, file_id: str, period: Period, *, basis: str, actor: str, at: datetime) -> File:
    """The hồ sơ kept at least as long as ``period`` too: what a supplement brings with it. Never shorter than before."""
    held = require_file(tx, file_id)
    joined = longer(held.period, period)
    if joined == held.period:
        return held
    return set_period(tx, held, joined, basis=basis, actor=actor, at=at)


def set_period(
    tx: Transaction,
    held: File,
    period: Period,
    *,
    basis: str,
    actor: str,
    at: datetime,
    schedule: tuple[str, str, str] | None = None,
    data: Mapping[str, Any] | None = None,
) -> File:
    """The period as it stands from now on, whatever it was; who may is for the caller to have asked.

    ``schedule``: id, version and row it is taken from. An event that came to pass stays known as long as it is the same.
    Raises FileEndedError.
    """
    require_living(held)
    before = {"period": period_json(held.period), "schedule": _schedule_of(held)}
    after = {"period": period_json(period), "schedule": _schedule(*(schedule or (None, None, None)))}
    tx.append(
        Event.FILE_PERIOD_DETERMINED,
        held.id,
        actor=actor,
        at=at,
        data={"before": before, "after": after, **(data or {})},
    )
    schedule_id, version, row = schedule or (None, None, None)
    same_event = period.event == held.period.event
    paper = {"paper_permanent": True, "paper_reason": PAPER_PERMANENT} if held.paper_code and period.permanent else {}
    _change(
        tx,
        held.id,
        **period_row(period),
        period_basis=basis,
        event_year=held.event_year if same_event else None,
        schedule_id=schedule_id,
        schedule_version=version,
        schedule_row=row,
        **paper,
    )
    return _settle(tx, held.id, at)


def close_file(tx: Transaction, file_id: str, *, ended_year: int, actor: str, at: datetime, basis: str = "") -> File:
    """The hồ sơ is ended: its period is counted from ``ended_year`` on. Already so: nothing is written.

    Its period is determined anew before (NĐ 30/2020 Điều 29 khoản 4), by ``set_period`` or ``determine_period``.
    """
    held = require_file(tx, file_id)
    if held.state is FileState.CLOSED and held.ended_year == ended_year:
        return held
    _require_year(ended_year)
    _require_move(held, FileState.CLOSED, from_states=(FileState.OPEN,))
    _change(tx, file_id, state=FileState.CLOSED.value, ended_year=ended_year, closed_at=at)
    data = {"ended_year": ended_year, "period": period_json(held.period), "basis": basis}
    tx.append(Event.FILE_RECORD_CLOSED, file_id, actor=actor, at=at, data=data)
    return _settle(tx, file_id, at)


def reopen_file(tx: Transaction, file_id: str, *, reason: str, actor: str, at: datetime) -> File:
    """The hồ sơ goes on growing; it is due for nothing before it is closed again."""
    held = require_file(tx, file_id)
    if held.state is FileState.OPEN:
        return held
    _require_move(held, FileState.OPEN)
    _change(tx, file_id, state=FileState.OPEN.value, ended_year=None, closed_at=None)
    tx.append(Event.FILE_RECORD_REOPENED, file_id, actor=actor, at=at, data={"reason": reason})
    return _settle(tx, file_id, at)


def work_went_on(tx: Transaction, file_id: str, ended_year: int, *, actor: str, at: datetime) -> File:
    """The work ended later than was known, as a supplement says; an earlier or equal year changes nothing."""
    held = require_file(tx, file_id)
    if held.ended_year is None or ended_year <= held.ended_year:
        return held
    require_living(held)
    _require_year(ended_year)
    _change(tx, file_id, ended_year=ended_year)
    data = {"before": {"ended_year": held.ended_year}, "after": {"ended_year": ended_year}}
    tx.append(Event.FILE_PERIOD_DETERMINED, file_id, actor=actor, at=at, data=data)
    return _settle(tx, file_id, at)


def record_event(tx: Transaction, file_id: str, event_year: int, *, basis: str, actor: str, at: datetime) -> File:
    """The event its period waits for came to pass in ``event_year``; of several events, the last one.

    Raises EventRefusedError for a period that waits for none, and for a year still to come.
    """
    held = require_file(tx, file_id)
    require_living(held)
    if held.period.kind is not PeriodKind.EVENT:
        raise EventRefusedError("Thời hạn của hồ sơ này không phụ thuộc sự kiện nào.", detail=file_id)
    if event_year > at.astimezone(VIETNAM).year:
        raise EventRefusedError(
            "Năm xảy ra sự kiện không thể ở tương lai.", remedy="Ghi nhận khi sự kiện đã xảy ra.", detail=file_id
        )
    _require_year(event_year)
    if held.event_year == event_year:
        return held
    _change(tx, file_id, event_year=event_year)
    data = {"event_year": event_year, "before": held.event_year, "basis": basis}
    tx.append(Event.FILE_EVENT_RECORDED, file_id, actor=actor, at=at, data=data)
    return _settle(tx, file_id, at)


def move_file(
    tx: Transaction,
    file_id: str,
    to: FileState,
    *,
    actor: str,
    at: datetime,
    round_id: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> File:
    """The hồ sơ in this state, with its ledger record; already there (in the same round) nothing is written.

    ``round_id`` is needed to enter a round and to go anywhere from it. Leaving it, a hồ sơ goes back to where it was.
    Raises FileMoveError by the table, FileInRoundError for another round, FileKeptError for what is never proposed,
    FileAwaitedError when destruction would begin while a supplement is on its way. Whether the law allows the
    destruction is not asked here: ``archive.disposal`` alone begins one.
    """
    held = require_file(tx, file_id)
    if to in (FileState.IN_ROUND, *_ENDED) and not round_id:
        raise ValueError(f"{to} without its round")
    if FileState.OPEN in (held.state, to) and held.state is not to:
        raise ValueError("close_file and reopen_file say more than the state")
    if held.state is to:
        _require_round(held, round_id)
        return held
    _require_move(held, to)
    if held.state in (FileState.IN_ROUND, FileState.DESTROYING):
        _require_round(held, round_id)
    if to is FileState.IN_ROUND and held.period.kind in (PeriodKind.PERMANENT, PeriodKind.UNDETERMINED):
        raise FileKeptError(
            "Hồ sơ bảo quản vĩnh viễn hoặc chưa xác định thời hạn thì không đưa vào danh mục hết giá trị.",
            remedy="Xác định lại thời hạn nếu có căn cứ.",
            detail=file_id,
        )
    if to is FileState.DESTROYING and (awaited := supplements_awaited(tx, held)):
        raise FileAwaitedError(
            "Hồ sơ còn tài liệu bổ sung đã được tiếp nhận và chưa đóng gói.",
            remedy="Chờ đóng gói xong rồi lập lại dòng của hồ sơ trong danh mục.",
            detail=f"{file_id}: {', '.join(awaited)}",
        )
    values: dict[str, Any] = {"state": to.value}
    if to is FileState.TRANSFERRED and held.state is FileState.CLOSED:
        values |= {"transferred_at": at, "transfer": dict(data or {})}
    if to is FileState.DESTROYED:
        values["destroyed_at"] = at
    if to is FileState.IN_ROUND:
        values["round_id"] = round_id
    elif to not in _ENDED:
        values["round_id"] = None
    _change(tx, file_id, **values)
    told = {**(data or {}), **({"round_id": round_id} if round_id else {})}
    tx.append(_event(held.state, to), file_id, actor=actor, at=at, data=told)
    return _settle(tx, file_id, at)


def link_paper(
    tx: Transaction, file_id: str, paper_code: str, *, permanent: bool, reason: str, actor: str, at: datetime
) -> File:
    """The paper hồ sơ with the same content («lưu trữ cả hai loại»), and whether its original is kept for ever.

    ``permanent`` once said is not taken back: such an original is never destroyable because it was scanned.
    """
    held = require_file(tx, file_id)
    require_living(held)
    kept = permanent or held.paper_permanent or held.period.permanent
    why = (reason or PAPER_PERMANENT) if kept else ""
    if (held.paper_code, held.paper_permanent) == (paper_code, kept) and (not permanent or held.paper_reason == why):
        return held
    _change(tx, file_id, paper_code=paper_code, paper_permanent=kept, paper_reason=why)
    data = {"paper_code": paper_code, "paper_permanent": kept}
    tx.append(Event.FILE_PAPER_LINKED, file_id, actor=actor, at=at, data=data)
    return _settle(tx, file_id, at)


def require_living(held: File) -> None:
    """Raises FileEndedError."""
    if held.state in _ENDED:
        raise FileEndedError(
            "Hồ sơ đang được hủy hoặc đã hủy; không thay đổi và không bổ sung được.",
            remedy="Trả lại tài liệu cho cơ quan nộp kèm lý do.",
            detail=held.id,
        )


def _settle(tx: Transaction, file_id: str, at: datetime) -> File:
    """Review and handing over counted anew, from what the row now says."""
    held = require_file(tx, file_id)
    ended = None if held.state is FileState.OPEN else held.ended_year
    due = review_on(held.period, ended_year=ended, event_year=held.event_year)
    handover = None
    if held.state in (FileState.CLOSED, FileState.IN_ROUND):
        received = held.received_on.year if held.received_on else None
        handover = handover_due_on(held.profile, held.period, ended_year=ended, received_year=received)
    _change(tx, file_id, review_on=due, transfer_due_on=handover, changed_at=at)
    return replace(held, review_on=due, transfer_due_on=handover, changed_at=at)


def _change(tx: Transaction, file_id: str, **values: Any) -> None:
    tx.rows(update(files).where(files.c.id == file_id).values(**values))


def _require_move(held: File, to: FileState, *, from_states: tuple[FileState, ...] | None = None) -> None:
    back = FileState.TRANSFERRED if held.transferred_at is not None else FileState.CLOSED
    leaves = held.state is FileState.IN_ROUND and to in (FileState.CLOSED, FileState.TRANSFERRED)
    if to not in MOVES[held.state] or (from_states and held.state not in from_states) or (leaves and to is not back):
        raise FileMoveError(
            "Hồ sơ không thể chuyển sang trạng thái này.",
            remedy="Xem trạng thái hiện tại của hồ sơ.",
            detail=f"{held.id}: {held.state} -> {to}",
        )


def _require_round(held: File, round_id: str | None) -> None:
    if held.round_id != round_id:
        raise FileInRoundError(
            "Hồ sơ đang thuộc một đợt xét hủy khác.", detail=f"{held.id}: {held.round_id} != {round_id}"
        )


def _require_year(year: int | None) -> None:
    if year is not None and not _EARLIEST_YEAR <= year <= date.max.year:
        raise EventRefusedError("Năm không hợp lệ.", remedy="Ghi năm bằng bốn chữ số.", detail=str(year))


def _schedule(schedule_id: str | None, version: str | None, row: str | None) -> dict[str, str | None] | None:
    return None if schedule_id is None else {"id": schedule_id, "version": version, "row": row}


def _schedule_of(held: File) -> dict[str, str | None] | None:
    return _schedule(held.schedule_id, held.schedule_version, held.schedule_row)


def _event(before: FileState, to: FileState) -> Event:
    if before is FileState.IN_ROUND and to is not FileState.DESTROYING:
        return Event.FILE_ROUND_LEFT
    return {
        FileState.TRANSFERRED: Event.FILE_CUSTODY_TRANSFERRED,
        FileState.IN_ROUND: Event.FILE_ROUND_ENTERED,
        FileState.DESTROYING: Event.FILE_DESTRUCTION_BEGUN,
        FileState.DESTROYED: Event.FILE_CONTENT_DESTROYED,
    }[to]
