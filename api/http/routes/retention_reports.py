"""Figures of retention by agency and year, and the half-yearly and yearly ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.http.content import disposition
from api.http.described import told
from api.http.file_targets import agency_asked
from api.http.file_views import AGENCY, AgencyAsked
from api.http.gate import Asked, gate
from api.http.rights_views import NEVER_STORED
from api.http.written_days import Day
from api.report_files import table_bytes
from api.report_tables import Figures
from api.tables import CSV_MEDIA_TYPE, XLSX_MEDIA_TYPE
from archive.access import Operation
from archive.catalogue import Reading
from archive.catalogue.activity_figures import agency_activities
from archive.catalogue.retention_figures import destroyed_figures, due_figures, held_figures, round_figures
from archive.local_time import VIETNAM
from archive.retention.figures import ReportedTime

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])


class TableFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


MEDIA: Mapping[TableFormat, str] = {TableFormat.CSV: CSV_MEDIA_TYPE, TableFormat.XLSX: XLSX_MEDIA_TYPE}
ReportYear = Annotated[int, Query(ge=1900, le=2199, description="Năm. / Year.", examples=[2026])]
_CODE = "Mã cơ quan. / Agency."


class YearFigureView(BaseModel):
    agency_code: str = Field(description=_CODE, examples=[AGENCY])
    year: int = Field(description="Năm. / Year.", examples=[2026])
    files: int = Field(description="Số hồ sơ. / How many hồ sơ.", examples=[12])


class RoundFigureView(YearFigureView):
    round_id: str = Field(description="Đợt hủy. / The round.", examples=["0b9c2f5e-7a54-5a5e-9d4e-4b7f0f3c9a11"])
    round_code: str = Field(description="Ký hiệu đợt hủy. / Its code.", examples=["2026/01"])
    begun: int = Field(description="Đã bắt đầu hủy. / Of which begun.", examples=[0])


class DestroyedFigureView(YearFigureView):
    packages: int = Field(description="Số gói tin. / Packages.", examples=[14])
    documents: int = Field(description="Số tài liệu. / Documents.", examples=[120])
    size_bytes: int = Field(description="Dung lượng, byte. / Bytes.", examples=[1048576])


class YearFigures(BaseModel):
    total: int = Field(description="Cộng. / In all.", examples=[12])
    items: list[YearFigureView] = Field(description="Theo cơ quan và năm. / By agency and year.")


class RoundFigures(BaseModel):
    total: int = Field(description="Cộng. / In all.", examples=[12])
    items: list[RoundFigureView] = Field(description="Theo cơ quan và đợt. / By agency and round.")


class DestroyedFigures(BaseModel):
    total: int = Field(description="Cộng. / In all.", examples=[12])
    items: list[DestroyedFigureView] = Field(description="Theo cơ quan và năm. / By agency and year.")


class ActivityView(BaseModel):
    """One agency over the reported time."""

    agency_code: str = Field(description=_CODE, examples=[AGENCY])
    agency_name: str = Field(description="Tên cơ quan. / Its name.", examples=["Phòng Nội vụ thành phố"])
    received: int = Field(description="Lần nộp đã nhận trong kỳ. / Handed in.", examples=[40])
    returned: int = Field(description="Trong đó trả lại. / Of these, returned.", examples=[2])
    stored: int = Field(description="Trong đó đã vào kho. / Of these, stored.", examples=[38])
    files_held: int = Field(description="Hồ sơ đang giữ. / Hồ sơ kept now.", examples=[1200])
    due: int = Field(description="Đến hạn xem xét vào ngày cuối kỳ. / Due on the last day.", examples=[12])
    on_hold: int = Field(description="Đang bị đóng băng. / Under a hold now.", examples=[3])
    in_round: int = Field(description="Đang trong đợt hủy. / In a round now.", examples=[5])
    transferred: int = Field(description="Giao nộp trong kỳ. / Handed over.", examples=[7])
    destroyed: int = Field(description="Hủy trong kỳ. / Destroyed.", examples=[4])


class ActivityReportView(BaseModel):
    since: date = Field(description="Từ ngày. / From.")
    until: date = Field(description="Đến hết ngày. / To.")
    report_by: date = Field(description="Gửi báo cáo chậm nhất ngày. / Last day in time.")
    items: list[ActivityView] = Field(description="Theo cơ quan. / By agency.")


@router.get(
    "/retention-reports/due",
    operation_id="report_due_files",
    **told("Số hồ sơ đến hạn theo cơ quan và năm", "Hồ sơ due, by agency and year", problems=(404,)),
)
def due(
    asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)],
    agency_code: AgencyAsked = "",
    on: Annotated[
        Day | None, Query(description="Vào ngày; trống: hôm nay. / On a day; today.", examples=["2026-11-20"])
    ] = None,
) -> YearFigures:
    day = on or asked.at.astimezone(VIETNAM).date()
    with asked.service.installation.catalogue.read() as reading:
        found = due_figures(reading, day, agency_code=agency_asked(reading, asked, agency_code))
    return YearFigures(
        total=sum(item.files for item in found), items=[YearFigureView(**one.as_json()) for one in found]
    )


@router.get(
    "/retention-reports/held",
    operation_id="report_held_files",
    **told(
        "Số hồ sơ đang bị đóng băng theo cơ quan và năm",
        "Hồ sơ under a hold, by agency and year",
        description=("Năm: từ đó hồ sơ bị giữ.", "The year since which they have been held."),
        problems=(404,),
    ),
)
def held(asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)], agency_code: AgencyAsked = "") -> YearFigures:
    with asked.service.installation.catalogue.read() as reading:
        found = held_figures(reading, agency_code=agency_asked(reading, asked, agency_code))
    return YearFigures(
        total=sum(item.files for item in found), items=[YearFigureView(**one.as_json()) for one in found]
    )


@router.get(
    "/retention-reports/in-round",
    operation_id="report_files_in_rounds",
    **told("Số hồ sơ trong các đợt hủy", "Hồ sơ in destruction rounds", problems=(404,)),
)
def in_round(
    asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)], agency_code: AgencyAsked = ""
) -> RoundFigures:
    with asked.service.installation.catalogue.read() as reading:
        found = round_figures(reading, agency_code=agency_asked(reading, asked, agency_code))
    items = [RoundFigureView(**one.as_json()) for one in found]
    return RoundFigures(total=sum(item.files for item in found), items=items)


@router.get(
    "/retention-reports/destroyed",
    operation_id="report_destroyed_files",
    **told(
        "Số hồ sơ đã hủy theo cơ quan và năm",
        "Hồ sơ destroyed, by agency and year",
        description=(
            "Chỉ những gì đã được chứng minh là không còn.",
            "Only what was proven to be gone.",
        ),
        problems=(404,),
    ),
)
def destroyed(
    asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)],
    agency_code: AgencyAsked = "",
    year: Annotated[int | None, Query(ge=1900, le=2199, description="Năm. / Year.", examples=[2026])] = None,
) -> DestroyedFigures:
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        found = destroyed_figures(reading, agency_code=code, year=year)
    items = [DestroyedFigureView(**one.as_json()) for one in found]
    return DestroyedFigures(total=sum(item.files for item in found), items=items)


@router.get(
    "/retention-reports/activity",
    operation_id="report_activity",
    **told(
        "Số liệu sáu tháng và cả năm theo cơ quan",
        "Half-yearly and yearly figures by agency",
        description=(
            "Báo cáo gửi trước 05/6 (sáu tháng đầu) và trước 05/12 (sáu tháng cuối, cả năm); số liệu chốt trước đó.",
            "Reports are due before 05/6 for the first half and before 05/12 for the second and the year; their figures "
            "are closed some days before, as the settings say.",
        ),
        problems=(404,),
    ),
)
def activity(
    asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)],
    time: Annotated[ReportedTime, Query(description="Kỳ báo cáo. / Reported time.", examples=["first-half"])],
    year: ReportYear,
    agency_code: AgencyAsked = "",
) -> ActivityReportView:
    calendar = asked.service.installation.settings.reports.calendar
    span = calendar.span(time, year)
    with asked.service.installation.catalogue.read() as reading:
        found = agency_activities(reading, span, agency_code=agency_asked(reading, asked, agency_code))
    return ActivityReportView(
        since=span.since,
        until=span.until,
        report_by=calendar.due(time, year),
        items=[ActivityView(**one.as_json()) for one in found],
    )


@router.get(
    "/retention-reports/table",
    operation_id="read_report_table",
    response_class=Response,
    **told(
        "Một bảng số liệu, CSV hoặc XLSX",
        "Figures as a spreadsheet",
        description=(
            "Cùng số liệu như các báo cáo trên. «on» cho hồ sơ đến hạn, «year» cho hồ sơ đã hủy, «time» và «year» cho số "
            "liệu sáu tháng, cả năm (bỏ trống: cả năm nay).",
            "The same figures as above. «on» is for what is due, «year» for what was destroyed, «time» and «year» for "
            "the half-yearly and yearly figures (left out: this year).",
        ),
        problems=(404,),
        responses={
            200: {
                "description": "Bảng. / The table.",
                "content": {
                    media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                    for media in MEDIA.values()
                },
            }
        },
    ),
)
def table(
    figures: Annotated[Figures, Query(description="Bảng số liệu nào. / Which figures.", examples=["due"])],
    asked: Annotated[Asked, gate(Operation.RETENTION_REPORT_READ)],
    format: Annotated[TableFormat, Query(description="Dạng tệp. / Form.", examples=["xlsx"])] = TableFormat.XLSX,
    agency_code: AgencyAsked = "",
    on: Annotated[Day | None, Query(description="Vào ngày. / On a day.", examples=["2026-11-20"])] = None,
    time: Annotated[ReportedTime, Query(description="Kỳ. / Time.", examples=["year"])] = ReportedTime.YEAR,
    year: Annotated[int | None, Query(ge=1900, le=2199, description="Năm. / Year.", examples=[2026])] = None,
) -> Response:
    today = asked.at.astimezone(VIETNAM).date()
    span = asked.service.installation.settings.reports.calendar.span(time, year or today.year)
    found: Mapping[Figures, Callable[[Reading, str], Any]] = {
        Figures.DUE: lambda reading, code: due_figures(reading, on or today, agency_code=code),
        Figures.HELD: lambda reading, code: held_figures(reading, agency_code=code),
        Figures.IN_ROUND: lambda reading, code: round_figures(reading, agency_code=code),
        Figures.DESTROYED: lambda reading, code: destroyed_figures(reading, agency_code=code, year=year),
        Figures.ACTIVITY: lambda reading, code: agency_activities(reading, span, agency_code=code),
    }
    with asked.service.installation.catalogue.read() as reading:
        rows = [item.as_json() for item in found[figures](reading, agency_asked(reading, asked, agency_code))]
    data = table_bytes(format.value, figures, rows, made_at=asked.at)
    headers = {"Content-Disposition": disposition(f"so-lieu-{figures.value}.{format.value}")}
    return Response(data, media_type=MEDIA[format], headers=headers)
