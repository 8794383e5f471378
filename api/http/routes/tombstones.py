"""What remains of destroyed hồ sơ: the list, and one of them by any name it ever had."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter

from api.http.described import told
from api.http.destruction_views import ROUND_ID, TombstonePage, TombstoneView, WholeTombstoneView
from api.http.ended_records import may_see_tombstone
from api.http.file_targets import agency_asked, own_codes
from api.http.file_views import FILE_ID, AgencyAsked, PageAfter
from api.http.gate import Asked, gate
from api.http.list_places import read_place, written_place
from api.http.listing import PageSize
from api.http.problems import ProblemError
from api.http.rights_views import NEVER_STORED, NO_NULL
from archive.access import Operation, Role
from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_progress import tombstones_listed
from archive.catalogue.destruction_reading import tombstone_packages_of, tombstones_named
from archive.catalogue.file_reading import agency_codes
from archive.events import Event

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
SUBJECT = "tombstones"
_READ_AT_ONCE = 100


@router.get(
    "/tombstones",
    operation_id="list_tombstones",
    **told(
        "Bia của các hồ sơ đã hủy",
        "Tombstones of destroyed hồ sơ",
        description=(
            "Mới trước. «destroyed_at» trống: đang hủy, chưa chứng minh. Cơ quan chỉ thấy hồ sơ của mình.",
            "Newest first. Without `destroyed_at` it is on its way, and not proven. An agency sees its own.",
        ),
        problems=(400, 404),
    ),
)
def list_tombstones(
    asked: Annotated[Asked, gate(Operation.TOMBSTONE_READ)],
    agency_code: AgencyAsked = "",
    round_id: Annotated[
        str,
        Query(
            pattern=r"^[0-9A-Za-z-]{0,64}$", description="Chỉ đợt hủy này. / Only of this round.", examples=[ROUND_ID]
        ),
    ] = "",
    destroyed: Annotated[
        bool | None, Query(description="Chỉ đã chứng minh (true), đang hủy (false). / Proven, or on its way.")
    ] = None,
    size: PageSize = 20,
    after: PageAfter = None,
) -> TombstonePage:
    before = read_place(after)
    with asked.service.installation.catalogue.read() as reading:
        code = agency_asked(reading, asked, agency_code)
        codes = own_codes(reading, asked) if asked.who.role is Role.AGENCY else agency_codes(reading, code)
        shown: list[Tombstone] = []
        while len(shown) <= size:
            found = tombstones_listed(
                reading,
                agencies=codes if code else (),
                round_id=round_id,
                destroyed=destroyed,
                before=before,
                limit=_READ_AT_ONCE,
            )
            shown += [item for item in found if may_see_tombstone(reading, asked, item)]
            if len(found) < _READ_AT_ONCE:
                break
            before = (found[-1].intended_at, found[-1].file_id)
    # From one that was shown: a place made of another would tell of what is hidden.
    last = shown[size - 1] if len(shown) > size else None
    shown = shown[:size]
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"file_ids": [item.file_id for item in shown]})
    return TombstonePage(
        items=[TombstoneView.of(item) for item in shown],
        after=written_place(last.intended_at, last.file_id) if last else None,
    )


@router.get(
    "/tombstones/{file_id}",
    operation_id="read_tombstone",
    **told(
        "Bia của một hồ sơ",
        "One tombstone",
        description=(
            "Theo mã trong sổ đăng ký, mã gói, mã lần nộp, mã đăng ký nộp hoặc mã hồ sơ.",
            "By the id of the hồ sơ, of a package or submission, by registration number or code.",
        ),
        problems=(404,),
    ),
)
def read_tombstone(
    file_id: Annotated[
        str,
        PathParameter(max_length=255, pattern=NO_NULL, description="Mã bất kỳ. / Any name.", examples=[FILE_ID]),
    ],
    asked: Annotated[Asked, gate(Operation.TOMBSTONE_READ)],
) -> WholeTombstoneView:
    with asked.service.installation.catalogue.read() as reading:
        named = tombstones_named(reading, file_id)
        laid = next((item for item in named if may_see_tombstone(reading, asked, item)), None)
        if laid is None:
            raise ProblemError(
                404, "tombstone.missing", "Không có bia nào mang mã này.", remedy="Kiểm tra lại mã, hoặc xem danh sách."
            )
        packages = tombstone_packages_of(reading, [laid.file_id]).get(laid.file_id, ())
    asked.record(Event.LEDGER_RECORDS_SHOWN, SUBJECT, {"file_ids": [laid.file_id]})
    return WholeTombstoneView.whole(laid, packages)
