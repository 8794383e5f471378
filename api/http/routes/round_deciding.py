"""From the frozen list to the start of destruction: freezing, decision, executor, hand-over; and what is set aside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.http.described import told
from api.http.destruction_targets import found_round
from api.http.file_views import PlainId
from api.http.gate import Asked, gate
from api.http.json_values import Boolean
from api.http.rights_views import NEVER_STORED, Id, Line, Names, Reason, Strict
from api.http.round_views import Kept, RoundDetail, RoundView
from api.http.written_days import Day
from api.round_accounts import named_account
from archive.access import Author, Operation
from archive.catalogue.round_deciding import (
    appoint_executor,
    complete_round,
    decide_round,
    freeze_list,
    hand_over,
    keep_lines,
    start_executing,
)
from archive.catalogue.round_reading import destruction_round
from archive.catalogue.round_writing import set_aside

router = APIRouter(tags=["rounds"], dependencies=[NEVER_STORED])
MOST_FILES = 200


class Deciding(Strict):
    """Quyết định hủy: on exactly the list that is named by its digest."""

    list_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="Mã băm danh mục đã chốt. / Of the frozen list.", examples=["0" * 64]
    )
    number: Line = Field(description="Số quyết định. / Number.", examples=["99/QĐ-SNV"])
    decided_on: Day = Field(description="Ngày quyết định. / Its day.", examples=["2026-11-20"])
    titles_stay: Boolean = Field(default=True, description="Được giữ lại tiêu đề. / Whether titles may remain.")


class Appointing(Strict):
    account: Line = Field(description="Tên đăng nhập. / User name.", examples=["tran.thi.binh"])


class SettingAside(Strict):
    file_ids: Annotated[list[PlainId], Field(min_length=1, max_length=MOST_FILES)] = Field(
        description="Các hồ sơ. / The hồ sơ.", examples=[["0b9c2f5e-7a54"]]
    )
    reason: Reason = Field(description="Lý do. / Why.", examples=["Vụ án còn kéo dài"])


@router.post(
    "/rounds/{round_id}/freeze",
    operation_id="freeze_round_list",
    **told(
        "Chốt danh mục",
        "Freeze the list",
        description=(
            "Một mã băm cho cả danh mục; hồ sơ đã thay đổi bị loại trước.",
            "One digest for the whole list; hồ sơ that changed are void first.",
        ),
        problems=(404, 409),
    ),
)
def freeze(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(freeze_list(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/decisions",
    operation_id="decide_round",
    **told(
        "Quyết định hủy",
        "Decide",
        description=(
            "Chỉ cho đúng danh mục mang mã băm đã nêu. Cùng số và ngày gửi lại: như đã ghi.",
            "On exactly the list with this digest. The same number and day again: as it stands.",
        ),
        problems=(404, 409),
    ),
)
def decide(round_id: Id, said: Deciding, asked: Annotated[Asked, gate(Operation.ROUND_DECIDE)]) -> RoundDetail:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        decide_round(
            tx,
            round_id,
            said.list_sha256,
            number=said.number,
            decided_on=said.decided_on,
            titles_stay=said.titles_stay,
            by=Author.of(asked.who),
            at=asked.at,
        )
        return RoundDetail.read(tx, destruction_round(tx, round_id), Names(tx))


@router.post(
    "/rounds/{round_id}/kept-lines",
    operation_id="keep_round_lines",
    **told(
        "Thực hiện kết luận giữ lại",
        "Carry out what is kept",
        description=(
            "Kéo dài hoặc vĩnh viễn, mỗi lần một phần: gửi lại tới khi «left» bằng 0.",
            "Extensions and permanent ones, a piece at a time: send again until `left` is 0.",
        ),
        problems=(404, 409),
    ),
)
def keep(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> Kept:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return Kept(left=keep_lines(tx, round_id, by=Author.of(asked.who), at=asked.at))


@router.post(
    "/rounds/{round_id}/executor",
    operation_id="appoint_round_executor",
    **told("Giao người thực hiện hủy", "Appoint the executor", problems=(404, 409)),
)
def appoint(round_id: Id, said: Appointing, asked: Annotated[Asked, gate(Operation.ROUND_DECIDE)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        whom = named_account(tx, said.account)
        return RoundView.of(appoint_executor(tx, round_id, whom, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/hand-over",
    operation_id="hand_round_over",
    **told("Bàn giao cho người thực hiện", "Hand over to the executor", problems=(404, 409)),
)
def hand(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(hand_over(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/start",
    operation_id="start_round",
    **told(
        "Bắt đầu hủy",
        "Start",
        description=(
            "Chỉ người thực hiện; từ chối với mọi điều còn thiếu cùng lúc («faults»).",
            "By the executor alone; refused with everything that is missing at once (`faults`).",
        ),
        problems=(404, 409),
    ),
)
def start(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(start_executing(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


@router.post(
    "/rounds/{round_id}/set-aside",
    operation_id="set_round_lines_aside",
    **told(
        "Đưa hồ sơ ra khỏi đợt hủy",
        "Set hồ sơ aside",
        description=(
            "Khi chưa bắt đầu hủy hồ sơ đó, cả lúc đợt đang hủy: một hồ sơ bị đóng băng lâu không giữ cả đợt.",
            "While it is not begun, on executing rounds too: one held for long does not keep the whole round open.",
        ),
        problems=(404, 409),
    ),
)
def aside(round_id: Id, said: SettingAside, asked: Annotated[Asked, gate(Operation.ROUND_DECIDE)]) -> RoundDetail:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        for file_id in dict.fromkeys(said.file_ids):
            set_aside(tx, round_id, file_id, reason=said.reason, by=Author.of(asked.who), at=asked.at)
        return RoundDetail.read(tx, destruction_round(tx, round_id), Names(tx))


@router.post(
    "/rounds/{round_id}/completion",
    operation_id="complete_round",
    **told(
        "Hoàn tất đợt hủy",
        "Complete the round",
        description=("Người quyết định, khi hồ sơ hủy đã lưu.", "By who decided, once the dossier is stored."),
        problems=(404, 409),
    ),
)
def complete(round_id: Id, asked: Annotated[Asked, gate(Operation.ROUND_ACT)]) -> RoundView:
    _judged(asked, round_id)
    with asked.service.installation.catalogue.transaction() as tx:
        return RoundView.of(complete_round(tx, round_id, by=Author.of(asked.who), at=asked.at), Names(tx))


def _judged(asked: Asked, round_id: str) -> None:
    with asked.service.installation.catalogue.read() as reading:
        found_round(reading, asked, round_id)
