"""Searching: pages, suggestions, likenesses, tables; the rights stand in the index's filter and again at the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from api.finding import found_in_catalogue
from api.http.agreement import agreed
from api.http.content import disposition
from api.http.described import told
from api.http.ended_records import ended
from api.http.found import AipId, Ordinal, found_document
from api.http.gate import Asked, gate
from api.http.hits import shown_hits
from api.http.problems import unknown
from api.http.record_views import number_of, title_of
from api.http.search_asked import SearchAsked, SearchParameters, explained
from api.http.search_tables import TableForm, made_table
from api.http.targets import Judge, to_know
from api.http.visibility import view_of, visible_of
from archive.access import Mode, Operation
from archive.catalogue import Aip, Document
from archive.events import Event
from search.errors import IndexUnavailableError, NodeError, QueryRefusedError
from search.facet_counts import FACETS
from search.query import Hits, search
from search.similar import RecordUnknownError, similar
from search.suggestions import MOST_SUGGESTIONS, Suggestion, suggestions
from search.visibility import Place, Visible

router = APIRouter(tags=["search"])
_MARKED = "Quyết định <mark>nâng</mark> bậc <mark>lương</mark>"


class HosoShownView(BaseModel):
    """The hồ sơ a document lies in."""

    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=["1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"])
    file_code: str = Field(description="Mã hồ sơ. / Code.", examples=["H99.12.2025.15"])
    title: str = Field(description="Tiêu đề hồ sơ. / Title.", examples=["Hồ sơ nâng lương năm 2025"])


class HitView(BaseModel):
    """One record found."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    kind: Literal["hoso", "document"] = Field(description="Hồ sơ hay tài liệu. / Hồ sơ or document.")
    aip_id: str = Field(description="Mã gói lưu trữ. / Package.", examples=["1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"])
    ordinal: int | None = Field(description="Số thứ tự tài liệu. / Place in the hồ sơ.", examples=[1])
    path: str | None = Field(description="Tên tệp. / Name of the file.", examples=["Quyết định 15.pdf"])
    title: str = Field(description="Trích yếu, tiêu đề. / Subject or title.", examples=["Về việc nâng bậc lương"])
    number: str = Field(description="Số, ký hiệu. / Number and notation.", examples=["15/QĐ-UBND"])
    issued_on: str | None = Field(description="Ngày ban hành. / Issued on.", examples=["2025-04-15"])
    agency: str = Field(description="Mã cơ quan nộp. / Code of the agency.", examples=["H99.12"])
    issuer: str = Field(description="Cơ quan ban hành. / Issuer.", examples=["Ủy ban nhân dân tỉnh Bình Minh"])
    mode: Mode = Field(description="Chế độ sử dụng đang có hiệu lực. / Mode of use in force.")
    kind_of_document: str | None = Field(description="Mã loại văn bản. / Code of the kind.", examples=["02"])
    verdict: str | None = Field(description="Kết quả chung. / Verdict.", examples=["passed"])
    signature_verdict: str | None = Field(description="Chữ ký số. / Signatures.", examples=["passed"])
    pdfa_verdict: str | None = Field(description="PDF/A.", examples=["passed"])
    score: float = Field(description="Độ khớp. / Score.", examples=[12.5])
    hoso: HosoShownView | None = Field(description="Hồ sơ chứa tài liệu. / Its hồ sơ.")
    highlights: dict[str, list[str]] = Field(
        description="Đoạn khớp, đã thoát HTML; chỉ <mark> là thẻ. / HTML-escaped; <mark> is the only markup.",
        examples=[{"title": [_MARKED]}],
    )
    in_hoso: int = Field(description="Số bản ghi khớp trong hồ sơ khi gộp. / Matches in the hồ sơ.", examples=[1])
    siblings: list[HitView] = Field(description="Tài liệu khớp khác của hồ sơ khi gộp. / Others of the hồ sơ.")
    link: str = Field(description="Địa chỉ. / Address.", examples=["/api/v1/records/1f0c2d3e/documents/1"])


class FacetValueView(BaseModel):
    """One value of a facet."""

    value: str = Field(description="Giá trị để lọc. / To filter by.", examples=["2025"])
    label: str = Field(description="Tên để đọc. / To read.", examples=["2025"])
    count: int = Field(description="Số bản ghi. / Records.", examples=[12])


class SearchPage(BaseModel):
    """A page of what was found."""

    source: Literal["index", "catalogue"] = Field(
        alias="from",
        description="index; hoặc catalogue khi chỉ mục không chạy: chỉ tìm được theo mã và số, ký hiệu, không lọc. / From "
        "the index; or, while it is away, ids and numbers from the catalogue, without filters.",
    )
    total: int = Field(description="Tổng số bản ghi. / Records in all.", examples=[42])
    groups: int | None = Field(description="Số hồ sơ khi gộp. / Hồ sơ when grouped.", examples=[7])
    items: list[HitView] = Field(description="Các bản ghi. / The records.")
    facets: dict[str, list[FacetValueView]] = Field(description="Đếm theo nhóm. / Counts by facet.")
    after: str | None = Field(description="Để hỏi trang sau; null là hết. / For the next page; null: the last.")


@router.get(
    "/search",
    operation_id="search_records",
    response_model=SearchPage,
    **told(
        "Tìm kiếm",
        "Search",
        description=(
            "Tìm trong mọi siêu dữ liệu và toàn văn, có dấu hay không dấu. Chỉ trả những gì người hỏi được biết; số đếm, "
            "nhóm và gợi ý cũng vậy.",
            "All metadata and full text, with or without diacritics. Only what the asker may know of, in hits, counts and "
            "facets alike.",
        ),
        problems=(400, 410),
    ),
)
def search_records(
    asked: Annotated[Asked, gate(Operation.RECORD_SEARCH)],
    what: SearchParameters,
    size: Annotated[int, Query(ge=1, le=100, description="Số bản ghi một trang. / Page size.")] = 20,
    after: Annotated[
        str | None,
        Query(
            max_length=8192,
            description="«after» của trang trước. / Of the page before.",
            examples=["eyJwaXQiOiI0NnNYQXdF"],
        ),
    ] = None,
    facet: Annotated[
        list[str] | None,
        Query(
            max_length=len(FACETS),
            description=f"Nhóm cần đếm: {', '.join(FACETS)}. / Facets to count.",
            examples=[["year", "agency"]],
        ),
    ] = None,
    group: Annotated[bool, Query(description="Gộp theo hồ sơ. / One hit for each hồ sơ.")] = False,
) -> Response:
    catalogue = asked.service.installation.catalogue
    try:
        view = view_of(asked.service.index())
        with catalogue.read() as reading:
            visible = visible_of(asked, reading, view.cursor(reading), continued=after is not None)

        def asked_of(visible: Visible) -> tuple[tuple[Hits, list[dict[str, Any]]], list[Place]]:
            found = search(
                view.index,
                what.text,
                visible,
                what.filters,
                size=size,
                after=after,
                sort=what.sort,
                facets=tuple(dict.fromkeys(facet or ())),
                group=group,
                instants=view.instants,
            )
            with catalogue.read() as reading:
                items, unknown = shown_hits(reading, asked, found.hits)
            return (found, items), unknown

        found, items = agreed(visible, asked_of)
    except QueryRefusedError as error:
        raise explained(error) from error
    except (IndexUnavailableError, NodeError):
        asked.service.forget_index()
        answer = _from_catalogue(asked, what, size)
        _require_not_ended(asked, what.text, answer["items"], after)
        return JSONResponse(answer)
    _require_not_ended(asked, what.text, items, after)
    restricted = max(found.restricted_total, _restricted(items))
    if restricted:
        _record(asked, what.text, found.total, restricted)
    return JSONResponse(_page(found, items))


def _require_not_ended(asked: Asked, text: str, items: list[dict[str, Any]], after: str | None) -> None:
    """Who looks for a hồ sơ by its id, number or code is told when it was destroyed, instead of nothing at all."""
    if items or after is not None or not text.strip():
        return
    with asked.service.installation.catalogue.read() as reading:
        gone = ended(reading, asked, text.strip())
    if gone is not None:
        raise gone


def _page(found: Hits, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "from": "index",
        "total": found.total,
        "groups": found.groups,
        "items": items,
        "facets": {
            name: [{"value": one.value, "label": one.label, "count": one.count} for one in values]
            for name, values in found.facets.items()
        },
        "after": found.after,
    }


def _record(asked: Asked, text: str, total: int, restricted: int) -> None:
    """By the digest of the words: what people look for can itself be a secret."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    asked.record(
        Event.RECORD_SEARCH_PERFORMED, "search", {"query_sha256": digest, "total": total, "restricted": restricted}
    )


def _from_catalogue(asked: Asked, what: SearchAsked, size: int) -> dict[str, Any]:
    with asked.service.installation.catalogue.read() as reading:
        found = found_in_catalogue(reading, what.text)
        judge = Judge.of(
            reading, to_know(asked), ((aip.id, document.ordinal if document else None) for aip, document in found)
        )
    known = [(aip, document) for aip, document in found if judge.known(aip.id, document.ordinal if document else None)]
    items = [_catalogued(aip, document, judge) for aip, document in known]
    restricted = sum(item["mode"] == Mode.RESTRICTED.value for item in items)
    if restricted:
        _record(asked, what.text, len(items), restricted)
    return {
        "from": "catalogue",
        "total": len(items),
        "groups": None,
        "items": items[:size],
        "facets": {},
        "after": None,
    }


def _catalogued(aip: Aip, document: Document | None, judge: Judge) -> dict[str, Any]:
    ordinal = document.ordinal if document else None
    target = judge.target(aip.id, ordinal)
    assert target is not None, "a record just read"
    hoso = judge.known(aip.id, None)
    issued = document.fields.get("issuedDate") if document else None
    issuer = document.fields.get("organName") if document else None
    address = f"/api/v1/records/{aip.id}"
    return {
        "kind": "document" if document else "hoso",
        "aip_id": aip.id,
        "ordinal": ordinal,
        "path": document.path if document else None,
        "title": title_of(document) if document else aip.title,
        "number": number_of(document) if document else "",
        "issued_on": issued if isinstance(issued, str) else None,
        "agency": "",
        "issuer": issuer if isinstance(issuer, str) else "",
        "mode": target.mode.value,
        "kind_of_document": None,
        "verdict": (document.verdict or None) if document else None,
        "signature_verdict": None,
        "pdfa_verdict": None,
        "score": 0.0,
        "hoso": {"aip_id": aip.id, "file_code": aip.file_code, "title": aip.title} if hoso else None,
        "highlights": {},
        "in_hoso": 1,
        "siblings": [],
        "link": address if ordinal is None else f"{address}/documents/{ordinal}",
    }


class SuggestionView(BaseModel):
    """One way to complete what was typed."""

    kind: Literal["title", "number", "issuer", "signer"] = Field(description="Loại gợi ý. / Kind.")
    text: str = Field(description="Gợi ý. / As it stands in the records.", examples=["Về việc nâng bậc lương"])
    query: str = Field(description="Câu tìm kiếm tương ứng. / The query that finds it.", examples=['so:"15/QĐ-UBND"'])
    count: int | None = Field(description="Số bản ghi, với cơ quan và người ký. / Records.", examples=[3])


class Suggestions(BaseModel):
    """Completions, the best first."""

    items: list[SuggestionView] = Field(description="Các gợi ý. / The suggestions.")


@router.get(
    "/search/suggest",
    operation_id="suggest_searches",
    response_model=Suggestions,
    **told("Gợi ý khi gõ", "Suggestions while typing", problems=(400,)),
)
def suggest(
    asked: Annotated[Asked, gate(Operation.RECORD_SEARCH)],
    q: Annotated[str, Query(max_length=200, description="Phần đã gõ. / What was typed.", examples=["nang bac lu"])],
    size: Annotated[int, Query(ge=1, le=MOST_SUGGESTIONS, description="Số gợi ý. / How many.")] = 8,
) -> Response:
    index, catalogue = asked.service.index(), asked.service.installation.catalogue
    with catalogue.read() as reading:
        visible = visible_of(asked, reading, view_of(index).cursor(reading))

    def asked_of(visible: Visible) -> tuple[tuple[tuple[Suggestion, ...], int], list[Place]]:
        found = suggestions(index, q, visible, size=size)
        places = [item.place for item in found]
        with catalogue.read() as reading:
            judge = Judge.of(reading, to_know(asked), places)
        targets = [judge.target(*place) for place in places if judge.known(*place)]
        restricted = sum(target is not None and target.mode is Mode.RESTRICTED for target in targets)
        return (found, restricted), [place for place in places if not judge.known(*place)]

    found, restricted = agreed(visible, asked_of)
    if restricted:
        _record(asked, q, len(found), restricted)
    return JSONResponse(
        {
            "items": [
                {"kind": item.kind.value, "text": item.text, "query": item.query, "count": item.count} for item in found
            ]
        }
    )


class Similar(BaseModel):
    """Documents like one, the likest first."""

    items: list[HitView] = Field(description="Các tài liệu tương tự. / The documents.")


@router.get(
    "/records/{aip_id}/documents/{ordinal}/similar",
    operation_id="find_similar_documents",
    response_model=Similar,
    **told("Tài liệu tương tự", "Documents like this one", problems=(404, 410)),
)
def find_similar(
    aip_id: AipId,
    ordinal: Ordinal,
    asked: Annotated[Asked, gate(Operation.RECORD_SEARCH)],
    size: Annotated[int, Query(ge=1, le=50, description="Số tài liệu. / How many.")] = 10,
) -> Response:
    catalogue = asked.service.installation.catalogue
    index = asked.service.index()
    with catalogue.read() as reading:
        found_document(reading, to_know(asked), aip_id, ordinal)
        visible = visible_of(asked, reading, view_of(index).cursor(reading))
    try:
        found = similar(index, aip_id, str(ordinal), visible, size=size)
    except RecordUnknownError as error:
        raise unknown() from error
    with catalogue.read() as reading:
        items, _ = shown_hits(reading, asked, found)
    restricted = _restricted(items)
    if restricted:
        _record(asked, f"similar {aip_id} {ordinal}", len(items), restricted)
    return JSONResponse({"items": items})


def _restricted(items: Iterable[dict[str, Any]]) -> int:
    return sum(item["mode"] == Mode.RESTRICTED.value for item in items)


@router.post(
    "/search/export",
    operation_id="export_search",
    response_class=StreamingResponse,
    **told(
        "Xuất kết quả tìm kiếm thành bảng",
        "A search as a table",
        description=(
            "Toàn bộ kết quả, tối đa 50.000 dòng, dạng .xlsx hoặc .csv; mỗi dòng được xét quyền lại ở danh mục.",
            "The whole result, at most 50,000 rows, as .xlsx or .csv; each row is judged again at the catalogue.",
        ),
        problems=(400, 413),
        responses={
            200: {
                "description": "Bảng. / The table.",
                "content": {
                    form.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                    for form in TableForm
                },
            }
        },
    ),
)
def export_search(
    asked: Annotated[Asked, gate(Operation.LIST_EXPORT)],
    what: SearchParameters,
    format: Annotated[TableForm, Query(description="Dạng bảng. / Form of the table.")] = TableForm.XLSX,
) -> Response:
    try:
        table = made_table(asked, what, format)
    except QueryRefusedError as error:
        raise explained(error) from error
    try:
        digest = hashlib.sha256(what.text.encode("utf-8", "surrogatepass")).hexdigest()
        asked.record(
            Event.RECORD_LIST_EXPORTED,
            "search",
            {"query_sha256": digest, "count": table.count, "restricted": table.restricted, "format": format.value},
        )
    except BaseException:
        table.close()
        raise
    headers = {
        "Content-Type": format.media_type,
        "Content-Disposition": disposition(f"kết quả tìm kiếm.{format.value}"),
        "Content-Length": str(table.size_bytes),
        "X-Rows": str(table.count),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(table.chunks(), headers=headers)
