"""The ledger for those who audit: what happened, in order, with the hashes to check it by."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import LARGEST_SEQ, NEVER_STORED
from archive.access import Operation
from archive.events import Event
from archive.ledger import Record, written_instant

router = APIRouter(tags=["ledger"], dependencies=[NEVER_STORED])
SUBJECT = "ledger"


class LedgerRecordView(BaseModel):
    """One record. ``hash`` is the SHA-256 of the RFC 8785 bytes of {seq, at, event, subject, actor, data, prev}."""

    seq: int = Field(description="Số thứ tự. / Its number.", examples=[42])
    at: str = Field(
        description="Thời điểm, đúng như đã băm. / When, as it was hashed.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-21T01:30:00.123456Z"],
    )
    event: str = Field(description="Sự kiện. / What happened.", examples=["aip.copies.verified"])
    subject: str = Field(description="Về đối tượng nào. / About what.", examples=["0b9c2f5e7a544a5e9d4e4b7f0f3c9a11"])
    actor: str = Field(description="Ai thực hiện. / Who did it.", examples=["account:nguyen.van.an"])
    data: dict[str, Any] = Field(description="Chi tiết đã ghi. / What was recorded.", examples=[{"aip_id": "0b9c2f5e"}])
    prev: str = Field(description="Mã băm của bản ghi trước. / Hash of the record before.", examples=["0" * 64])
    hash: str = Field(description="Mã băm của bản ghi này. / Its own hash.", examples=["9f" * 32])

    @classmethod
    def of(cls, record: Record) -> LedgerRecordView:
        return cls(
            seq=record.seq,
            at=written_instant(record.at),
            event=record.event,
            subject=record.subject,
            actor=record.actor,
            data=dict(record.data),
            prev=record.prev,
            hash=record.hash,
        )


class LedgerPage(BaseModel):
    items: list[LedgerRecordView] = Field(description="Các bản ghi, cũ trước. / The records, the oldest first.")
    next: int | None = Field(description="Gửi lại ở «after» để xem tiếp. / For ``after``, when there is more.")
    end: int = Field(description="Số của bản ghi cuối sổ khi đọc. / The last record when this was read.", examples=[97])


@router.get(
    "/ledger",
    operation_id="read_ledger",
    **told(
        "Đọc sổ nhật ký",
        "Read the ledger",
        description=(
            "Theo thứ tự, từ sau số `after`; có thể lọc theo đối tượng hoặc sự kiện. Lần đọc này cũng được ghi vào sổ.",
            "In order behind `after`, of one subject or event when asked. Reading it is a ledger record too. Whoever has "
            "all records can check the chain: `hash` is over the seven fields before it, `prev` is the hash before.",
        ),
    ),
)
def read_ledger(
    asked: Annotated[Asked, gate(Operation.LEDGER_READ)],
    after: Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="Sau số này. / Behind this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="Nhiều nhất. / At most.")] = 100,
    subject: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
            description="Chỉ đối tượng này. / Only of this subject.",
            examples=["0b9c2f5e7a544a5e9d4e4b7f0f3c9a11"],
        ),
    ] = None,
    event: Annotated[Event | None, Query(description="Chỉ sự kiện này. / Only this event.")] = None,
) -> LedgerPage:
    with asked.service.installation.catalogue.read() as reading:
        found = reading.records(after, limit + 1, subject=subject, event=event)
        end = reading.ledger_end()
    shown = found[:limit]
    data: dict[str, Any] = {"after": after, "count": len(shown)}
    if shown:
        data |= {"first": shown[0].seq, "last": shown[-1].seq}
    if subject is not None:
        data["subject"] = subject
    if event is not None:
        data["event"] = event.value
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, data)
    return LedgerPage(
        items=[LedgerRecordView.of(record) for record in shown],
        next=shown[-1].seq if len(found) > limit else None,
        end=end[0] if end else 0,
    )
