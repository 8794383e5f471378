"""Pictures of pages: thumbnails for lists, pages for reading on a screen. Content, and judged as content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response, StreamingResponse

from api.http.content import proofs
from api.http.described import told
from api.http.found import AipId, Ordinal, found_document
from api.http.gate import Asked, gate
from api.page_pictures import page_picture
from archive.access import Operation
from archive.events import Event
from ingest.pictures import MOST_WIDTH, THUMBNAIL_WIDTH

router = APIRouter(tags=["documents"])
_PICTURE: Mapping[int | str, dict[str, Any]] = {
    200: {
        "description": "Hình trang (WebP). / The picture.",
        "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "X-Pages": {"description": "Số trang của tài liệu. / Pages of the document.", "schema": {"type": "integer"}}
        },
    }
}


@router.get(
    "/records/{aip_id}/documents/{ordinal}/pages/{page}",
    operation_id="read_document_page",
    response_class=StreamingResponse,
    **told("Hình một trang của tài liệu", "A picture of one page", problems=(404, 410), responses=_PICTURE),
)
def read_page(
    aip_id: AipId,
    ordinal: Ordinal,
    page: Annotated[int, Path(ge=1, le=1_000_000, description="Trang, từ 1. / Page, from 1.", examples=[1])],
    asked: Annotated[Asked, gate(Operation.CONTENT_READ)],
    width: Annotated[
        int, Query(ge=16, le=MOST_WIDTH, description="Chiều rộng, điểm ảnh. / Width in pixels.", examples=[1000])
    ] = 1000,
) -> Response:
    return _picture(aip_id, ordinal, page, width, asked)


@router.get(
    "/records/{aip_id}/documents/{ordinal}/thumbnail",
    operation_id="read_document_thumbnail",
    response_class=StreamingResponse,
    **told("Hình nhỏ của trang đầu", "A small picture of the first page", problems=(404, 410), responses=_PICTURE),
)
def read_thumbnail(aip_id: AipId, ordinal: Ordinal, asked: Annotated[Asked, gate(Operation.CONTENT_READ)]) -> Response:
    return _picture(aip_id, ordinal, 1, THUMBNAIL_WIDTH, asked)


def _picture(aip_id: str, ordinal: int, page: int, width: int, asked: Asked) -> Response:
    installation = asked.service.installation
    with installation.catalogue.read() as reading:
        found = found_document(reading, asked, aip_id, ordinal)
    picture = page_picture(installation, proofs, found.aip, found.document, page, width)
    try:
        data = picture.path.read_bytes()
    except FileNotFoundError:
        # Forgotten in between to make room: drawn once more.
        picture = page_picture(installation, proofs, found.aip, found.document, page, width)
        data = picture.path.read_bytes()
    asked.record(
        Event.DOCUMENT_PAGE_SHOWN,
        aip_id,
        {"aip_id": aip_id, "ordinal": ordinal, "sha256": found.document.sha256, "page": page, "width": width},
    )
    headers = {
        "Content-Type": picture.media_type,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": "inline",
        "X-Pages": str(picture.pages),
    }
    return Response(data, headers=headers)
