"""Documents of a hồ sơ: metadata, verdicts, reports, and the bytes themselves."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from api.delivering import Part
from api.document_findings import DocumentAnswers, document_answers
from api.http.content import (
    CONTENT_RESPONSES,
    Representation,
    media_type,
    proofs,
    wanted,
    with_body,
    without_body,
)
from api.http.described import told
from api.http.found import EXAMPLE_AIP, AipId, FoundDocument, Ordinal, found_document, found_hoso
from api.http.gate import Asked, gate
from api.http.problems import ProblemError
from api.http.record_views import (
    DocumentDetail,
    DocumentPage,
    DocumentView,
    RevisionView,
    document_values,
    fields_shown,
)
from api.http.targets import Judge
from api.package_files import FileUnreadableError, PackageFiles
from api.signature_reports import ReportedSignature, reported_signatures, signers_of
from archive.access import Operation
from archive.catalogue import Document, Reading
from archive.catalogue.standing import documents_after
from archive.events import Event

router = APIRouter(tags=["documents"])
_LOOKED_AT_ONCE = 500
_MOST_LOOKED_AT = 20_000
_files = PackageFiles()


@router.get(
    "/records/{aip_id}/documents",
    operation_id="list_documents",
    **told(
        "Tài liệu của hồ sơ",
        "Documents of a hồ sơ",
        description=(
            "Theo thứ tự trong hồ sơ; chỉ tài liệu người hỏi được biết.",
            "In the order of the hồ sơ; only those the asker may know of.",
        ),
        problems=(404, 410),
    ),
)
def list_documents(
    aip_id: AipId,
    asked: Annotated[Asked, gate(Operation.RECORD_READ)],
    size: Annotated[int, Query(ge=1, le=200, description="Số tài liệu một trang. / Page size.")] = 50,
    after: Annotated[
        int, Query(ge=0, le=10_000_000, description="Sau tài liệu số này. / Behind this one.", examples=[0])
    ] = 0,
) -> DocumentPage:
    with asked.service.installation.catalogue.read() as reading:
        found_hoso(reading, asked, aip_id)
        shown, following = _page(reading, asked, aip_id, after, size)
    asked.record(
        Event.RECORD_DESCRIPTION_SHOWN,
        aip_id,
        {"aip_id": aip_id, "part": "documents", "ordinals": [item.ordinal for item in shown]},
    )
    return DocumentPage(items=shown, after=following)


def _page(reading: Reading, asked: Asked, aip_id: str, after: int, size: int) -> tuple[list[DocumentView], int | None]:
    """Only what may be known of, and where the next page begins: None unless it has something to show.

    A promise of more behind which nothing comes would tell of what is hidden there.
    """
    shown: list[DocumentView] = []
    place, looked_at = after, 0
    while looked_at < _MOST_LOOKED_AT:
        limit = min(_LOOKED_AT_ONCE, size - len(shown) + 1)
        rows = documents_after(reading, aip_id, place, limit)
        judge = Judge.of(reading, asked, ((aip_id, row.ordinal) for row in rows))
        for row in rows:
            target = judge.target(aip_id, row.ordinal)
            if target is not None and judge.known(aip_id, row.ordinal):
                if len(shown) == size:
                    return shown, shown[-1].ordinal
                shown.append(DocumentView(**document_values(row, target.mode)))
        if len(rows) < limit:
            return shown, None
        place, looked_at = rows[-1].ordinal, looked_at + len(rows)
    return shown, place


@router.get(
    "/records/{aip_id}/documents/{ordinal}",
    operation_id="read_document",
    **told("Một tài liệu và siêu dữ liệu", "One document and its metadata", problems=(404, 410)),
)
def read_document(
    aip_id: AipId, ordinal: Ordinal, asked: Annotated[Asked, gate(Operation.RECORD_READ)]
) -> DocumentDetail:
    found = _found(asked, aip_id, ordinal)
    _described(asked, found.document)
    return DocumentDetail(
        **document_values(found.document, found.target.mode),
        sha512=found.document.sha512,
        fields=fields_shown("document", found.document.fields),
        signers=_signers(asked, found),
        revisions=[
            RevisionView(length_bytes=item.length_bytes, sha256=item.sha256) for item in found.document.revisions
        ],
    )


def _signers(asked: Asked, found: FoundDocument) -> list[str] | None:
    try:
        return signers_of(_reported(asked, found))
    except FileUnreadableError:
        return None


class FindingView(BaseModel):
    """One thing a check saw of this document."""

    code: str = Field(description="Mã ghi nhận ổn định. / Stable code.", examples=["signatures.revoked"])
    severity: str = Field(description="error, indeterminate, warning, info.", examples=["info"])
    message: str = Field(description="Điều đã thấy. / What was seen.", examples=["Chữ ký hợp lệ."])
    clause: str | None = Field(description="Căn cứ. / Legal basis.", examples=["NĐ 30/2020/NĐ-CP"])
    details: dict[str, Any] = Field(description="Chi tiết. / Details.", examples=[{"field": "Signature1"}])


class CheckView(BaseModel):
    """What one check says of this document."""

    check: str = Field(description="Phép kiểm tra. / The check.", examples=["signatures"])
    answer: Literal["passed", "failed", "indeterminate"] = Field(description="Kết luận. / Its answer.")
    tools: dict[str, str] = Field(description="Công cụ và phiên bản. / Tools.", examples=[{"pyhanko": "0.30.0"}])
    findings: list[FindingView] = Field(description="Các ghi nhận. / Findings.")


class Verdicts(BaseModel):
    """Every check's word on this document, as given when it was received."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=[EXAMPLE_AIP])
    ordinal: int = Field(description="Số thứ tự. / Place in the hồ sơ.", examples=[1])
    checks: list[CheckView] = Field(description="Các phép kiểm tra. / The checks.")


@router.get(
    "/records/{aip_id}/documents/{ordinal}/verdicts",
    operation_id="read_document_verdicts",
    **told("Kết quả kiểm tra của tài liệu", "Verdicts on a document", problems=(404, 410)),
)
def read_verdicts(aip_id: AipId, ordinal: Ordinal, asked: Annotated[Asked, gate(Operation.RECORD_READ)]) -> Verdicts:
    with asked.service.installation.catalogue.read() as reading:
        found = found_document(reading, asked, aip_id, ordinal)
        answers = document_answers(reading, found.submission.id, found.document.path)
        judge = Judge.of(reading, asked, ((named, None) for item in answers for named in item.named))
    _described(asked, found.document, part="verdicts")
    return Verdicts(aip_id=aip_id, ordinal=ordinal, checks=[_check(asked, judge, item) for item in answers])


def _check(asked: Asked, judge: Judge, said: DocumentAnswers) -> CheckView:
    return CheckView(
        check=said.check,
        answer=said.answer.value,
        tools=dict(said.tools),
        findings=[
            FindingView(
                code=item.code,
                severity=item.severity.value,
                message=item.message,
                clause=item.clause or None,
                details=dict(item.details),
            )
            for item in said.told_to(asked.who.role, lambda aip_id: judge.known(aip_id, None))
        ],
    )


class SignatureView(BaseModel):
    """What was decided of one signature (ETSI EN 319 102-1)."""

    indication: str = Field(description="total-passed, total-failed, indeterminate.", examples=["total-passed"])
    sub_indication: str | None = Field(description="Lý do theo ETSI. / ETSI reason.", examples=["REVOKED"])
    signer: str | None = Field(description="Người ký theo chứng thư. / By certificate.", examples=["Nguyễn Văn An"])
    validated_at: str | None = Field(
        description="Thời điểm xác minh. / Validation time.", examples=["2025-04-15T02:00:02+00:00"]
    )
    proven_at: str | None = Field(
        description="Thời điểm chắc chắn đã có chữ ký. / Proven to exist at.", examples=["2025-04-15T02:00:02+00:00"]
    )
    signed_sha256: str | None = Field(
        description="SHA-256 của phần đã ký. / Of the signed revision.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )


class SignatureReport(BaseModel):
    """The signature validation report in plain values."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=[EXAMPLE_AIP])
    ordinal: int = Field(description="Số thứ tự. / Place in the hồ sơ.", examples=[1])
    signatures: list[SignatureView] = Field(description="Các chữ ký. / The signatures.")


@router.get(
    "/records/{aip_id}/documents/{ordinal}/signature-report",
    operation_id="read_signature_report",
    response_model=SignatureReport,
    **told(
        "Báo cáo xác minh chữ ký",
        "Signature validation report",
        description=(
            "JSON, hoặc XML theo ETSI TS 119 102-2 đúng như đã ghi vào gói lưu trữ lúc tiếp nhận (format=xml).",
            "JSON, or the ETSI TS 119 102-2 XML exactly as written into the package at ingest (format=xml).",
        ),
        problems=(404, 410),
        responses={
            200: {
                "description": "Báo cáo. / The report.",
                "content": {"application/xml": {"schema": {"type": "string"}}},
            }
        },
    ),
)
def read_signature_report(
    aip_id: AipId,
    ordinal: Ordinal,
    asked: Annotated[Asked, gate(Operation.RECORD_READ)],
    format: Annotated[Literal["json", "xml"], Query(description="Dạng báo cáo. / Form of the report.")] = "json",
) -> Any:
    found = _found(asked, aip_id, ordinal)
    report = _files.signature_report(asked.service.installation.reading_stores, found.aip, found.document)
    if report is None and format == "xml":
        raise ProblemError(404, "signature-report.missing", "Tài liệu này không có chữ ký để báo cáo.")
    _described(asked, found.document, part="signature-report")
    if format == "xml":
        name = f"bao-cao-chu-ky-{ordinal}.xml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
        return Response(report, media_type="application/xml", headers=headers)
    return SignatureReport(
        aip_id=aip_id,
        ordinal=ordinal,
        signatures=[_signature(item) for item in (reported_signatures(report) if report else ())],
    )


def _signature(item: ReportedSignature) -> SignatureView:
    return SignatureView(
        indication=item.indication,
        sub_indication=item.sub_indication,
        signer=item.name,
        validated_at=item.validated_at,
        proven_at=item.proven_at,
        signed_sha256=item.signed_sha256,
    )


_CONTENT = told(
    "Tải tài liệu, đúng từng byte",
    "The document's exact bytes",
    description=(
        "Có thể tải theo khoảng (Range, If-Range), hỏi lại bằng ETag. Byte được đối chiếu với mã băm đã ghi trước khi gửi; "
        "bản lưu hỏng thì lấy bản khác. Nhiều khoảng trong một yêu cầu được trả bằng toàn bộ nội dung.",
        "Ranges (Range, If-Range) and entity tags are supported. The bytes are proven against the recorded digest before "
        "they are sent; a damaged copy is passed over. Several ranges in one request are answered with all bytes.",
    ),
    problems=(404, 410, 412, 416),
    responses=CONTENT_RESPONSES,
)


@router.get(
    "/records/{aip_id}/documents/{ordinal}/content",
    operation_id="read_document_content",
    response_class=StreamingResponse,
    **_CONTENT,
)
def read_content(
    aip_id: AipId, ordinal: Ordinal, request: Request, asked: Annotated[Asked, gate(Operation.CONTENT_READ)]
) -> Response:
    return _content(aip_id, ordinal, request, asked)


@router.head(
    "/records/{aip_id}/documents/{ordinal}/content",
    operation_id="head_document_content",
    response_class=StreamingResponse,
    **told(
        "Kích thước, loại, mã băm của tài liệu",
        "Size, type and digest of the document",
        problems=(404, 410, 412),
        responses={
            200: {"description": "Như GET, không nội dung. / Like GET, without the bytes."},
            304: CONTENT_RESPONSES[304],
        },
    ),
)
def head_content(
    aip_id: AipId, ordinal: Ordinal, request: Request, asked: Annotated[Asked, gate(Operation.CONTENT_READ)]
) -> Response:
    return _content(aip_id, ordinal, request, asked)


def _content(aip_id: str, ordinal: int, request: Request, asked: Asked) -> Response:
    found = _found(asked, aip_id, ordinal)
    document = found.document
    shown = Representation(
        document.path.rsplit("/", 1)[-1], media_type(document.media_type), document.size_bytes, document.sha256
    )
    answer = wanted(request, shown)
    if request.method == "HEAD" or answer.status == 304:
        _described(asked, document, part="content")
        return without_body(shown, answer.status)
    proven = proofs.proven(asked.service.installation.reading_stores, Part.of_document(found.aip, document))
    told_range = {"range": answer.range.header(document.size_bytes)} if answer.range else {}
    asked.record(
        Event.DOCUMENT_COPY_DELIVERED,
        aip_id,
        {
            "aip_id": aip_id,
            "ordinal": ordinal,
            "sha256": document.sha256,
            "store": proven.store.name,
            **told_range,
        },
    )
    return with_body(shown, proven, answer.range)


@router.get(
    "/records/{aip_id}/documents/{ordinal}/text",
    operation_id="read_document_text",
    response_class=StreamingResponse,
    **told(
        "Văn bản trích từ tài liệu",
        "Text taken from the document",
        description=(
            "Bản dẫn xuất để đọc và tìm kiếm (UTF-8); bản gốc là tài liệu.",
            "A derivative for reading and searching (UTF-8); the original is the document.",
        ),
        problems=(404, 410),
        responses={
            200: {
                "description": "Văn bản UTF-8. / The text.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    ),
)
def read_text(aip_id: AipId, ordinal: Ordinal, asked: Annotated[Asked, gate(Operation.CONTENT_READ)]) -> Response:
    found = _found(asked, aip_id, ordinal)
    text = _files.text(asked.service.installation.reading_stores, found.aip, ordinal)
    if text is None:
        raise ProblemError(
            404, "text.missing", "Tài liệu này không có văn bản trích được.", remedy="Tải tài liệu gốc về để xem."
        )
    asked.record(
        Event.DOCUMENT_COPY_DELIVERED,
        aip_id,
        {"aip_id": aip_id, "ordinal": ordinal, "sha256": found.document.sha256, "part": "text"},
    )
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private, no-cache"}
    return Response(text, headers=headers)


def _found(asked: Asked, aip_id: str, ordinal: int) -> FoundDocument:
    with asked.service.installation.catalogue.read() as reading:
        return found_document(reading, asked, aip_id, ordinal)


def _described(asked: Asked, document: Document, *, part: str = "") -> None:
    data: dict[str, Any] = {"aip_id": document.aip_id, "ordinal": document.ordinal}
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, document.aip_id, {**data, "part": part} if part else data)


def _reported(asked: Asked, found: FoundDocument) -> tuple[ReportedSignature, ...]:
    report = _files.signature_report(asked.service.installation.reading_stores, found.aip, found.document)
    return reported_signatures(report) if report else ()
