"""The log of backups (nhật ký sao lưu) and of restore drills, those that failed among them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED
from archive.access import Operation
from archive.catalogue.backup_log import Backup, BackupKind, Drill, RunState, backups_logged, drills_logged

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])


class MediumView(BaseModel):
    """What came of a backup on one medium."""

    name: str = Field(description="Mã phương tiện. / The medium.", examples=["BL-01"])
    whole: bool = Field(description="Nguyên vẹn, đã đọc lại. / Whole, and read back.")


class BackupView(BaseModel):
    """One backup."""

    name: str = Field(description="Tên bản sao lưu. / Its name.", examples=["2026-11-01-full"])
    kind: BackupKind = Field(description="Toàn bộ hay phần tăng. / Full or incremental.")
    state: RunState = Field(description="Trạng thái. / How it stands.")
    begun_at: datetime = Field(description="Bắt đầu. / When it began.")
    ended_at: datetime | None = Field(description="Kết thúc. / When it ended.")
    removed_at: datetime | None = Field(description="Đã bỏ theo thời hạn giữ. / When it was removed.")
    hoso: int = Field(description="Số hồ sơ. / Files.", examples=[1200])
    documents: int = Field(description="Số tài liệu. / Documents.", examples=[15360])
    size_bytes: int = Field(description="Số byte. / Bytes.", examples=[7340032])
    media: list[MediumView] = Field(description="Từng phương tiện. / Each medium.")

    @classmethod
    def of(cls, item: Backup) -> BackupView:
        return cls(
            name=item.name,
            kind=item.kind,
            state=item.state,
            begun_at=item.begun_at,
            ended_at=item.ended_at,
            removed_at=item.removed_at,
            hoso=item.hoso,
            documents=item.documents,
            size_bytes=item.size_bytes,
            media=[MediumView(name=str(one.get("name", "")), whole=bool(one.get("ok"))) for one in item.media],
        )


class DrillView(BaseModel):
    """One rehearsal of recovery."""

    id: str = Field(description="Mã. / Its id.", examples=["3f0c2d1e4a5b4c6d8e7f90a1b2c3d4e5"])
    store: str = Field(description="Dựng lại từ kho. / From which store.", examples=["kho-1"])
    state: RunState = Field(description="Trạng thái. / How it stands.")
    begun_at: datetime = Field(description="Bắt đầu. / When it began.")
    ended_at: datetime | None = Field(description="Kết thúc. / When it ended.")
    packages: int = Field(description="Số gói dựng lại. / Packages rebuilt.", examples=[1200])
    differences: int = Field(description="Số sai khác. / Differences.", examples=[0])

    @classmethod
    def of(cls, item: Drill) -> DrillView:
        return cls(
            id=item.id,
            store=item.store,
            state=item.state,
            begun_at=item.begun_at,
            ended_at=item.ended_at,
            packages=item.packages,
            differences=item.differences,
        )


class BackupList(BaseModel):
    backups: list[BackupView] = Field(description="Sao lưu, mới trước. / Backups, the newest first.")
    drills: list[DrillView] = Field(description="Diễn tập, mới trước. / Drills, the newest first.")


@router.get(
    "/backups",
    operation_id="list_backups",
    **told(
        "Nhật ký sao lưu và diễn tập phục hồi",
        "Backups and restore drills",
        description=("Mới nhất trước, cả những lần không thành công.", "The newest first, failed ones too."),
    ),
)
def list_backups(
    asked: Annotated[Asked, gate(Operation.AUDIT_READ)],
    limit: Annotated[int, Query(ge=1, le=200, description="Nhiều nhất mỗi loại. / At most of each.")] = 50,
) -> BackupList:
    with asked.service.installation.catalogue.read() as reading:
        backups, drills = backups_logged(reading, limit), drills_logged(reading, limit)
    return BackupList(backups=[BackupView.of(item) for item in backups], drills=[DrillView.of(item) for item in drills])
