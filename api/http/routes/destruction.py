"""The destruction of a round: asked for by its executor, followed place by place, proven by somebody else, certified."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from api.http.content import disposition
from api.http.described import told
from api.http.destruction_targets import found_round
from api.http.destruction_views import ROUND_ID, DestructionView, LookList, LookView, OrderView, destruction_view
from api.http.file_views import FILE_ID
from api.http.gate import Asked, gate
from api.http.listing import PageSize
from api.http.paper_readers import require_paper_reader
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, NO_NULL, Names
from archive.access import Author, Operation
from archive.access.errors import CursorUnknownError
from archive.catalogue.destruction_model import SETTLED, ItemState
from archive.catalogue.destruction_orders import OrderKind, order_destruction, order_look, orders_of
from archive.catalogue.destruction_progress import absence_runs_of, items_listed, round_progress
from archive.catalogue.destruction_reading import certificate
from archive.catalogue.printed_certificates import printed_certificate
from archive.disposal.paper_keeping import read_paper
from archive.events import Event

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
SUBJECT = "destruction"
_PLACE = re.compile(r"([0-9A-Za-z-]{0,36})~([^\x00-\x1f]{1,160})")
_WAITING = tuple(state for state in ItemState if state not in SETTLED)

RoundId = Annotated[
    str, PathParameter(pattern=r"^[0-9A-Za-z-]{1,64}$", description="Mã đợt hủy. / The round.", examples=[ROUND_ID])
]


class CertificateView(BaseModel):
    """The signed certificate: RFC 8032 over the RFC 8785 bytes of the statement."""

    statement: dict[str, Any] = Field(
        description="Điều được chứng nhận. / What is certified.",
        examples=[{"format": "luutru-destruction-certificate/1"}],
    )
    signature: dict[str, Any] = Field(
        description="Chữ ký của kho. / The archive's signature.", examples=[{"algorithm": "Ed25519"}]
    )


@router.post(
    "/rounds/{round_id}/destruction",
    operation_id="order_destruction",
    status_code=202,
    **told(
        "Yêu cầu hủy các hồ sơ của đợt",
        "Ask for the destruction of a round",
        description=(
            "Chỉ người được giao thực hiện. Tiến trình xử lý bắt đầu mọi hồ sơ được phép hủy rồi xóa ở từng nơi, chỉ đi "
            "tới. Hồ sơ bị từ chối (đang đóng băng …) được nêu ở kết quả và không bị đụng tới; yêu cầu lại khi hết lý do.",
            "By the executor alone. A worker begins every hồ sơ that may go and removes it place by place, forward only. "
            "What is refused (held …) is named in the outcome and not touched; ask again when its reason is gone.",
        ),
        problems=(404, 409),
    ),
)
def order_one(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> OrderView:
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        order = order_destruction(tx, uuid.uuid4().hex, round_id, by=Author.of(asked.who), at=asked.at)
        return OrderView.of(order, Names(tx))


@router.get(
    "/rounds/{round_id}/destruction",
    operation_id="read_destruction",
    **told(
        "Việc hủy đã tới đâu",
        "How far destruction has come",
        description=(
            "Theo nơi và trạng thái; từng việc còn chờ với lý do, khóa tới khi nào.",
            "By place and state; each thing that waits with its reason, and until when a lock keeps it.",
        ),
        problems=(400, 404),
    ),
)
def read_destruction(
    round_id: RoundId,
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    state: Annotated[
        list[ItemState] | None,
        Query(max_length=5, description="Các trạng thái; mặc định: còn chờ và còn khóa. / States; waiting and locked."),
    ] = None,
    place: Annotated[
        str, Query(max_length=160, pattern=NO_NULL, description="Chỉ nơi này. / Only here.", examples=["store:kho-1"])
    ] = "",
    size: PageSize = 20,
    after: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=NO_NULL,
            description="«after» của trang trước. / From before.",
            examples=[f"{FILE_ID}~store:kho-1"],
        ),
    ] = None,
) -> DestructionView:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        progress = round_progress(reading, of.id)
        wanted = state or (*_WAITING, ItemState.LOCKED)
        items = items_listed(reading, of.id, states=wanted, place=place, after=_read_place(after), limit=size + 1)
        names = Names(reading)
        orders = [OrderView.of(item, names) for item in orders_of(reading, of.id, OrderKind.DESTROY)]
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"round_id": of.id, "part": "progress"})
    last = items[size - 1] if len(items) > size else None
    return destruction_view(of.id, progress, items[:size], f"{last.file_id}~{last.place}" if last else None, orders)


@router.post(
    "/rounds/{round_id}/absence",
    operation_id="order_absence_look",
    status_code=202,
    **told(
        "Yêu cầu kiểm chứng việc hủy",
        "Ask for a look for what was destroyed",
        description=(
            "Chỉ tài khoản không có nhiệm vụ nào trong đợt. Tiến trình xử lý đọc lại mọi nơi; không còn gì thì đợt hủy "
            "được xác nhận và cấp giấy chứng nhận.",
            "By an account without any duty in the round. A worker reads every place; with nothing left the round is "
            "verified and certified.",
        ),
        problems=(404, 409),
    ),
)
def order_absence(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ABSENCE_VERIFY)]) -> OrderView:
    with asked.service.installation.catalogue.transaction() as tx:
        order = order_look(tx, uuid.uuid4().hex, round_id, by=Author.of(asked.who), at=asked.at)
        return OrderView.of(order, Names(tx))


@router.get(
    "/rounds/{round_id}/absence",
    operation_id="list_absence_looks",
    **told(
        "Các lần kiểm chứng",
        "Looks for what was destroyed",
        description=(
            "Mới trước, mỗi lần với các nơi đã xem và dấu vết gặp: ở đâu, của hồ sơ nào, loại gì; không trích nội dung.",
            "Newest first, each with places and traces: where, of which hồ sơ, of what sort; no content is quoted.",
        ),
        problems=(404,),
    ),
)
def list_looks(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_READ)], size: PageSize = 20) -> LookList:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        names = Names(reading)
        items = [LookView.of(run, names) for run in absence_runs_of(reading, of.id, limit=size)]
        orders = [OrderView.of(item, names) for item in orders_of(reading, of.id, OrderKind.LOOK)]
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"round_id": of.id, "part": "absence"})
    return LookList(items=items, orders=orders)


@router.get(
    "/rounds/{round_id}/certificate",
    operation_id="read_certificate",
    response_model=CertificateView,
    **told(
        "Giấy chứng nhận hủy",
        "The certificate of destruction",
        description=(
            "JSON có chữ ký của kho, hoặc PDF/A (format=pdf, hay Accept: application/pdf). PDF/A nêu tên mọi hồ sơ của danh mục: "
            "cho người của đợt, và người được biết mọi hồ sơ đó.",
            "JSON signed by the archive, or PDF/A (format=pdf, or Accept: application/pdf). The PDF/A names every hồ sơ: for "
            "persons of the round, and whoever may know of all of them.",
        ),
        problems=(404, 409),
        responses={
            200: {
                "description": "Giấy chứng nhận. / The certificate.",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    ),
)
def read_certificate(
    round_id: RoundId,
    request: Request,
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    format: Annotated[Literal["json", "pdf"] | None, Query(description="Dạng. / Form.")] = None,
) -> Response:
    wanted = format or ("pdf" if "application/pdf" in request.headers.get("accept", "") else "json")
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        document, printed = certificate(reading, of.id), printed_certificate(reading, of.id)
        if document is not None and wanted == "pdf":  # its sheets name every hồ sơ of the list
            require_paper_reader(reading, asked, of)
    if document is None:
        raise ProblemError(
            404,
            "certificate.missing",
            "Đợt hủy chưa có giấy chứng nhận.",
            remedy="Giấy được cấp khi việc kiểm chứng không tìm thấy gì; xem các lần kiểm chứng của đợt.",
        )
    if wanted == "json":
        _shown(asked, of.id, wanted)
        return JSONResponse(document)
    if printed is None:
        raise ProblemError(
            409,
            "certificate.not-printed",
            "Bản PDF/A của giấy chứng nhận đang được lập.",
            remedy="Thử lại sau vài phút; bản JSON đã có.",
        )
    data = read_paper(asked.service.installation.reading_stores, printed.object_key, printed.sha256)
    _shown(asked, of.id, wanted)
    name = f"giay-chung-nhan-huy-{re.sub(r'[^0-9A-Za-z]+', '-', of.code).strip('-')}.pdf"
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": disposition(name)})


def _shown(asked: Asked, round_id: str, form: str) -> None:
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"round_id": round_id, "part": "certificate", "form": form})


def _read_place(after: str | None) -> tuple[str, str] | None:
    """Raises CursorUnknownError for one that no page ever told."""
    if after is None:
        return None
    named = _PLACE.fullmatch(after)
    if named is None:
        raise CursorUnknownError("Không có vị trí này trong danh sách.", remedy="Đọc lại danh sách từ đầu.")
    return named[1], named[2]
