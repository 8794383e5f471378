"""Alerts: what is wrong now, what was, and who has taken it on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.alerting.channels import channels_of
from api.alerting.texts import title_of
from api.alerting.undelivered import silent_since
from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED, Reason, Strict
from archive.access import Operation
from archive.alerts import Alert, Severity, acknowledge_alert
from archive.catalogue.alert_reading import alerts_listed, open_counts
from schemas.alerts import alert_kinds

router = APIRouter(tags=["alerts"], dependencies=[NEVER_STORED])
LARGEST_NUMBER = 2**31 - 1
_AIP = "0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"


class AlertView(BaseModel):
    """One alert. Acknowledged, it is still open; red, it is still red."""

    number: int = Field(description="Số. / Its number.", examples=[12])
    code: str = Field(description="Mã. / Its code.", examples=["copy.damaged"])
    subject: str = Field(description="Về gì. / What it is about.", examples=[f"kho-1/{_AIP}"])
    severity: Severity = Field(description="Mức. / How bad.")
    open: bool = Field(description="Chưa hết. / Whether it is not over.")
    title: str = Field(description="Chuyện gì. / What it is.", examples=["Bản lưu không còn đúng"])
    text: str = Field(description="Điều thấy được. / What was seen.", examples=["Bản lưu của gói 0b9c2f5e: mismatch."])
    remedy: str = Field(description="Cần làm. / What to do.", examples=["Xem «luutru audit» và «luutru repair»."])
    data: dict[str, Any] = Field(description="Mã và số kèm theo. / Ids and numbers.", examples=[{"state": "mismatch"}])
    count: int = Field(description="Số lần. / How often.", examples=[1])
    opened_at: datetime = Field(description="Từ lúc. / Since.")
    last_at: datetime = Field(description="Gần nhất. / Last seen.")
    resolved_at: datetime | None = Field(description="Hết lúc. / When it was over.")
    acknowledged_at: datetime | None = Field(description="Nhận xử lý lúc. / When it was acknowledged.")
    acknowledged_by: str | None = Field(description="Ai nhận. / By whom.", examples=["account:nguyen.van.an"])
    note: str | None = Field(description="Lời người nhận. / In whose words.", examples=["đang thay ổ đĩa"])

    @classmethod
    def of(cls, alert: Alert) -> AlertView:
        kind = alert_kinds().get(alert.code)
        return cls(
            number=alert.number,
            code=alert.code,
            subject=alert.subject,
            severity=alert.severity,
            open=alert.open,
            title=title_of(alert.code),
            text=alert.text,
            remedy=kind.remedy if kind else "",
            data=dict(alert.data),
            count=alert.count,
            opened_at=alert.opened_at,
            last_at=alert.last_at,
            resolved_at=alert.resolved_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
            note=alert.note,
        )


class AlertList(BaseModel):
    open_red: int = Field(description="Số cảnh báo đỏ còn mở. / Open red alerts.", examples=[1])
    undeliverable: bool = Field(description="Có kênh lâu không gửi được. / Whether a channel stays silent.")
    items: list[AlertView] = Field(description="Mới trước. / The newest first.")
    next: int | None = Field(description="Gửi lại ở «before» để xem tiếp. / For ``before``, when there is more.")


class Acknowledgement(Strict):
    note: Reason = Field(description="Đang xử lý thế nào. / What is being done.", examples=["đang thay ổ đĩa"])


@router.get(
    "/alerts",
    operation_id="list_alerts",
    **told(
        "Các cảnh báo",
        "Alerts",
        description=("Mới nhất trước; mặc định chỉ những cảnh báo còn mở.", "The newest first; by default open ones."),
    ),
)
def list_alerts(
    asked: Annotated[Asked, gate(Operation.AUDIT_READ)],
    open: Annotated[bool, Query(description="Chỉ còn mở. / Only those not over.")] = True,
    severity: Annotated[Severity | None, Query(description="Chỉ mức này. / Of this severity.")] = None,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST_NUMBER, description="Từ trang trước. / From before.", examples=[12])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Nhiều nhất. / At most.")] = 50,
) -> AlertList:
    installation = asked.service.installation
    settings = installation.settings.alerts
    channels = [channel.name for channel in channels_of(settings, asked.service.now)]
    with installation.catalogue.read() as reading:
        found = alerts_listed(reading, only_open=open, severity=severity, before=before, limit=limit + 1)
        red = open_counts(reading).get(Severity.RED, 0)
        silent = silent_since(reading, settings, channels, asked.at)
    return AlertList(
        open_red=red,
        undeliverable=bool(silent),
        items=[AlertView.of(alert) for alert in found[:limit]],
        next=found[limit - 1].number if len(found) > limit else None,
    )


@router.post(
    "/alerts/{number}/acknowledgement",
    operation_id="acknowledge_alert",
    **told(
        "Nhận xử lý một cảnh báo",
        "Take an alert on",
        description=(
            "Ghi ai nhận và lời của người đó. Cảnh báo vẫn mở cho tới khi chuyện đã hết.",
            "Notes who, and in what words. The alert stays open until what it is about is over.",
        ),
        problems=(400, 404),
    ),
)
def acknowledge(
    number: Annotated[int, Path(ge=1, le=LARGEST_NUMBER, description="Số. / Its number.", examples=[12])],
    request: Acknowledgement,
    asked: Annotated[Asked, gate(Operation.ALERT_ACKNOWLEDGE)],
) -> AlertView:
    with asked.service.installation.catalogue.transaction() as tx:
        alert = acknowledge_alert(tx, number, by=asked.actor, note=request.note, at=asked.at)
    return AlertView.of(alert)
