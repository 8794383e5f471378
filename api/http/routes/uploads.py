"""Large packages in pieces, resumable (tus 1.0.0): what was acknowledged is durable, and the whole becomes one submission."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http import tus
from api.http.described import told
from api.http.gate import Asked, gate
from api.http.incoming import blocks, refuse_coded, stated_length
from api.http.problems import MEDIA_TYPE, Problem, ProblemError
from api.http.upload import Upload, UploadBusyError, Uploads
from archive.access import Operation

router = APIRouter(tags=["uploads"], route_class=tus.TusRoute)
STREAMED = [("POST", "/api/v1/uploads"), ("PATCH", "/api/v1/uploads")]
HERE = "/api/v1/uploads"
SUBMISSION_HEADER = "Luutru-Submission"

UploadId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{32}$",
        description="Mã lần tải lên. / Id of the upload.",
        examples=["0f8c3b2a1908f7e6d59f2d6c1e4b7a4d"],
    ),
]


def _header(name: str, text: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": text, "schema": schema}


_VERSION = _header("Tus-Resumable", "Phiên bản tus. / tus version.", required=True, type="string", enum=[tus.VERSION])
_CHECKSUM = _header(
    "Upload-Checksum",
    "«sha256 …» hoặc «sha1 …», base64, của phần gửi. / Of this request's body.",
    type="string",
    maxLength=200,
    example="sha256 RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
)
_CHUNK = {tus.CHUNK: {"schema": {"type": "string", "format": "binary"}}}
_BUSY: dict[str, Any] = {
    "description": "Lần tải lên đang được ghi. / Somebody writes to this upload now.",
    "model": Problem,
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_LATE: dict[str, Any] = {**_BUSY, "description": "Nội dung không tới đủ. / The body did not arrive."}
_MANY: dict[str, Any] = {**_BUSY, "description": "Quá nhiều lần tải lên dở dang. / Too many uploads under way."}
_OFFSET = {
    "Upload-Offset": {"schema": {"type": "integer"}, "description": "Số byte đã bền vững. / Bytes durable."},
    "Upload-Expires": {"schema": {"type": "string"}, "description": "Hết hạn khi nào. / When it is given up."},
    SUBMISSION_HEADER: {
        "schema": {"type": "string"},
        "description": "Địa chỉ lần nộp khi đã đủ. / Address of the submission once complete.",
    },
}


@router.options(
    "/uploads",
    operation_id="describe_uploads",
    status_code=204,
    response_class=Response,
    **told(
        "Khả năng của giao thức tải lên",
        "What this tus server can do",
        responses={204: {"description": "Phiên bản và phần mở rộng. / Version and extensions."}},
    ),
)
def describe_uploads(asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)]) -> Response:
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(asked.service.installation.settings.largest_submission_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
        },
    )


@router.post(
    "/uploads",
    operation_id="create_upload",
    status_code=201,
    response_class=Response,
    openapi_extra={
        "parameters": [
            _VERSION,
            _header(
                "Upload-Length",
                "Tổng số byte; chưa biết thì gửi Upload-Defer-Length: 1. / Bytes in all; else Upload-Defer-Length: 1.",
                required=True,
                type="integer",
                minimum=1,
            ),
            _header(
                "Upload-Metadata",
                "«filename», «idempotency_key», giá trị base64. / Values in base64.",
                type="string",
                maxLength=tus.LONGEST_METADATA,
                example="filename SOG7kyBzxqEuemlw",
            ),
        ],
        "requestBody": {"required": False, "content": _CHUNK},
    },
    **told(
        "Bắt đầu tải lên",
        "Begin an upload",
        description=(
            "Giao thức tus 1.0.0 (creation, creation-with-upload, creation-defer-length). Kích thước tối đa: xem OPTIONS.",
            "tus 1.0.0 (creation, creation-with-upload, creation-defer-length). Largest size: see OPTIONS.",
        ),
        problems=(400, 409, 412, 413, 415, 460),
        responses={
            201: {
                "description": "Đã tạo. / Created.",
                "headers": {"Location": {"schema": {"type": "string"}}, **_OFFSET},
            },
            408: _LATE,
            423: _BUSY,
            429: _MANY,
        },
    ),
)
async def create_upload(request: Request, asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)]) -> Response:
    tus.require_version(request)
    refuse_coded(request)
    with_body = "content-type" in request.headers
    if with_body:
        tus.require_chunk(request)
    length = tus.number(request, "upload-length")
    deferred = request.headers.get("upload-defer-length")
    if (length is None) == (deferred is None) or deferred not in (None, "1"):
        raise ProblemError(
            400,
            "upload.header-wrong",
            "Phải nêu Upload-Length, hoặc Upload-Defer-Length: 1.",
            remedy="Nêu đúng một trong hai tiêu đề.",
        )
    values = tus.metadata(request)
    store = asked.service.uploads()
    new = Upload(
        id="",
        account_id=asked.who.account_id,
        owner=asked.who.agency_code,
        actor=asked.actor,
        length=length,
        name=tus.name_of(values),
        client_key=tus.key_of(request, values),
        metadata=request.headers.get("upload-metadata", ""),
        submission_id="",
    )
    upload = await run_in_threadpool(store.create, new)
    headers = {"Location": f"{HERE}/{upload.id}"}
    if with_body:
        headers |= await _taken(request, store, upload, 0)
    else:
        headers |= await run_in_threadpool(_standing, store, upload)
    return Response(status_code=201, headers=headers)


@router.head(
    "/uploads/{upload_id}",
    operation_id="ask_upload",
    response_class=Response,
    openapi_extra={"parameters": [_VERSION]},
    **told(
        "Đã tải tới đâu",
        "Where an upload stands",
        problems=(404, 412),
        responses={200: {"description": "Vị trí. / Offset.", "headers": _OFFSET}, 423: _BUSY},
    ),
)
def ask_upload(
    request: Request, upload_id: UploadId, asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)]
) -> Response:
    tus.require_version(request)
    store = asked.service.uploads()
    upload = store.found(upload_id, asked.who.account_id)
    # What a server that was killed left complete becomes a submission now.
    with suppress(UploadBusyError):
        store.finished(upload)
    headers = _standing(store, upload)
    headers |= {"Upload-Defer-Length": "1"} if upload.length is None else {"Upload-Length": str(upload.length)}
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return Response(status_code=200, headers=headers)


@router.patch(
    "/uploads/{upload_id}",
    operation_id="continue_upload",
    status_code=204,
    response_class=Response,
    openapi_extra={
        "parameters": [
            _VERSION,
            _header(
                "Upload-Offset", "Phần này bắt đầu từ byte nào. / Where it goes on.", required=True, type="integer"
            ),
            _header("Upload-Length", "Khi ban đầu chưa biết. / When it was deferred.", type="integer", minimum=1),
            _CHECKSUM,
        ],
        "requestBody": {"required": True, "content": _CHUNK},
    },
    **told(
        "Tải tiếp",
        "Go on with an upload",
        description=(
            "Byte được ghi bền vững trước khi trả lời. Đủ byte thì thành lần nộp; địa chỉ ở tiêu đề Luutru-Submission.",
            "Bytes are durable before the answer. Complete, it becomes a submission, named by Luutru-Submission.",
        ),
        problems=(400, 404, 409, 412, 413, 415, 460),
        responses={
            204: {"description": "Đã nhận. / Taken.", "headers": _OFFSET},
            408: _LATE,
            423: _BUSY,
        },
    ),
)
async def continue_upload(
    request: Request, upload_id: UploadId, asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)]
) -> Response:
    tus.require_version(request)
    store = asked.service.uploads()
    upload = await run_in_threadpool(store.found, upload_id, asked.who.account_id)
    tus.require_chunk(request)
    refuse_coded(request)
    offset, length = tus.number(request, "upload-offset"), tus.number(request, "upload-length")
    if offset is None:
        raise ProblemError(
            400, "upload.header-wrong", "Thiếu tiêu đề Upload-Offset.", remedy="Hỏi vị trí bằng HEAD rồi gửi tiếp."
        )
    if length is not None:
        upload = await run_in_threadpool(store.with_length, upload, length)
    return Response(status_code=204, headers=await _taken(request, store, upload, offset))


@router.delete(
    "/uploads/{upload_id}",
    operation_id="end_upload",
    status_code=204,
    response_class=Response,
    openapi_extra={"parameters": [_VERSION]},
    **told(
        "Hủy tải lên",
        "Give an upload up",
        description=(
            "Lần nộp đã hình thành từ nó thì không bị ảnh hưởng.",
            "A submission it has become already is not touched.",
        ),
        problems=(404, 412),
        responses={204: {"description": "Đã hủy. / Gone."}, 423: _BUSY},
    ),
)
def end_upload(
    request: Request, upload_id: UploadId, asked: Annotated[Asked, gate(Operation.SUBMISSION_HAND_IN)]
) -> Response:
    tus.require_version(request)
    store = asked.service.uploads()
    store.remove(store.found(upload_id, asked.who.account_id))
    return Response(status_code=204)


async def _taken(request: Request, store: Uploads, upload: Upload, offset: int) -> dict[str, str]:
    """The body behind ``offset`` made durable; complete, the upload becomes a submission. The headers of the answer."""
    checksum = tus.checksum(request)
    async with AsyncExitStack() as stack:
        held = store.writing(upload, offset, checksum)
        writing = await run_in_threadpool(held.__enter__)

        async def let_go() -> None:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(held.__exit__, None, None, None)

        stack.push_async_callback(let_go)
        limit = upload.length if upload.length is not None else store.at_most_bytes
        if offset + stated_length(request) > limit:
            raise ProblemError(
                413,
                "intake.too-large",
                "Phần gửi dài hơn độ dài đã nêu của lần tải lên.",
                remedy="Kiểm tra Upload-Length và phần còn lại.",
                headers={"Connection": "close"},
            )
        try:
            async for block in blocks(request):
                await run_in_threadpool(writing.take, block)
        except ProblemError:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(writing.salvage)
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(writing.forget)
            raise
        await run_in_threadpool(writing.settle)
    return await run_in_threadpool(_finished, store, upload)


def _finished(store: Uploads, upload: Upload) -> dict[str, str]:
    with suppress(UploadBusyError):
        store.finished(upload)
    return _standing(store, upload)


def _standing(store: Uploads, upload: Upload) -> dict[str, str]:
    standing = store.standing(upload)
    headers = {
        "Upload-Offset": str(standing.offset),
        "Upload-Expires": tus.http_date(standing.expires_at),
        "Cache-Control": "no-store",
    }
    if standing.submission_id is not None:
        headers[SUBMISSION_HEADER] = f"/api/v1/submissions/{standing.submission_id}"
    return headers
