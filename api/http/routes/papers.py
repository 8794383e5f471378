"""Papers of a round: which there must be, printed and judged by workers as they are asked for, read, and complete."""

from __future__ import annotations

import re
import tempfile
import uuid
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.http.content import disposition
from api.http.described import told
from api.http.destruction_targets import found_round
from api.http.gate import Asked, gate
from api.http.incoming_paper import take_pdf
from api.http.paper_readers import require_paper_reader
from api.http.paper_views import (
    SHA256,
    DossierView,
    PaperGiven,
    PaperList,
    PaperOrderView,
    PaperPrint,
    PaperView,
    RoundStep,
)
from api.http.problems import ProblemError, unknown
from api.http.rights_views import NEVER_STORED, Names
from api.http.routes.destruction import RoundId
from api.http.written_days import Day
from api.receiving_papers import receive_paper
from api.scratch import scratch_of
from archive.access import Author, Operation
from archive.catalogue.paper_orders import (
    Work,
    last_orders,
    may_have_part,
    order_dossier,
    order_print,
    orders_of,
    paper_order,
    require_paper,
)
from archive.catalogue.round_deciding import complete_papers, make_minutes
from archive.catalogue.round_reading import destruction_round
from archive.catalogue.round_reading import papers as attached_papers
from archive.disposal.paper_keeping import read_paper
from archive.events import Event
from archive.ledger import written_instant
from archive.papers.given import Given, given_json
from archive.papers.paper import PAPER_NAMES, paper_kind
from archive.papers.paper_states import round_papers

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
STREAMED = [("PUT", "/api/v1/rounds")]
SUBJECT = "papers"

Kind = Annotated[
    str, PathParameter(pattern=r"^[a-z][a-z-]{0,31}$", description="Loại giấy tờ. / Kind of paper.", examples=["list"])
]
_PDF_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Bản PDF đã ký số. / The signed PDF.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Văn bản PDF/A. / The paper.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/rounds/{round_id}/papers",
    operation_id="list_papers",
    **told(
        "Giấy tờ của đợt hủy",
        "Papers of a round",
        description=(
            "Mọi giấy tờ của bộ quy tắc, mỗi giấy tờ với tình trạng và mọi điều còn thiếu.",
            "Every paper of the rules with its state and all that is wrong with it.",
        ),
        problems=(404,),
    ),
)
def list_papers(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_READ)]) -> PaperList:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        names, last = Names(reading), last_orders(reading, of.id)
        items = [PaperView.of(item, last.get(item.rule.kind), names) for item in round_papers(reading, of)]
    _shown(asked, of.id, "list")
    return PaperList(round_id=of.id, list_sha256=of.list_sha256, items=items)


@router.get(
    "/rounds/{round_id}/papers/{kind}",
    operation_id="read_paper",
    response_class=Response,
    **told("Một giấy tờ (PDF/A)", "One paper (PDF/A)", problems=(404,), responses=_PDF),
)
def read_one(
    round_id: RoundId,
    kind: Kind,
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
    ordinal: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Bản thứ mấy; trống: bản sau cùng. / Which one.")
    ] = None,
) -> Response:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        found = [item for item in attached_papers(reading, of.id) if item.kind == kind]
        wanted = [item for item in found if ordinal is None or item.ordinal == ordinal]
        require_paper_reader(reading, asked, of, wanted[-1] if wanted else None)
    if not wanted:
        raise ProblemError(
            404,
            "paper.missing",
            "Đợt hủy chưa có giấy tờ này.",
            remedy="Lập (POST) hoặc đính kèm bản đã ký (PUT).",
        )
    paper = wanted[-1]
    data = read_paper(asked.service.installation.stores, paper.object_key, paper.sha256)
    _shown(asked, of.id, kind, {"ordinal": paper.ordinal, "sha256": paper.sha256})
    code = re.sub(r"[^0-9A-Za-z]+", "-", of.code).strip("-")
    name = f"{PAPER_NAMES[paper_kind(kind)]} {code}.pdf"
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": disposition(name)})


@router.post(
    "/rounds/{round_id}/papers-completion",
    operation_id="complete_papers",
    **told(
        "Đủ giấy tờ trước khi bàn giao",
        "The papers before the hand-over are complete",
        description=(
            "Người lập hoặc Thư ký; thiếu gì thì nêu mọi lý do cùng lúc (409).",
            "By the proposer or the secretary; every reason at once when they are not (409).",
        ),
        problems=(404, 409),
    ),
)
def complete_one(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundStep:
    _require_round(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        of = complete_papers(tx, round_id, by=Author.of(asked.who), at=asked.at)
    return RoundStep(round_id=of.id, state=of.state.value)


@router.post(
    "/rounds/{round_id}/papers/{kind}",
    operation_id="order_paper",
    status_code=202,
    **told(
        "Lập một giấy tờ",
        "Have a paper printed",
        description=(
            "Tiến trình xử lý lập từ danh mục và in PDF/A; xem kết quả ở danh sách giấy tờ. Cùng yêu cầu còn chờ thì trả lại "
            "yêu cầu đó.",
            "A worker fills it from the catalogue and prints it; see the list of papers. The same order that waits is told "
            "again.",
        ),
        problems=(404, 409),
    ),
)
def order_one(
    round_id: RoundId, kind: Kind, said: PaperPrint, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]
) -> PaperOrderView:
    _require_round(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        order = order_print(
            tx,
            uuid.uuid4().hex,
            round_id,
            kind,
            given_json(said.given()),
            by=Author.of(asked.who),
            at=asked.at,
            anew=said.anew,
        )
        return PaperOrderView.of(order, Names(tx))


@router.put(
    "/rounds/{round_id}/papers/{kind}",
    operation_id="attach_paper",
    status_code=202,
    response_model=PaperOrderView,
    openapi_extra=_PDF_BODY,
    **told(
        "Đính kèm bản đã ký",
        "Attach a signed paper",
        description=(
            "Bền vững ở mọi kho trước khi trả lời 202. Tiến trình xử lý thẩm tra chữ ký, loại, đợt và mã băm danh mục; đạt thì "
            "đưa vào đợt, không đạt thì nêu ghi nhận và bỏ. «confirmed_list_sha256»: người gửi đã đọc mã băm trên bản quét.",
            "Durable in every store before 202. A worker judges signatures, kind, round and list hash; attached when nothing is "
            "wrong, else removed with its findings. `confirmed_list_sha256`: the sender has read the hash on a scan.",
        ),
        problems=(400, 404, 408, 409, 413, 415),
    ),
)
async def attach_one(
    request: Request,
    round_id: RoundId,
    kind: Kind,
    asked: Annotated[Asked, gate(Operation.ROUND_ACT)],
    number: Annotated[
        str, Query(max_length=100, pattern=r"^[^\x00]*$", description="Số. / Number.", examples=["214"])
    ] = "",
    notation: Annotated[
        str, Query(max_length=100, pattern=r"^[^\x00]*$", description="Ký hiệu. / Notation.", examples=["QĐ-SNV"])
    ] = "",
    organ: Annotated[
        str, Query(max_length=255, pattern=r"^[^\x00]*$", description="Cơ quan. / Body.", examples=["Sở Nội vụ"])
    ] = "",
    issued: Annotated[Day | None, Query(description="Ngày ban hành. / Day.", examples=["2026-11-20"])] = None,
    signer: Annotated[
        list[Annotated[str, Query(max_length=255, pattern=r"^[^\x00]+$")]] | None,
        Query(max_length=12, description="Người phải ký, theo tên trong chứng thư. / Who must have signed."),
    ] = None,
    confirmed_list_sha256: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9a-f]{64}$", description="Mã băm đã đọc trên bản quét. / The hash read.", examples=[SHA256]
        ),
    ] = None,
) -> Response:
    await run_in_threadpool(_require_attachable, asked, round_id, kind)
    given = given_json(Given(number=number, notation=notation, organ=organ, issued=issued))
    if signer:
        given["signers"] = signer
    if confirmed_list_sha256:
        given["confirmation"] = {
            "by": asked.actor,
            "at": written_instant(asked.at),
            "list_sha256": confirmed_list_sha256,
        }
    with tempfile.TemporaryFile(dir=scratch_of(asked.service.installation.settings.home)) as file:
        await take_pdf(request, file)
        view = await run_in_threadpool(_attached, asked, round_id, kind, file, given)
    return JSONResponse(view.model_dump(mode="json"), 202)


@router.get(
    "/rounds/{round_id}/papers/orders/{order_id}",
    operation_id="read_paper_order",
    **told("Một yêu cầu về giấy tờ", "One order about a paper", problems=(404,)),
)
def read_order(
    round_id: RoundId,
    order_id: Annotated[
        str,
        PathParameter(
            pattern=r"^[0-9a-f]{32}$",
            description="Mã yêu cầu. / Its id.",
            examples=["5f70bf18a086007016e948b04aed3b82"],
        ),
    ],
    asked: Annotated[Asked, gate(Operation.ROUND_READ)],
) -> PaperOrderView:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        order = paper_order(reading, of.id, order_id)
        if order is None:
            raise unknown()
        view = PaperOrderView.of(order, Names(reading))
    _shown(asked, of.id, "order", {"order_id": order_id})
    return view


@router.post(
    "/rounds/{round_id}/minutes",
    operation_id="make_minutes",
    **told(
        "Biên bản hủy đã ký",
        "The minutes of the destruction are made",
        description=(
            "Người thực hiện hủy; mọi giấy tờ phải có. Sau đó hệ thống tự lập và nộp hồ sơ hủy.",
            "By the executor; every paper must be there. The archive then makes and hands in the dossier by itself.",
        ),
        problems=(404, 409),
    ),
)
def make_one(
    round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_ACT)], said: PaperGiven | None = None
) -> RoundStep:
    _require_round(asked, round_id)
    by, given = Author.of(asked.who), given_json(said.given()) if said else {}
    with asked.service.installation.catalogue.transaction() as tx:
        of = make_minutes(tx, round_id, by=by, at=asked.at)
        order = order_dossier(tx, uuid.uuid4().hex, round_id, given, by=by, at=asked.at)
        view = PaperOrderView.of(order, Names(tx))
    return RoundStep(round_id=of.id, state=of.state.value, order=view)


@router.post(
    "/rounds/{round_id}/dossier",
    operation_id="order_dossier",
    status_code=202,
    **told(
        "Lập lại hồ sơ hủy",
        "Have the dossier made again",
        description=(
            "Khi lần nộp trước bị trả lại. Yêu cầu còn chờ thì trả lại yêu cầu đó.",
            "When the one handed in was returned. An order that waits is told again.",
        ),
        problems=(404, 409),
    ),
)
def order_one_dossier(
    round_id: RoundId, said: PaperGiven, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]
) -> PaperOrderView:
    _require_round(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        given = given_json(said.given())
        order = order_dossier(tx, uuid.uuid4().hex, round_id, given, by=Author.of(asked.who), at=asked.at)
        return PaperOrderView.of(order, Names(tx))


@router.get(
    "/rounds/{round_id}/dossier",
    operation_id="read_dossier",
    **told("Hồ sơ hủy của đợt", "The dossier of a round", problems=(404,)),
)
def read_dossier(round_id: RoundId, asked: Annotated[Asked, gate(Operation.ROUND_READ)]) -> DossierView:
    with asked.service.installation.catalogue.read() as reading:
        of = found_round(reading, asked, round_id)
        names = Names(reading)
        orders = [PaperOrderView.of(item, names) for item in orders_of(reading, of.id, work=Work.DOSSIER)]
    _shown(asked, of.id, "dossier")
    return DossierView(round_id=of.id, state=of.state.value, aip_id=of.dossier_aip_id, orders=orders)


def _require_round(asked: Asked, round_id: str) -> None:
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)


def _require_attachable(asked: Asked, round_id: str, kind: str) -> None:
    """Before a byte of it is taken in."""
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)
        of = destruction_round(reading, round_id)
        may_have_part(reading, of, Author.of(asked.who))
        require_paper(reading, of, kind)


def _attached(asked: Asked, round_id: str, kind: str, file: BinaryIO, given: dict[str, Any]) -> PaperOrderView:
    installation, order_id = asked.service.installation, uuid.uuid4().hex
    order = receive_paper(installation, order_id, round_id, kind, file, given, by=Author.of(asked.who), at=asked.at)
    with installation.catalogue.read() as reading:
        return PaperOrderView.of(order, Names(reading))


def _shown(asked: Asked, round_id: str, part: str, more: dict[str, Any] | None = None) -> None:
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"round_id": round_id, "part": part, **(more or {})})
