"""Handing in, and following what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.http.described import told
from api.http.found_submission import (
    SubmissionId,
    described_submission,
    found_submission,
    lettered_submission,
    may_know_content,
    record_shown,
    submission_target,
)
from api.http.gate import Asked, gate
from api.http.handing_in import FORM, SUFFIX_OF, handed_in
from api.http.listing import After, PageSize, following
from api.http.problems import ProblemError
from api.http.progress import Streams, at_rest, look
from api.http.progress import told as progress_told
from api.http.submission_views import (
    EXAMPLE_RECEIPT,
    HistoryRecord,
    HistoryView,
    ReportsView,
    SubmissionPage,
    SubmissionRow,
    SubmissionView,
    report_shown,
    row_values,
    submission_view,
)
from api.http.told_findings import told_reports
from archive.access import Operation, Role
from archive.catalogue import Submission
from archive.events import Event
from archive.ledger import Record
from archive.lifecycle import STATE_AFTER, State
from archive.local_time import VIETNAM
from ingest.recorded import receipt_letter, return_letter

router = APIRouter(tags=["submissions"])
STREAMED = [("POST", "/api/v1/submissions")]

_PAGE = 1000
_BODY = {
    "requestBody": {
        "required": True,
        "description": "Gói hồ sơ: zip, tar, tar.gz, hoặc một tệp. / The package: zip, tar, tar.gz, or a single file.",
        "content": {
            **{kind: {"schema": {"type": "string", "format": "binary", "minLength": 1}} for kind in SUFFIX_OF},
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary", "minLength": 1}},
                    "required": ["file"],
                }
            },
        },
    }
}
_PDF: Mapping[int | str, dict[str, Any]] = {
    200: {
        "description": "Văn bản PDF/A. / The letter as PDF/A.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/submissions",
    operation_id="hand_in_submission",
    status_code=201,
    response_model=SubmissionView,
    openapi_extra=_BODY,
    **told(
        "Nộp hồ sơ",
        "Hand in a submission",
        description=(
            "Nội dung được ghi thẳng vào khu cách ly, băm SHA-256 khi tới, và bền vững trước khi trả lời 201. Cùng nội "
            "dung hoặc cùng «Idempotency-Key» của cùng cơ quan: trả lại lần nộp trước (200, «again»). Tên tệp gửi trong "
            "Content-Disposition. Có thể nêu Repr-Digest hoặc Content-Digest (sha-256) để đối chiếu.",
            "The body goes straight into quarantine, SHA-256 taken as it arrives, durable before 201. The same bytes or "
            "the same Idempotency-Key of the same agency give the earlier submission (200, `again`). The file name goes "
            "into Content-Disposition. Repr-Digest or Content-Digest (sha-256) is compared when given.",
        ),
        problems=(400, 409, 413, 415),
        responses={
            200: {"description": "Đã được nhận trước đó. / Received before.", "model": SubmissionView},
            201: {
                "description": "Đã nhận. / Received.",
                "headers": {"Location": {"schema": {"type": "string"}, "description": "Địa chỉ. / Address."}},
            },
            408: {"description": "Nội dung không tới đủ. / The body did not arrive."},
        },
    ),
)
async def hand_in_submission(
    request: Request,
    asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Mã của bên gửi cho lần nộp này; gửi lại cùng mã thì không nhận hai lần. / The sender's own key.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
    content_disposition: Annotated[
        str | None,
        Header(
            max_length=2000,
            description="Tên tệp. / File name.",
            examples=["attachment; filename*=UTF-8''H%E1%BB%93%20s%C6%A1.zip"],
        ),
    ] = None,
) -> Response:
    received = await handed_in(request, asked, idempotency_key)

    def shown() -> SubmissionView:
        if received.again:
            record_shown(asked, received.submission.id)
        with asked.service.installation.catalogue.read() as reading:
            submission = reading.submission(received.submission.id)
            return submission_view(
                reading,
                submission,
                told_reports(reading, asked, submission.id),
                again=received.again,
                described_too=may_know_content(reading, asked, submission),
            )

    view = await run_in_threadpool(shown)
    return JSONResponse(
        view.model_dump(mode="json"),
        200 if received.again else 201,
        headers={"Location": view.links["self"], "Cache-Control": "no-store"},
    )


@router.get(
    "/submissions",
    operation_id="list_submissions",
    **told(
        "Danh sách lần nộp",
        "List submissions",
        description=(
            "Mới nhất trước. Cơ quan nộp chỉ thấy lần nộp của mình; cán bộ thấy tất cả.",
            "Newest first. An agency sees its own only; staff see all.",
        ),
        problems=(400,),
    ),
)
def list_submissions(
    asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)],
    state: Annotated[
        list[State] | None, Query(max_length=8, description="Chỉ các trạng thái này. / Only these.")
    ] = None,
    size: PageSize = 20,
    after: After = None,
) -> SubmissionPage:
    own = asked.who.role is Role.AGENCY
    with asked.service.installation.catalogue.read() as reading:
        found = reading.submissions_listed(
            owned_by=asked.who.agency_code if own else None, states=state or (), after=after, limit=size + 1
        )
        rows = [
            SubmissionRow(**row_values(item, described_too=may_know_content(reading, asked, item)))
            for item in found[:size]
        ]
    asked.record(
        Event.SUBMISSION_DESCRIPTION_SHOWN, "submissions", {"list": True, "submissions": [row.id for row in rows]}
    )
    return SubmissionPage(items=rows, after=following(found, size))


@router.get(
    "/submissions/{submission_id}",
    operation_id="read_submission",
    **told("Một lần nộp", "One submission", problems=(404, 410)),
)
def read_submission(
    submission_id: SubmissionId, asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)]
) -> SubmissionView:
    with asked.service.installation.catalogue.read() as reading:
        found = found_submission(reading, asked, submission_id)
        view = submission_view(
            reading,
            found.submission,
            told_reports(reading, asked, found.submission.id),
            described_too=found.described_too,
        )
    record_shown(asked, view.id)
    return view


@router.get(
    "/submissions/{submission_id}/progress",
    operation_id="follow_submission",
    response_class=EventSourceResponse,
    **told(
        "Theo dõi tiến trình",
        "Follow progress",
        description=(
            "Server-sent events: «state» cho mỗi bước (id là số bản ghi nhật ký), «documents» khi đang kiểm tra, «end» "
            "khi không còn việc gì tự diễn ra. Nối lại với Last-Event-ID thì không mất bước nào; 204 khi đã xong hết.",
            "Server-sent events: `state` for each step (its id is the ledger record's number), `documents` while checks "
            "run, `end` at rest. Reconnecting with Last-Event-ID misses nothing; 204 when there is nothing more to come.",
        ),
        problems=(404, 410),
        responses={
            200: {"description": "Dòng sự kiện. / The events.", "content": {"text/event-stream": {}}},
            204: {"description": "Không còn sự kiện nào. / Nothing more will come."},
        },
    ),
)
def follow_submission(
    request: Request,
    submission_id: SubmissionId,
    asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)],
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**62, description="Sự kiện cuối đã nhận. / The last event received.")
    ] = None,
) -> Response:
    service, after = asked.service, last_event_id or 0
    with service.installation.catalogue.read() as reading:
        submission = found_submission(reading, asked, submission_id).submission
    record_shown(asked, submission.id, "progress")
    seen = look(service.installation.catalogue, submission.id, after)
    if last_event_id is not None and at_rest(seen.submission) and not seen.moves:
        return Response(status_code=204)
    state = request.app.state
    if not hasattr(state, "progress_streams"):
        state.progress_streams = Streams()
    streams: Streams = state.progress_streams
    streams.enter(asked.who.account_id)
    return EventSourceResponse(
        progress_told(
            service,
            streams,
            asked.who.account_id,
            submission.id,
            after,
            lambda now: asked.still_allowed(submission_target(now)),
        ),
        ping=15,
        send_timeout=30,
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/submissions/{submission_id}/receipt",
    operation_id="read_receipt",
    **told(
        "Biên nhận đã ký",
        "The signed receipt",
        description=(
            "JSON chuẩn tắc, ký Ed25519 bằng khóa của kho; kiểm chứng được không cần kho.",
            "Canonical JSON signed with the archive's Ed25519 key; it can be verified without the archive.",
        ),
        problems=(404, 410),
        responses={
            200: {
                "description": "Biên nhận. / The receipt.",
                "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE_RECEIPT}},
            }
        },
    ),
)
def read_receipt(submission_id: SubmissionId, asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)]) -> Response:
    with asked.service.installation.catalogue.read() as reading:
        submission = lettered_submission(reading, asked, submission_id)
        receipt = reading.receipt(submission.id)
    if receipt is None:
        raise no_letter()
    record_shown(asked, submission.id, "receipt")
    return Response(
        json.dumps(dict(receipt.document), ensure_ascii=False, indent=1).encode("utf-8"),
        media_type="application/json",
        headers=_saved_as(submission, "bien-nhan", "json"),
    )


@router.get(
    "/submissions/{submission_id}/receipt.pdf",
    operation_id="read_receipt_pdf",
    response_class=Response,
    **told("Biên nhận, PDF/A", "The receipt as PDF/A", problems=(404, 410), responses=_PDF),
)
def read_receipt_pdf(submission_id: SubmissionId, asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)]) -> Response:
    with asked.service.installation.catalogue.read() as reading:
        submission = lettered_submission(reading, asked, submission_id)
        receipt = reading.receipt(submission.id)
    if receipt is None:
        raise no_letter()
    record_shown(asked, submission.id, "receipt.pdf")
    return Response(
        receipt_letter(receipt), media_type="application/pdf", headers=_saved_as(submission, "bien-nhan", "pdf")
    )


@router.get(
    "/submissions/{submission_id}/letter.pdf",
    operation_id="read_letter_pdf",
    response_class=Response,
    **told(
        "Biên nhận hoặc thông báo trả lại, PDF/A",
        "The receipt, or the return with its reasons, as PDF/A",
        problems=(404, 410),
        responses=_PDF,
    ),
)
def read_letter_pdf(submission_id: SubmissionId, asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)]) -> Response:
    with asked.service.installation.catalogue.read() as reading:
        submission = lettered_submission(reading, asked, submission_id)
        receipt = reading.receipt(submission.id)
    if receipt is not None:
        name, data = "bien-nhan", partial(receipt_letter, receipt)
    elif submission.decision is not None and submission.state is State.RETURNED:
        name, data = "thong-bao-tra-lai", partial(return_letter, submission.decision)
    else:
        raise no_letter()
    record_shown(asked, submission.id, "letter.pdf")
    return Response(data(), media_type="application/pdf", headers=_saved_as(submission, name, "pdf"))


@router.get(
    "/submissions/{submission_id}/reports",
    operation_id="read_submission_reports",
    **told("Báo cáo của từng phép kiểm tra", "The report of each check", problems=(404, 410)),
)
def read_submission_reports(
    submission_id: SubmissionId, asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)]
) -> ReportsView:
    with asked.service.installation.catalogue.read() as reading:
        submission = described_submission(reading, asked, submission_id)
        reports = told_reports(reading, asked, submission.id)
    record_shown(asked, submission.id, "reports")
    return ReportsView(reports=[report_shown(report) for report in reports])


@router.get(
    "/submissions/{submission_id}/history",
    operation_id="read_submission_history",
    **told(
        "Lịch sử từ sổ nhật ký",
        "History from the ledger",
        description=(
            "Cơ quan nộp thấy các bước của quy trình; cán bộ thấy mọi bản ghi kể cả các lần xem.",
            "An agency sees the steps of the procedure; staff see every record, also who looked at it.",
        ),
        problems=(404, 410),
    ),
)
def read_submission_history(
    submission_id: SubmissionId,
    asked: Annotated[Asked, gate(Operation.SUBMISSION_READ)],
    after: Annotated[int, Query(ge=0, le=2**62, description="Từ sau bản ghi này. / From behind this record on.")] = 0,
) -> HistoryView:
    own = asked.who.role is Role.AGENCY
    with asked.service.installation.catalogue.read() as reading:
        submission = described_submission(reading, asked, submission_id)
        subjects = (submission.id, submission.aip_id)
        records = [record for subject in subjects for record in reading.records(after, _PAGE, subject=subject)]
    record_shown(asked, submission.id, "history")
    ordered = sorted(records, key=lambda record: record.seq)[:_PAGE]
    return HistoryView(
        after=ordered[-1].seq if len(ordered) == _PAGE else None,
        records=[_for_agency(asked, item) for item in ordered if item.event in _PROCEDURE]
        if own
        else [_record(item, item.actor, dict(item.data)) for item in ordered],
    )


_PROCEDURE = {
    *(event.value for event in STATE_AFTER),
    Event.SUBMISSION_RECEIPT_ISSUED.value,
    Event.SUBMISSION_CONTENT_REMOVED.value,
    Event.AIP_FIXITY_VERIFIED.value,
    Event.AIP_FIXITY_REFUTED.value,
}


def _for_agency(asked: Asked, record: Record) -> HistoryRecord:
    """Who of the archive did it is the archive's own affair; who of the agency did is not."""
    return _record(record, record.actor if record.actor in ("luutru", asked.actor) else None, None)


def _record(record: Record, actor: str | None, data: dict[str, Any] | None) -> HistoryRecord:
    return HistoryRecord(
        seq=record.seq,
        at=record.at.astimezone(VIETNAM),
        event=record.event,
        actor=actor,
        data=data,
        hash=record.hash,
    )


def no_letter() -> ProblemError:
    return ProblemError(
        404,
        "letter.missing",
        "Lần nộp này chưa có biên nhận hay thông báo trả lại.",
        remedy="Xem trạng thái của lần nộp; biên nhận có khi hồ sơ đã được lưu.",
    )


def _saved_as(submission: Submission, name: str, suffix: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}-{submission.registration_number}.{suffix}"',
        "Cache-Control": "no-store",
    }
