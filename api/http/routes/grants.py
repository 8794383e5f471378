"""Grants: a restricted hồ sơ or document opened to one person for a time, by the head of archive."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.json_values import ONLY_AN_INTEGER
from api.http.rights_views import NEVER_STORED, NO_NULL, GrantView, Id, Line, Names, Number, Reason, Strict
from api.http.routes.modes import target_of
from api.http.written_days import Instant
from archive.access import Author, Operation
from archive.access.errors import AccountMissingError, GrantRefusedError
from archive.access.names import folded_username
from archive.catalogue import NewGrant
from archive.events import Event

router = APIRouter(tags=["rights"], dependencies=[NEVER_STORED])
SUBJECT = "grants"


class GrantDecision(Strict):
    """To whom, what, why, how long."""

    account: Line = Field(description="Tên đăng nhập người được phép. / User name.", examples=["tran.thi.binh"])
    aip_id: str = Field(
        pattern=r"^[0-9A-Za-z-]{1,64}$",
        description="Mã gói tin của hồ sơ. / The package.",
        examples=["0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"],
    )
    ordinal: Annotated[int, Field(ge=0, le=2**31 - 1), ONLY_AN_INTEGER] | None = Field(
        default=None,
        description="Thứ tự tài liệu; bỏ trống: cả hồ sơ với mọi tài liệu. / One document; null: all of it.",
    )
    reason: Reason = Field(description="Lý do. / Why.", examples=["Phục vụ giải quyết khiếu nại"])
    decision_number: Number = Field(default="", description="Số văn bản. / Its number.", examples=["12/QĐ-LTLS"])
    valid_from: Instant | None = Field(
        default=None, description="Từ; bỏ trống: từ bây giờ. / From; null: now.", examples=["2026-01-05T08:00:00+07:00"]
    )
    valid_until: Instant = Field(
        description="Đến trước thời điểm này, không quá 366 ngày. / Until, exclusive, at most 366 days.",
        examples=["2026-02-05T17:00:00+07:00"],
    )


class GrantList(BaseModel):
    items: list[GrantView] = Field(description="Các quyết định cho phép. / The grants.")
    next: str | None = Field(description="Gửi lại ở «after» để xem tiếp. / For ``after``, when there is more.")


@router.post(
    "/grants",
    operation_id="give_grant",
    status_code=201,
    **told(
        "Cho phép một người sử dụng hồ sơ hạn chế",
        "Open a restricted record to one person",
        description=(
            "Người có thẩm quyền không thể cho phép chính mình. Có hiệu lực ngay và được hiện cho tới khi xác nhận.",
            "Nobody grants to himself. Holds at once and is shown as a change of rights until confirmed.",
        ),
        problems=(400, 404, 409),
    ),
)
def give_grant(decision: GrantDecision, asked: Annotated[Asked, gate(Operation.GRANT_DECIDE)]) -> GrantView:
    catalogue = asked.service.installation.catalogue
    with catalogue.read() as reading:
        target = target_of(reading, asked, decision.aip_id, decision.ordinal)
        account = reading.account_named(folded_username(decision.account))
    asked.require(target, decision.aip_id)
    if account is None:
        raise AccountMissingError("Không có tài khoản mang tên này.", remedy="Kiểm tra lại tên đăng nhập.")
    new = NewGrant(
        id=uuid.uuid4().hex,
        account_id=account.id,
        aip_id=decision.aip_id,
        ordinal=decision.ordinal,
        reason=decision.reason,
        decision_number=decision.decision_number,
        valid_from=_in_our_time(decision.valid_from) if decision.valid_from else asked.at,
        valid_until=_in_our_time(decision.valid_until),
    )
    with catalogue.transaction() as tx:
        return GrantView.of(tx.give_grant(new, by=Author.of(asked.who), at=asked.at), Names(tx), asked.at)


@router.get(
    "/grants",
    operation_id="list_grants",
    **told(
        "Danh sách quyết định cho phép sử dụng",
        "List grants",
        description=(
            "Theo hồ sơ, theo người, hoặc tất cả; kể cả đã hết hạn và đã thu hồi, trừ khi `live`.",
            "By package, by person, or all; those over and withdrawn too, unless `live`.",
        ),
        problems=(404,),
    ),
)
def list_grants(
    asked: Annotated[Asked, gate(Operation.GRANT_READ)],
    aip_id: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9A-Za-z-]{1,64}$",
            description="Gói tin. / Package.",
            examples=["0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11"],
        ),
    ] = None,
    account: Annotated[
        str | None,
        Query(max_length=255, pattern=NO_NULL, description="Tên đăng nhập. / User name.", examples=["tran.thi.binh"]),
    ] = None,
    live: Annotated[bool, Query(description="Chỉ những quyết định đang có hiệu lực. / Only those that hold.")] = False,
    after: Annotated[
        str,
        Query(
            pattern=r"^[0-9A-Za-z-]{0,64}$",
            description="Từ trang trước. / From before.",
            examples=["2f6c9a7e1b3d4c5f8a9b0c1d2e3f4a5b"],
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=100, description="Nhiều nhất. / At most.")] = 50,
) -> GrantList:
    with asked.service.installation.catalogue.read() as reading:
        whom = None
        if account is not None:
            found = reading.account_named(folded_username(account))
            if found is None:
                raise AccountMissingError("Không có tài khoản mang tên này.", remedy="Kiểm tra lại tên đăng nhập.")
            whom = found.id
        page = reading.grants(
            aip_id=aip_id, account_id=whom, live_at=asked.at if live else None, after=after, limit=limit + 1
        )
        names = Names(reading)
        items = [GrantView.of(given, names, asked.at) for given in page[:limit]]
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"grants": [item.id for item in items]})
    return GrantList(items=items, next=items[-1].id if len(page) > limit else None)


@router.get("/grants/{grant_id}", operation_id="read_grant", **told("Một quyết định", "One grant", problems=(404,)))
def read_grant(grant_id: Id, asked: Annotated[Asked, gate(Operation.GRANT_READ)]) -> GrantView:
    with asked.service.installation.catalogue.read() as reading:
        shown = GrantView.of(reading.grant(grant_id), Names(reading), asked.at)
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"grants": [shown.id]})
    return shown


@router.post(
    "/grants/{grant_id}/withdrawal",
    operation_id="withdraw_grant",
    **told(
        "Thu hồi quyết định cho phép",
        "Withdraw a grant",
        description=(
            "Từ yêu cầu kế tiếp không mở được gì nữa. Gửi lại không ghi gì thêm.",
            "Opens nothing from the next request on. Again, it writes nothing.",
        ),
        problems=(404,),
    ),
)
def withdraw_grant(grant_id: Id, asked: Annotated[Asked, gate(Operation.GRANT_DECIDE)]) -> GrantView:
    catalogue = asked.service.installation.catalogue
    with catalogue.read() as reading:
        given = reading.grant(grant_id)
        target = target_of(reading, asked, given.grant.aip_id, given.grant.ordinal)
    asked.require(target, given.grant.aip_id)
    with catalogue.transaction() as tx:
        return GrantView.of(tx.withdraw_grant(grant_id, by=Author.of(asked.who), at=asked.at), Names(tx), asked.at)


def _in_our_time(value: datetime) -> datetime:
    """An instant of the years a calendar can be trusted with: nearer its ends, time zones run out of it."""
    if not 2000 <= value.year < 9000:
        raise GrantRefusedError("Thời hạn cho phép sử dụng không hợp lệ.", remedy="Kiểm tra lại năm.")
    return value
