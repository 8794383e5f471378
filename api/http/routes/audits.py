"""Audits of copies: runs, their reports as they were signed into the stores, and the coverage clock."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.auditing import folder_of
from api.http.audit_views import AuditFindingView, AuditRunView, CanaryView, FixityView
from api.http.described import told
from api.http.gate import Asked, gate
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, Id
from api.kept_reports import kept_report
from archive.access import Operation
from archive.catalogue import Reading
from archive.catalogue.audit_model import AuditRun
from archive.catalogue.audit_reading import canaries_of, findings, last_runs, run
from archive.events import Event

router = APIRouter(tags=["audits"], dependencies=[NEVER_STORED])
MOST_FINDINGS = 1000
_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Biên bản, PDF. / The report as PDF.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_JSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "Biên bản. / The report.", "content": {"application/json": {"schema": {"type": "object"}}}}
}


class AuditRunList(BaseModel):
    items: list[AuditRunView] = Field(description="Các lần kiểm tra, mới trước. / Runs, the newest first.")


class AuditRunDetail(BaseModel):
    run: AuditRunView = Field(description="Lần kiểm tra. / The run.")
    canaries: list[CanaryView] = Field(description="Gói chim báo. / Canaries.")
    findings: list[AuditFindingView] = Field(description="Điều không đạt, theo tên. / What is not right, by key.")
    more: bool = Field(description="Còn nữa, xem biên bản. / Whether there is more than is shown here.")


class FixityList(BaseModel):
    items: list[FixityView] = Field(description="Từng kho. / Each store.")


@router.get(
    "/audits",
    operation_id="list_audits",
    **told(
        "Các lần kiểm tra bản lưu",
        "Audits of copies",
        description=(
            "Mới nhất trước, của một kho hoặc mọi kho. Chỉ kết luận «green» mới là đạt.",
            "The newest first, of one store or of all. Only «green» means that everything is right.",
        ),
    ),
)
def list_audits(
    asked: Annotated[Asked, gate(Operation.AUDIT_READ)],
    store: Annotated[
        str | None,
        Query(pattern=r"^[^\x00-\x1f\x7f]{1,128}$", description="Chỉ kho này. / Of this store.", examples=["kho-1"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Nhiều nhất. / At most.")] = 50,
) -> AuditRunList:
    with asked.service.installation.catalogue.read() as reading:
        found = last_runs(reading, store, limit)
    return AuditRunList(items=[AuditRunView.of(item) for item in found])


@router.get(
    "/audits/{run_id}",
    operation_id="read_audit",
    **told("Một lần kiểm tra và điều nó thấy", "One audit and what it found", problems=(404,)),
)
def read_audit(run_id: Id, asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> AuditRunDetail:
    with asked.service.installation.catalogue.read() as reading:
        found = _found(reading, run_id)
        some = list(islice(findings(reading, run_id), MOST_FINDINGS + 1))
        canaries = canaries_of(reading, run_id)
    asked.record(Event.LEDGER_RECORDS_SHOWN, "audits", {"run_id": run_id})
    return AuditRunDetail(
        run=AuditRunView.of(found),
        canaries=[CanaryView.of(item) for item in canaries],
        findings=[AuditFindingView.of(item) for item in some[:MOST_FINDINGS]],
        more=len(some) > MOST_FINDINGS,
    )


@router.get(
    "/audits/{run_id}/report",
    operation_id="read_audit_report",
    response_class=Response,
    **told(
        "Biên bản kiểm tra, JSON",
        "The report as JSON",
        description=(
            "Đúng từng byte như đã ghi vào các kho; mã băm đã được đối chiếu.",
            "Byte for byte as it lies in the stores; its digest was compared.",
        ),
        problems=(404,),
        responses=_JSON,
    ),
)
def read_audit_report(run_id: Id, asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> Response:
    return _report(asked, run_id, "json", "application/json")


@router.get(
    "/audits/{run_id}/report.pdf",
    operation_id="read_audit_report_pdf",
    response_class=Response,
    **told("Biên bản kiểm tra, PDF", "The report as PDF", problems=(404,), responses=_PDF),
)
def read_audit_report_pdf(run_id: Id, asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> Response:
    return _report(asked, run_id, "pdf", "application/pdf")


@router.get(
    "/fixity",
    operation_id="read_fixity",
    **told(
        "Bao nhiêu bản lưu đã được đọc lại, lúc nào",
        "How much of each store was read, and how lately",
        description=(
            "Đồng hồ bao phủ của từng kho: phần đã đọc nguyên vẹn trong 30, 90, 365 ngày và 3 năm, bản đỏ, bản quá hạn.",
            "The coverage clock of each store: what was read whole within 30, 90, 365 days and 3 years, red, overdue.",
        ),
    ),
)
def read_fixity(asked: Annotated[Asked, gate(Operation.AUDIT_READ)]) -> FixityList:
    found = asked.service.coverage.read(asked.at)
    return FixityList(items=[FixityView.of(coverage, late) for coverage, late in found])


def _report(asked: Asked, run_id: str, suffix: str, media_type: str) -> Response:
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        found = _found(reading, run_id)
    data = kept_report(folder_of(installation), installation.stores, found, suffix)
    if data is None:
        raise _missing("audit.report-missing", "Lần kiểm tra này chưa có biên bản đọc được.")
    asked.record(Event.LEDGER_RECORDS_SHOWN, "audits", {"run_id": run_id, "report": suffix})
    headers = {"Content-Disposition": f'attachment; filename="bien-ban-kiem-tra-{run_id}.{suffix}"'}
    return Response(data, media_type=media_type, headers={**headers, "Cache-Control": "no-store"})


def _found(reading: Reading, run_id: str) -> AuditRun:
    found = run(reading, run_id)
    if found is None:
        raise _missing("audit.missing", "Không có lần kiểm tra mang mã này.")
    return found


def _missing(code: str, title: str) -> ProblemError:
    return ProblemError(404, code, title, remedy="Xem danh sách: GET /api/v1/audits.")
