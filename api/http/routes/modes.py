"""Decisions on the mode of use of a hồ sơ or document, and how they came about."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.problems import unknown
from api.http.rights_views import NEVER_STORED, Id, ModeView, Names, Number, Ordinal, Reason, Strict
from api.http.targets import document_target, hoso_target
from api.http.written_days import Day
from archive.access import Author, Mode, Operation, Target
from archive.catalogue import Reading
from archive.events import Event
from archive.ledger import Record

router = APIRouter(tags=["rights"], dependencies=[NEVER_STORED])
MOST_SHOWN = 500
_AT_ONCE = 1000


class ModeDecision(Strict):
    """What the head of archive decides."""

    mode: Mode = Field(description="Chế độ sử dụng. / Mode of use.", examples=["restricted"])
    reason: Reason = Field(description="Lý do. / Why.", examples=["Có thông tin về đời tư cá nhân"])
    decision_number: Number = Field(default="", description="Số văn bản. / Its number.", examples=["15/QĐ-LTLS"])
    review_on: Day | None = Field(
        default=None, description="Ngày xem xét lại. / When to look at it again.", examples=["2031-01-01"]
    )


class ModeEvent(BaseModel):
    """One decision as the ledger holds it."""

    seq: int = Field(description="Số bản ghi trong sổ nhật ký. / Its ledger record.", examples=[42])
    at: datetime = Field(description="Thời điểm. / When.")
    actor: str = Field(description="Ai quyết định. / Who decided.", examples=["account:le.van.cuong"])
    mode: Mode = Field(description="Chế độ sử dụng. / Mode of use.", examples=["restricted"])
    reason: str = Field(description="Lý do. / Why.", examples=["Có thông tin về đời tư cá nhân"])
    decision_number: str = Field(description="Số văn bản. / Its number.", examples=["15/QĐ-LTLS"])
    review_on: date | None = Field(description="Ngày xem xét lại. / When to look at it again.")


class ModeHistory(BaseModel):
    """``decided``: the mode that stands by decision; null: as the metadata states."""

    decided: ModeView | None = Field(description="Quyết định đang có hiệu lực. / The decision that stands.")
    events: list[ModeEvent] = Field(
        description="Các quyết định gần nhất, cũ trước. / The latest of them, the oldest first."
    )


_DECIDE: dict[str, Any] = told(
    "Quyết định chế độ sử dụng",
    "Decide the mode of use",
    description=(
        "Có hiệu lực ngay với mọi yêu cầu sau đó. Quyết định được hiện cho tới khi một người có thẩm quyền xác nhận. "
        "Gửi lại cùng một quyết định không ghi gì thêm.",
        "Holds from the next request on, everywhere. Shown as a change of rights until confirmed. "
        "The same decision again writes nothing.",
    ),
    problems=(400, 404, 409),
)
_HISTORY: dict[str, Any] = told(
    "Các quyết định về chế độ sử dụng", "Decisions on the mode of use, from the ledger", problems=(404,)
)


@router.put("/records/{aip_id}/mode", operation_id="decide_mode_of_record", **_DECIDE)
def decide_mode_of_record(
    aip_id: Id, decision: ModeDecision, asked: Annotated[Asked, gate(Operation.MODE_DECIDE)]
) -> ModeView:
    return _decide(asked, aip_id, None, decision)


@router.put("/records/{aip_id}/documents/{ordinal}/mode", operation_id="decide_mode_of_document", **_DECIDE)
def decide_mode_of_document(
    aip_id: Id, ordinal: Ordinal, decision: ModeDecision, asked: Annotated[Asked, gate(Operation.MODE_DECIDE)]
) -> ModeView:
    return _decide(asked, aip_id, ordinal, decision)


@router.get("/records/{aip_id}/mode", operation_id="read_modes_of_record", **_HISTORY)
def read_modes_of_record(aip_id: Id, asked: Annotated[Asked, gate(Operation.LEDGER_READ)]) -> ModeHistory:
    return _history(asked, aip_id, None)


@router.get("/records/{aip_id}/documents/{ordinal}/mode", operation_id="read_modes_of_document", **_HISTORY)
def read_modes_of_document(
    aip_id: Id, ordinal: Ordinal, asked: Annotated[Asked, gate(Operation.LEDGER_READ)]
) -> ModeHistory:
    return _history(asked, aip_id, ordinal)


def target_of(reading: Reading, asked: Asked, aip_id: str, ordinal: int | None) -> Target:
    """The hồ sơ (``ordinal`` None) or document before the rules; the problem 404 when the catalogue has none."""
    aip = reading.aip(aip_id)
    if aip is None:
        raise unknown()
    if ordinal is None:
        return hoso_target(reading, asked, aip)
    document = reading.document(aip_id, ordinal)
    if document is None:
        raise unknown()
    return document_target(reading, asked, aip, document)


def _decide(asked: Asked, aip_id: str, ordinal: int | None, decision: ModeDecision) -> ModeView:
    catalogue = asked.service.installation.catalogue
    with catalogue.read() as reading:
        target = target_of(reading, asked, aip_id, ordinal)
    asked.require(target, aip_id)
    with catalogue.transaction() as tx:
        decided = tx.decide_mode(
            aip_id,
            ordinal,
            decision.mode,
            reason=decision.reason,
            decision_number=decision.decision_number,
            review_on=decision.review_on,
            by=Author.of(asked.who),
            at=asked.at,
        )
        return ModeView.of(decided, Names(tx))


def _history(asked: Asked, aip_id: str, ordinal: int | None) -> ModeHistory:
    with asked.service.installation.catalogue.read() as reading:
        target = target_of(reading, asked, aip_id, ordinal)
        standing = reading.mode_decision(aip_id, ordinal)
        decided = None if standing is None else ModeView.of(standing, Names(reading))
        records = _decisions(reading, aip_id, ordinal)
    asked.require(target, aip_id)
    events = [
        ModeEvent(
            seq=record.seq,
            at=record.at,
            actor=record.actor,
            mode=Mode(record.data["mode"]),
            reason=record.data.get("reason", ""),
            decision_number=record.data.get("decision_number", ""),
            review_on=record.data.get("review_on"),
        )
        for record in records
    ]
    asked.record(Event.LEDGER_RECORDS_SHOWN, aip_id, {"event": Event.RECORD_MODE_DECIDED.value, "count": len(events)})
    return ModeHistory(decided=decided, events=events)


def _decisions(reading: Reading, aip_id: str, ordinal: int | None) -> Sequence[Record]:
    """The last ``MOST_SHOWN`` decisions on this very hồ sơ or document, however many there were on others beside it."""
    found: deque[Record] = deque(maxlen=MOST_SHOWN)
    after = 0
    while page := reading.records(after, _AT_ONCE, subject=aip_id, event=Event.RECORD_MODE_DECIDED):
        found.extend(record for record in page if record.data.get("ordinal") == ordinal)
        after = page[-1].seq
    return found
