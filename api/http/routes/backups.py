"""Backups and restore drills, as the ledger has them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import LARGEST_SEQ, NEVER_STORED
from archive.access import Operation
from archive.catalogue.last_records import last_records
from archive.events import Event
from archive.ledger import Record, written_instant

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])


class BackupView(BaseModel):
    """One backup or drill."""

    seq: int = Field(description="Số bản ghi nhật ký. / Number of its ledger record.", examples=[4711])
    at: str = Field(
        description="Lúc xong. / When it was done.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-21T01:30:00.123456Z"],
    )
    drill: bool = Field(description="Là lần diễn tập phục hồi. / Whether it was a restore drill.")
    subject: str = Field(description="Về gì. / About what.", examples=["backup"])
    actor: str = Field(description="Ai thực hiện. / Who did it.", examples=["luutru"])
    data: dict[str, Any] = Field(description="Chi tiết đã ghi. / What was recorded.", examples=[{"kind": "full"}])

    @classmethod
    def of(cls, record: Record) -> BackupView:
        return cls(
            seq=record.seq,
            at=written_instant(record.at),
            drill=record.event == Event.ARCHIVE_DRILL_COMPLETED,
            subject=record.subject,
            actor=record.actor,
            data=dict(record.data),
        )


class BackupList(BaseModel):
    items: list[BackupView] = Field(description="Mới trước. / The newest first.")


@router.get(
    "/backups",
    operation_id="list_backups",
    **told(
        "Nhật ký sao lưu và diễn tập phục hồi",
        "Backups and restore drills",
        description=("Mới nhất trước, từ sổ nhật ký.", "The newest first, out of the ledger."),
    ),
)
def list_backups(
    asked: Annotated[Asked, gate(Operation.AUDIT_READ)],
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST_SEQ, description="Trước bản ghi này. / Before this record.", examples=[4712])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Nhiều nhất. / At most.")] = 50,
) -> BackupList:
    with asked.service.installation.catalogue.read() as reading:
        found = [
            record
            for event in (Event.ARCHIVE_BACKUP_COMPLETED, Event.ARCHIVE_DRILL_COMPLETED)
            for record in last_records(reading, event, limit, before)
        ]
    found.sort(key=lambda record: record.seq, reverse=True)
    return BackupList(items=[BackupView.of(record) for record in found[:limit]])
