"""Problem details (RFC 9457): every refusal of the service, with a code, what happened and what to do, in Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.disposal.refusals import DisposalRefusedError
from archive.errors import LuutruError

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 200


class Fault(BaseModel):
    """One place in the request that is wrong."""

    at: str = Field(description="Vị trí trong yêu cầu. / Where in the request.", examples=["query.size"])
    message: str = Field(description="Sai ở chỗ nào. / What is wrong.", examples=["Phải là số từ 1 đến 100."])


class Problem(BaseModel):
    """The body of every answer that is not a success (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:luutru:problem:submission.missing",
                    "title": "Không có hồ sơ nộp lưu mang mã này.",
                    "status": 404,
                    "code": "submission.missing",
                    "remedy": "Kiểm tra lại mã đăng ký nộp.",
                    "request_id": "5f2b0c1d9d3f4f6c8c8a0f3f6a1e2b3c",
                }
            ]
        }
    )

    type: str = Field(description="Định danh loại lỗi. / Identifies the kind of problem.")
    title: str = Field(description="Điều đã xảy ra. / What happened, in Vietnamese.")
    status: int = Field(description="Mã trạng thái HTTP. / HTTP status.")
    code: str = Field(description="Mã lỗi hoặc mã ghi nhận ổn định. / Stable error or finding code.")
    detail: str | None = Field(default=None, description="Chi tiết. / More about this occurrence.")
    remedy: str | None = Field(default=None, description="Cần làm gì. / What to do about it.")
    request_id: str | None = Field(default=None, description="Mã yêu cầu để đối chiếu nhật ký. / For the log.")
    faults: list[Fault] | None = Field(default=None, description="Các chỗ sai trong yêu cầu. / What is wrong where.")
    tombstone: dict[str, Any] | None = Field(
        default=None, description="Bia của hồ sơ đã hủy. / What remains of a destroyed hồ sơ, as /tombstones shows it."
    )


class ProblemError(Exception):
    """Ends a request with this problem."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        detail: str | None = None,
        remedy: str | None = None,
        headers: Mapping[str, str] | None = None,
        faults: list[Fault] | None = None,
        tombstone: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.remedy = remedy
        self.headers = dict(headers or {})
        self.faults = faults
        self.tombstone = tombstone


STATUS: Mapping[str, int] = {
    "submission.missing": 404,
    "document.missing": 404,
    "letter.missing": 404,
    "account.missing": 404,
    "token.missing": 404,
    "grant.missing": 404,
    "rights-change.missing": 404,
    "saved-search.missing": 404,
    "upload.missing": 404,
    "record.missing": 404,
    "alert.missing": 404,
    "report.missing": 404,
    "report.not-closed": 409,
    "report.sent": 409,
    "rights.own-change": 403,
    "rights.authority-missing": 403,
    "account.exists": 409,
    "account.refused": 409,
    "account.disabled": 409,
    "account.last-of-role": 409,
    "grant.refused": 409,
    "mode.refused": 409,
    "token.refused": 409,
    "password.refused": 409,
    "saved-search.refused": 409,
    "session.credentials-refused": 401,
    "session.blocked": 429,
    "request.cursor-unknown": 400,
    "picture.page.missing": 404,
    "catalogue.conflict": 409,
    "id.ambiguous": 409,
    "submission.move-illegal": 409,
    "search.query-refused": 400,
    "search.unknown-field": 400,
    "path.refused": 400,
    "intake.not-now": 503,
    "catalogue.busy": 503,
    "catalogue.unreachable": 503,
    "catalogue.failed": 503,
    "search.failed": 503,
    "search.index-denied": 503,
    "search.index-missing": 503,
    "search.index-unavailable": 503,
    "search.node-failed": 503,
    "search.jdk-missing": 503,
    "store.failed": 503,
    "store.full": 503,
    "store.read-only": 503,
    "store.object-missing": 503,
    "copy.damaged": 503,
    "sealed.key-missing": 503,
    "sealed.key-destroyed": 410,
    "sealed.key-wrong": 503,
    "sealed.damaged": 503,
    "keys.busy": 503,
    "keys.kek-missing": 503,
    "keys.kek-wrong": 503,
    "keys.place-failed": 503,
    "keys.key-destroyed": 410,
    "unpack.quarantine-full": 503,
    "worker.unavailable": 503,
    "worker.timeout": 503,
    "search.page-refused": 400,
    "search.record-unknown": 404,
    "search.index-busy": 503,
    "dip.refused": 400,
    "picture.format.unsupported": 404,
    "picture.width.refused": 422,
    "picture.unavailable": 503,
    "aip.unreadable": 503,
    "file.missing": 404,
    "file.conflict": 409,
    "file.move-illegal": 409,
    "file.ended": 409,
    "file.in-round": 409,
    "file.supplement-awaited": 409,
    "file.kept": 409,
    "file.event-refused": 409,
    "file.transfer-refused": 409,
    "file-plan.missing": 404,
    "file-plan.refused": 409,
    "agency.refused": 409,
    "retention.list-refused": 409,
    "period.refused": 409,
    "period.shorter-than-schedule": 409,
    "retention.schedule-missing": 404,
    "retention.schedule-refused": 409,
    "retention.schedule-shorter": 409,
    "retention.review-missing": 404,
    "retention.review-decided": 409,
    "destruction.own-work": 403,
    "destruction.absence-unproven": 409,
    "certificate.missing": 404,
    "certificate.not-printed": 409,
    "tombstone.missing": 404,
    "hold.missing": 404,
    "hold.file-missing": 404,
    "hold.refused": 409,
    "hold.conflict": 409,
    "hold.too-late": 409,
    "hold.in-force": 409,
    "hold.release-reason-missing": 409,
    "round.authority-missing": 403,
    "round.administrator": 403,
    "round.account-disabled": 403,
    "round.not-the-executor": 403,
    "round.missing": 404,
    "line.missing": 404,
}
"""The status of an error of the archive; an error may also bring its own as ``http_status``. Others are ours: 500."""


def problem_of(error: LuutruError) -> ProblemError:
    """The error as the asker may see it: code, message and remedy, never its ``detail``."""
    status = int(getattr(error, "http_status", 0) or STATUS.get(error.code, 0) or _otherwise(error.code))
    headers = {"Retry-After": "30"} if status == 503 else {}
    headers |= dict(getattr(error, "http_headers", {}))
    faults = _faults(error) if isinstance(error, DisposalRefusedError) else None
    return ProblemError(status, error.code, error.message, remedy=error.remedy or None, headers=headers, faults=faults)


def _otherwise(code: str) -> int:
    """What the law or the state of a round refuses is no fault of ours, whatever its code."""
    return 409 if code.partition(".")[0] in ("hold", "round", "line", "paper") else 500


def _faults(error: DisposalRefusedError) -> list[Fault] | None:
    """Every reason with its code and what it is about; one reason says all in the problem itself."""
    if len(error.reasons) == 1:
        return None
    named = dict.fromkeys((f"{one.code} {one.about}".rstrip(), one.message) for one in error.reasons)
    return [Fault(at=at, message=message) for at, message in list(named)[:MOST_FAULTS]]


def unknown() -> ProblemError:
    """The one answer for what does not exist and for what the asker may not know of: nothing tells them apart."""
    return ProblemError(
        404, "record.missing", "Không có hồ sơ hoặc tài liệu mang mã này.", remedy="Kiểm tra lại mã, hoặc tìm kiếm."
    )


def forbidden(operation: str) -> ProblemError:
    return ProblemError(
        403,
        "access.forbidden",
        "Tài khoản này không được phép thực hiện việc này.",
        detail=operation,
        remedy="Đề nghị người có thẩm quyền, hoặc dùng tài khoản có quyền.",
    )


def purpose_missing() -> ProblemError:
    return ProblemError(
        403,
        "access.purpose.missing",
        "Tài liệu sử dụng có điều kiện: phải nêu mục đích sử dụng.",
        remedy="Gửi lại với tham số «purpose» nêu mục đích; mục đích được ghi vào nhật ký.",
    )


def unauthenticated(title: str = "Cần đăng nhập.", code: str = "access.unauthenticated") -> ProblemError:
    return ProblemError(
        401,
        code,
        title,
        remedy="Gửi tiêu đề «Authorization: Bearer …» với mã truy cập còn hiệu lực.",
        headers={"WWW-Authenticate": 'Bearer realm="luutru"'},
    )


def response_of(problem: ProblemError, request_id: str | None) -> JSONResponse:
    """The HTTP answer; it is never stored by anyone on the way."""
    body: dict[str, Any] = {
        "type": f"urn:luutru:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.remedy:
        body["remedy"] = problem.remedy
    if problem.faults:
        body["faults"] = [fault.model_dump() for fault in problem.faults]
    if problem.tombstone is not None:
        body["tombstone"] = dict(problem.tombstone)
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers=headers, media_type=MEDIA_TYPE)
