"""Incidents: what nothing but a person can put right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, Id
from archive.access import Operation, Role
from archive.catalogue.repair_model import Incident, IncidentKind, IncidentOutcome
from archive.catalogue.repair_reading import incident, incidents
from archive.events import Event
from archive.repair.incidents import incident_text

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])
_NAMES_OF_FILES = frozenset({"members", "members_more"})
"""What of a report an administrator, who may know of no record, is not shown."""


class IncidentView(BaseModel):
    """One incident."""

    id: str = Field(description="Mã sự cố. / Its id.", examples=["5e0c2d1e4a5b4c6d8e7f90a1b2c3d4e5"])
    kind: IncidentKind = Field(description="Loại. / Its kind.")
    subject: str = Field(
        description="Mã gói tin, hoặc tên kho. / The package, or the store.",
        examples=["0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"],
    )
    text: str = Field(
        description="Chuyện gì. / What happened.", examples=["Không còn bản lưu nguyên vẹn nào của gói tin 0b9c2f5e."]
    )
    opened_at: datetime = Field(description="Từ lúc. / Since.")
    confirmed_by: str | None = Field(description="Ai đã xác nhận kho. / Who confirmed the store.", examples=[None])
    closed_at: datetime | None = Field(description="Kết thúc. / When it ended.")
    closed_by: str | None = Field(description="Ai kết thúc. / By whom.", examples=[None])
    outcome: IncidentOutcome | None = Field(description="Kết quả. / How it ended.")
    reason: str | None = Field(description="Lý do. / Why.", examples=[None])

    @classmethod
    def of(cls, item: Incident) -> IncidentView:
        return cls(
            id=item.id,
            kind=item.kind,
            subject=item.subject,
            text=incident_text(item.kind, item.subject),
            opened_at=item.opened_at,
            confirmed_by=item.confirmed_by,
            closed_at=item.closed_at,
            closed_by=item.closed_by,
            outcome=item.outcome,
            reason=item.reason,
        )


class IncidentList(BaseModel):
    items: list[IncidentView] = Field(description="Các sự cố, mới trước. / Incidents, the newest first.")


class IncidentDetail(BaseModel):
    incident: IncidentView = Field(description="Sự cố. / The incident.")
    report: dict[str, Any] = Field(
        description="Phần nào còn đúng ở bản nào; quản trị không thấy tên tệp. / What is still good in which copy; "
        "administrators see no names of files.",
        examples=[{"files": 12, "files_good": 11, "files_lost": 1}],
    )


@router.get(
    "/incidents",
    operation_id="list_incidents",
    **told("Các sự cố", "Incidents", description=("Mới nhất trước.", "The newest first.")),
)
def list_incidents(
    asked: Annotated[Asked, gate(Operation.AUDIT_READ)],
    closed: Annotated[bool, Query(description="Cả những sự cố đã kết thúc. / Closed ones too.")] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="Nhiều nhất. / At most.")] = 100,
) -> IncidentList:
    with asked.service.installation.catalogue.read() as reading:
        found = incidents(reading, closed_too=closed, limit=limit)
    return IncidentList(items=[IncidentView.of(item) for item in found])


@router.get(
    "/incidents/{incident_id}",
    operation_id="read_incident",
    **told("Một sự cố và phần còn đúng", "One incident, and what is still good", problems=(404,)),
)
def read_incident(incident_id: Id, asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> IncidentDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = incident(reading, incident_id)
    if found is None:
        raise ProblemError(404, "incident.missing", "Không có sự cố mang mã này.", remedy="GET /api/v1/incidents.")
    asked.record(Event.LEDGER_RECORDS_SHOWN, "incidents", {"incident_id": incident_id})
    return IncidentDetail(incident=IncidentView.of(found), report=_shown(found.report, asked.who.role))


def _shown(report: Mapping[str, Any], role: Role) -> dict[str, Any]:
    if role is not Role.ADMINISTRATOR:
        return dict(report)
    return {name: _without_names(value) for name, value in report.items() if name not in _NAMES_OF_FILES}


def _without_names(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_names(inner) for name, inner in value.items() if name not in _NAMES_OF_FILES}
    return [_without_names(inner) for inner in value] if isinstance(value, list) else value
