"""Copies given out as packages: the whole AIP, a DIP of TT 05/2025, a plain zip; only what who asks may have."""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from api.chosen import Chosen, ChosenDocuments
from api.delivering import Part
from api.http.content import (
    CONTENT_RESPONSES,
    Representation,
    disposition,
    proofs,
    wanted,
    with_body,
    without_body,
)
from api.http.described import told
from api.http.found import AipId, FoundAip, found_hoso, found_package
from api.http.gate import Asked, gate, stated_purpose
from api.http.json_values import ONLY_AN_INTEGER
from api.http.problems import ProblemError, forbidden, purpose_missing, unknown
from api.http.targets import Judge, to_know
from api.http.written_days import Day
from api.scratch import scratch_of
from archive.access import Operation, Verdict
from archive.aip.model import Party
from archive.catalogue import Reading
from archive.catalogue.sealing_reading import sealing_of
from archive.catalogue.standing import documents_after
from archive.dip.dip import dip
from archive.dip.export import Export
from archive.dip.model import DipRequest, GivenFrom, PackageFormat, Purpose
from archive.dip.plain_zip import plain_zip
from archive.events import Event
from archive.local_time import VIETNAM
from ingest.packaging import fonds_code

router = APIRouter(tags=["exports"])
PROVEN_FIRST_BYTES = 1 << 30
"""Exports up to this size are read and proven as a whole before the first byte; larger ones document by document, and a
damaged one breaks the sending off, so that nothing that looks complete is ever received."""

_PAGE = 1000


@router.get(
    "/records/{aip_id}/package",
    operation_id="read_package",
    response_class=StreamingResponse,
    **told(
        "Tải cả gói lưu trữ (AIP)",
        "The whole package (AIP)",
        description=(
            "Tệp tar đúng từng byte như trong kho, hỗ trợ Range và ETag. Cần quyền với mọi tài liệu trong hồ sơ.",
            "The tar exactly as stored, with ranges and entity tags. Needs the right to every document in it.",
        ),
        problems=(404, 410, 412, 416),
        responses=CONTENT_RESPONSES,
    ),
)
def read_package(aip_id: AipId, request: Request, asked: Annotated[Asked, gate(Operation.AIP_COPY)]) -> Response:
    return _package(aip_id, request, asked)


@router.head(
    "/records/{aip_id}/package",
    operation_id="head_package",
    response_class=StreamingResponse,
    **told(
        "Kích thước, mã băm của gói lưu trữ",
        "Size and digest of the package",
        problems=(404, 410, 412),
        responses={
            200: {"description": "Như GET, không nội dung. / Like GET, without the bytes."},
            304: CONTENT_RESPONSES[304],
        },
    ),
)
def head_package(aip_id: AipId, request: Request, asked: Annotated[Asked, gate(Operation.AIP_COPY)]) -> Response:
    return _package(aip_id, request, asked)


def _package(aip_id: str, request: Request, asked: Asked) -> Response:
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        aip = found_package(reading, asked, aip_id).aip
        part = Part.of_package(aip, sealing_of(reading, aip_id))
    shown = Representation(f"{aip.id}.tar", "application/x-tar", part.size_bytes, part.sha256)
    answer = wanted(request, shown)
    if request.method == "HEAD" or answer.status == 304:
        asked.record(Event.RECORD_DESCRIPTION_SHOWN, aip_id, {"aip_id": aip_id, "part": "package"})
        return without_body(shown, answer.status)
    proven = proofs.proven(installation.reading_stores, part)
    told_range = {"range": answer.range.header(part.size_bytes)} if answer.range else {}
    asked.record(
        Event.AIP_COPY_DELIVERED,
        aip_id,
        {"aip_id": aip_id, "sha256": part.sha256, "store": proven.store.name, **told_range},
    )
    return with_body(shown, proven, answer.range)


class DipAsked(BaseModel):
    """The request a DIP answers (TT 05/2025/TT-BNV, Phụ lục V)."""

    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(
        min_length=1, max_length=100, pattern=r"\S", description="Mã yêu cầu. / Id of the request.", examples=["YC-15"]
    )
    requested_on: Day | None = Field(
        default=None, description="Ngày yêu cầu; mặc định hôm nay. / Day of the request; today when left out."
    )
    purpose: Purpose = Field(
        description="Mục đích: 01 cá nhân, 02 công vụ, 03 công vụ đặc biệt. / 01 personal, 02 official, 03 special.",
        examples=["02"],
    )
    purpose_content: str = Field(
        default="", max_length=500, description="Nội dung mục đích. / Purpose in words.", examples=["Xác minh"]
    )
    fee_object_type: str = Field(
        default="", pattern=r"^(0[1-9]|10)?$", description="Đối tượng thu phí 01–10. / Fee class.", examples=["01"]
    )
    research_topic: str = Field(default="", max_length=500, description="Đề tài nghiên cứu. / Topic of research.")
    description: str = Field(default="", max_length=500, description="Mô tả. / Description.")
    ordinals: list[Annotated[int, Field(ge=1, le=10_000_000), ONLY_AN_INTEGER]] | None = Field(
        default=None,
        max_length=10_000,
        description="Chỉ các tài liệu này; bỏ trống là mọi tài liệu được phép. / Only these; all that are allowed "
        "when left out.",
        examples=[[1, 2]],
    )
    format: PackageFormat = Field(default=PackageFormat.ZIP, description="zip hoặc tar. / zip or tar.")


@router.post(
    "/records/{aip_id}/dip",
    operation_id="make_dip",
    response_class=StreamingResponse,
    **told(
        "Gói khai thác (DIP) theo TT 05/2025",
        "A dissemination package (DIP)",
        description=(
            "Chỉ gồm tài liệu người hỏi được dùng và không nói gì về tài liệu khác. Nêu đích danh tài liệu không được "
            "phép là lỗi. Gói đứt giữa chừng là gói không hoàn chỉnh.",
            "Holds only what the asker may have, and not a word about anything else. Naming one that is not allowed is an "
            "error. A package broken off is no package.",
        ),
        problems=(400, 404, 410, 413),
        responses={
            200: {
                "description": "Gói DIP. / The DIP.",
                "content": {
                    media: {"schema": {"type": "string", "format": "binary"}}
                    for media in ("application/zip", "application/x-tar")
                },
            }
        },
    ),
)
def make_dip(aip_id: AipId, body: DipAsked, asked: Annotated[Asked, gate(Operation.DIP_EXPORT)]) -> Response:
    stated = asked.purpose or stated_purpose(body.purpose_content)
    asked = replace(asked, purpose=stated)
    given = _given(aip_id, asked, body.ordinals)
    request = DipRequest(
        dip_id=str(uuid.uuid4()),
        request_id=body.request_id.strip(),
        requested_on=body.requested_on or asked.at.astimezone(VIETNAM).date(),
        purpose=body.purpose,
        made_at=asked.at,
        purpose_content=body.purpose_content,
        fee_object_type=body.fee_object_type,
        research_topic=body.research_topic,
        description=body.description,
        recipient=asked.who.username,
        software_version=version("luutru"),
    )
    export = dip(
        given.source,
        request,
        given.documents,
        format=body.format,
        scratch=scratch_of(asked.service.installation.settings.home),
    )
    data = {"dip_id": request.dip_id, "request_id_of_use": request.request_id, "purpose_code": body.purpose.value}
    return _sent(export, given, asked, data)


@router.get(
    "/records/{aip_id}/zip",
    operation_id="read_zip",
    response_class=StreamingResponse,
    **told(
        "Các tài liệu trong một tệp zip",
        "The documents in one zip",
        description=(
            "Đúng tên gốc, kèm danh mục và mã băm; chỉ tài liệu người hỏi được dùng.",
            "Under their exact names, with a list and digests; only what the asker may have.",
        ),
        problems=(400, 404, 410),
        responses={
            200: {
                "description": "Tệp zip. / The zip.",
                "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    ),
)
def read_zip(
    aip_id: AipId,
    asked: Annotated[Asked, gate(Operation.DIP_EXPORT)],
    ordinal: Annotated[
        list[Annotated[int, Field(ge=1, le=10_000_000)]] | None,
        Query(max_length=1000, description="Chỉ các tài liệu này. / Only these.", examples=[[1]]),
    ] = None,
) -> Response:
    given = _given(aip_id, asked, ordinal)
    export = plain_zip(
        given.source, given.documents, made_at=asked.at, scratch=scratch_of(asked.service.installation.settings.home)
    )
    return _sent(export, given, asked, {"form": "zip"})


@dataclass(frozen=True, slots=True)
class _Given:
    """What goes out, and where it comes from."""

    found: FoundAip
    source: GivenFrom
    documents: ChosenDocuments


def _given(aip_id: str, asked: Asked, ordinals: Sequence[int] | None) -> _Given:
    """The documents ``asked`` may have. Raises ProblemError when one of those named, or every one, is not among them."""
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        found = found_hoso(reading, to_know(asked), aip_id)
        chosen = _named(reading, asked, aip_id, ordinals) if ordinals else _allowed(reading, asked, aip_id)
    described = found.submission.description
    source = GivenFrom(
        aip_id=aip_id,
        key=found.aip.object_key,
        stores=installation.reading_stores,
        file_code=found.aip.file_code,
        title=found.aip.title,
        archive=installation.archive,
        agency=Party(described.agency_code, described.agency_name),
        fonds_code=fonds_code(found.aip.fields),
    )
    return _Given(found, source, chosen.documents(installation.catalogue, aip_id))


def _allowed(reading: Reading, asked: Asked, aip_id: str) -> Chosen:
    """Every document who asks may have; what they may not know of is passed over without a word."""
    after, ordinals = 0, array("L")
    refused: set[Verdict] = set()
    while rows := documents_after(reading, aip_id, after, _PAGE):
        judge = Judge.of(reading, asked, ((aip_id, row.ordinal) for row in rows))
        for row in rows:
            verdict = judge.verdict(aip_id, row.ordinal)
            if verdict is Verdict.ALLOWED:
                ordinals.append(row.ordinal)
            else:
                refused.add(verdict)
        after = rows[-1].ordinal
    if not ordinals:
        raise _refused(asked, aip_id, refused - {Verdict.UNKNOWN})
    return Chosen(ordinals)


def _named(reading: Reading, asked: Asked, aip_id: str, ordinals: Sequence[int]) -> Chosen:
    chosen = array("L", sorted(set(ordinals)))
    judge = Judge.of(reading, asked, ((aip_id, ordinal) for ordinal in chosen))
    refused: set[Verdict] = {judge.verdict(aip_id, ordinal) for ordinal in chosen}
    refused.discard(Verdict.ALLOWED)
    if refused:
        raise _refused(asked, aip_id, refused)
    return Chosen(chosen)


def _refused(asked: Asked, aip_id: str, verdicts: set[Verdict]) -> ProblemError:
    """What may not be known of comes first: whatever else is refused says nothing of it."""
    verdict = next(
        (item for item in (Verdict.UNKNOWN, Verdict.PURPOSE_MISSING, Verdict.FORBIDDEN) if item in verdicts),
        Verdict.UNKNOWN,
    )
    asked.record(
        Event.RECORD_ACCESS_REFUSED, aip_id, {"operation": asked.operation.value, "verdict": verdict.value}
    )  # fmt: skip
    if verdict is Verdict.UNKNOWN:
        return unknown()
    return purpose_missing() if verdict is Verdict.PURPOSE_MISSING else forbidden(asked.operation.value)


def _sent(export: Export, given: _Given, asked: Asked, data: dict[str, Any]) -> Response:
    if export.content_bytes <= PROVEN_FIRST_BYTES:
        export.prove()
    ordinals = given.documents.ordinals
    named = "ordinals" if len(ordinals) <= _PAGE else "first_ordinals"
    asked.record(
        Event.DIP_COPY_DELIVERED,
        given.found.aip.id,
        {"aip_id": given.found.aip.id, "documents": len(ordinals), named: list(ordinals[:_PAGE]), **data},
    )
    headers = {
        "Content-Type": export.media_type,
        "Content-Disposition": disposition(export.file_name),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(iter(export), headers=headers)
