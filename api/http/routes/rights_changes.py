"""Changes of rights: in sight of everybody concerned until a head of archive has confirmed them (NĐ 30/2020, PL VI, III.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.gate import Asked, gate
from api.http.rights_views import LARGEST_SEQ, NEVER_STORED, Names, RightsChangeView
from archive.access import Author, Operation, Role
from archive.catalogue import ChangeKind, Reading, RightsChange
from archive.catalogue.counting import unconfirmed_rights_changes
from archive.events import Event

router = APIRouter(tags=["rights"], dependencies=[NEVER_STORED])
SUBJECT = "rights-changes"

_OF_RECORDS = frozenset({ChangeKind.GRANT_GIVEN, ChangeKind.GRANT_WITHDRAWN, ChangeKind.MODE_DECIDED})
"""Of no concern to an administrator, who may not know which records there are."""


class RightsChangeList(BaseModel):
    unconfirmed: int = Field(description="Số thay đổi chưa xác nhận. / How many wait.", examples=[3])
    items: list[RightsChangeView] = Field(description="Các thay đổi, cũ trước. / The changes, the oldest first.")
    next: int | None = Field(description="Gửi lại ở «after» để xem tiếp. / For ``after``, when there is more.")


@router.get(
    "/rights-changes",
    operation_id="list_rights_changes",
    **told(
        "Các thay đổi quyền",
        "Changes of rights",
        description=(
            "Mọi thay đổi quyền được hiện cho tới khi xác nhận. Quản trị hệ thống chỉ thấy thay đổi của tài khoản.",
            "Every change is shown until confirmed. An administrator sees those of accounts only.",
        ),
    ),
)
def list_rights_changes(
    asked: Annotated[Asked, gate(Operation.RIGHTS_CHANGE_READ)],
    unconfirmed: Annotated[bool, Query(description="Chỉ những thay đổi chưa xác nhận. / Only those waiting.")] = True,
    after: Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="Từ trang trước. / From before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="Nhiều nhất. / At most.")] = 50,
) -> RightsChangeList:
    with asked.service.installation.catalogue.read() as reading:
        found = _seen(reading, asked.who.role, unconfirmed=unconfirmed, after=after, limit=limit + 1)
        names = Names(reading)
        items = [RightsChangeView.of(change, names) for change in found[:limit]]
        waiting = unconfirmed_seen(reading, asked.who.role)
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"changes": [item.id for item in items]})
    return RightsChangeList(unconfirmed=waiting, items=items, next=items[-1].id if len(found) > limit else None)


@router.post(
    "/rights-changes/{change_id}/confirm",
    operation_id="confirm_rights_change",
    **told(
        "Xác nhận một thay đổi quyền",
        "Confirm a change of rights",
        description=(
            "Người đã thay đổi hoặc được hưởng không tự xác nhận khi còn người có thẩm quyền khác.",
            "Not by who made it or gains by it, while another head of archive is there.",
        ),
        problems=(404,),
    ),
)
def confirm_rights_change(
    change_id: Annotated[int, Path(ge=1, le=LARGEST_SEQ, description="Số của thay đổi. / Its number.")],
    asked: Annotated[Asked, gate(Operation.RIGHTS_CHANGE_CONFIRM)],
) -> RightsChangeView:
    with asked.service.installation.catalogue.transaction() as tx:
        change = tx.confirm_rights_change(change_id, by=Author.of(asked.who), at=asked.at)
        return RightsChangeView.of(change, Names(tx))


def unconfirmed_seen(reading: Reading, role: Role) -> int:
    """How many changes wait for confirmation, of those this role sees."""
    if role is not Role.ADMINISTRATOR:
        return unconfirmed_rights_changes(reading)
    return sum(len(page) for page in _pages(reading, role, unconfirmed=True, after=0))


def _seen(reading: Reading, role: Role, *, unconfirmed: bool, after: int, limit: int) -> list[RightsChange]:
    found: list[RightsChange] = []
    for page in _pages(reading, role, unconfirmed=unconfirmed, after=after):
        found += page
        if len(found) >= limit:
            break
    return found[:limit]


def _pages(reading: Reading, role: Role, *, unconfirmed: bool, after: int) -> Iterator[list[RightsChange]]:
    while page := reading.rights_changes(confirmed=False if unconfirmed else None, after=after, limit=500):
        yield [change for change in page if role is not Role.ADMINISTRATOR or change.kind not in _OF_RECORDS]
        after = page[-1].seq
