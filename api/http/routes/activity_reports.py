"""The half-yearly and yearly reports as they were made: their figures, their paper, and that they were sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.activity_reporting import report_pdf
from api.http.content import disposition
from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED, Line, Strict
from api.http.written_days import Day
from archive.access import Author, Operation
from archive.catalogue.report_keeping import made_reports, record_sent, require_report
from archive.local_time import VIETNAM
from archive.retention.figures import ReportedTime
from archive.retention.made_report import MadeReport

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_INSTANT = "2026-06-01T01:30:00+07:00"
ReportName = Annotated[
    str,
    PathParameter(
        pattern=r"^[0-9]{4}-(first-half|second-half|year)$",
        description="Tên báo cáo. / Its name.",
        examples=["2026-first-half"],
    ),
]
_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Báo cáo, PDF/A. / The report as PDF/A.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class MadeReportView(BaseModel):
    """One report."""

    report_id: str = Field(description="Tên. / Its name.", examples=["2026-first-half"])
    period: ReportedTime = Field(description="Kỳ. / Reported time.", examples=["first-half"])
    year: int = Field(description="Năm. / Year.", examples=[2026])
    since: date = Field(description="Từ ngày. / From.", examples=["2025-12-01"])
    until: date = Field(description="Đến hết ngày. / To.", examples=["2026-05-31"])
    due_on: date = Field(description="Hạn gửi. / Last day in time.", examples=["2026-06-04"])
    made_at: datetime = Field(description="Lập lúc. / Made at.", examples=[_INSTANT])
    made_by: str = Field(description="Ai lập. / By whom.", examples=["luutru"])
    sha256: str = Field(description="SHA-256 của số liệu. / Of its data.", examples=[_SHA256])
    pdf_sha256: str = Field(description="SHA-256 của tệp PDF/A. / Of its paper.", examples=[_SHA256])
    pdf_size_bytes: int = Field(description="Kích thước tệp PDF/A. / Its size.", examples=[81920])
    sent_on: date | None = Field(description="Ngày gửi đã ghi nhận. / Day it was sent.", examples=["2026-06-03"])
    sent_number: str = Field(description="Số, ký hiệu đã gửi. / Its number.", examples=["12/BC-SNV"])

    @classmethod
    def of(cls, item: MadeReport) -> MadeReportView:
        return cls(
            report_id=item.id,
            period=item.period,
            year=item.year,
            since=item.span.since,
            until=item.span.until,
            due_on=item.due_on,
            made_at=item.made_at.astimezone(VIETNAM),
            made_by=item.made_by,
            sha256=item.sha256,
            pdf_sha256=item.pdf_sha256,
            pdf_size_bytes=item.pdf_size_bytes,
            sent_on=item.sent_on,
            sent_number=item.sent_number,
        )


class MadeReportDetail(MadeReportView):
    document: dict[str, Any] = Field(
        description="Số liệu của báo cáo (luutru-paper/1). / What the paper says, as data."
    )


class MadeReportList(BaseModel):
    items: list[MadeReportView] = Field(description="Hạn gửi gần nhất trước. / The last due first.")


class Sending(Strict):
    number: Line = Field(description="Số và ký hiệu. / Number of the report sent.", examples=["12/BC-SNV"])
    sent_on: Day = Field(description="Ngày gửi. / Day.", examples=["2026-06-03"])


@router.get(
    "/activity-reports",
    operation_id="list_activity_reports",
    **told(
        "Các báo cáo sáu tháng và năm đã lập",
        "Half-yearly and yearly reports that were made",
        description=(
            "Lập tự động sau ngày chốt số liệu, trước 05/6 và 05/12.",
            "Made by themselves once their figures are closed, before 05/6 and 05/12.",
        ),
    ),
)
def list_them(asked: Annotated[Asked, gate(Operation.ACTIVITY_REPORT_READ)]) -> MadeReportList:
    with asked.service.installation.catalogue.read() as reading:
        found = made_reports(reading)
    return MadeReportList(items=[MadeReportView.of(item) for item in found])


@router.get(
    "/activity-reports/{report_id}",
    operation_id="read_activity_report",
    **told("Một báo cáo và số liệu của nó", "One report with its figures", problems=(404,)),
)
def read_one(report_id: ReportName, asked: Annotated[Asked, gate(Operation.ACTIVITY_REPORT_READ)]) -> MadeReportDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = require_report(reading, report_id)
    return MadeReportDetail(**MadeReportView.of(found).model_dump(), document=dict(found.document))


@router.get(
    "/activity-reports/{report_id}/report.pdf",
    operation_id="read_activity_report_pdf",
    response_class=Response,
    **told(
        "Báo cáo, PDF/A",
        "The report as PDF/A",
        description=(
            "Đúng từng byte như đã ghi vào các kho; mã băm đã được đối chiếu.",
            "Byte for byte as it lies in the stores; its digest was compared.",
        ),
        problems=(404,),
        responses=_PDF,
    ),
)
def read_pdf(report_id: ReportName, asked: Annotated[Asked, gate(Operation.ACTIVITY_REPORT_READ)]) -> Response:
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        found = require_report(reading, report_id)
    headers = {"Content-Disposition": disposition(f"bao-cao-{report_id}.pdf")}
    return Response(report_pdf(installation, found), media_type="application/pdf", headers=headers)


@router.post(
    "/activity-reports/{report_id}/sending",
    operation_id="record_report_sent",
    **told(
        "Ghi nhận báo cáo đã gửi",
        "Record that a report was sent",
        description=(
            "Cảnh báo đến hạn kết thúc. Ghi lại như cũ thì không ghi gì thêm; số hoặc ngày khác: 409.",
            "The alert is over. The same again writes nothing; another number or day: 409.",
        ),
        problems=(404, 409),
    ),
)
def send_one(
    report_id: ReportName, said: Sending, asked: Annotated[Asked, gate(Operation.ACTIVITY_REPORT_KEEP)]
) -> MadeReportView:
    with asked.service.installation.catalogue.transaction() as tx:
        found = record_sent(tx, report_id, number=said.number, on=said.sent_on, by=Author.of(asked.who), at=asked.at)
    return MadeReportView.of(found)
