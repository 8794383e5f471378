"""Destruction as the service shows it: progress, looks, tombstones; ids, places, counts and codes, never content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from api.http.file_views import AGENCY, FILE_ID
from api.http.rights_views import Names
from archive.catalogue.destruction_model import (
    AbsenceRun,
    AbsenceVerdict,
    ItemState,
    Tombstone,
    TombstonePackage,
    WorkItem,
)
from archive.catalogue.destruction_orders import Order, OrderKind
from archive.catalogue.destruction_progress import RoundProgress
from archive.local_time import VIETNAM

ROUND_ID = "5f70bf18a086007016e948b04aed3b82"
_INSTANT = "2026-11-20T09:15:02.123456+07:00"
_SYSTEM_ERROR = re.compile(r"^(\w*Error): ")


class OrderView(BaseModel):
    """What somebody asked the workers for."""

    id: str = Field(description="Mã yêu cầu. / Its id.", examples=[ROUND_ID])
    kind: OrderKind = Field(description="Hủy, hoặc tìm dấu vết. / To destroy, or to look.")
    asked_by: str = Field(description="Người yêu cầu. / Who asked.", examples=["nguyen.van.an"])
    asked_at: datetime = Field(description="Lúc yêu cầu. / When.", examples=[_INSTANT])
    ended_at: datetime | None = Field(
        description="Đã thực hiện xong lúc; trống: còn chờ. / Carried out at; null: waits."
    )
    problem: str = Field(description="Vì sao lần trước chưa xong. / What kept the last attempt.", examples=[""])
    outcome: dict[str, Any] | None = Field(
        description="Kết quả: số lượng, mã hồ sơ, mã lý do. / What came of it: counts, ids, codes of reasons.",
        examples=[{"refused": {"count": 0, "codes": {}, "files": []}, "waiting": {}, "locked": 0, "settled": True}],
    )

    @classmethod
    def of(cls, order: Order, names: Names) -> OrderView:
        return cls(
            id=order.id,
            kind=order.kind,
            asked_by=names.of(order.account_id),
            asked_at=order.asked_at.astimezone(VIETNAM),
            ended_at=_here(order.ended_at),
            problem=order.problem,
            outcome=None if order.outcome is None else dict(order.outcome),
        )


class PlaceView(BaseModel):
    """One place, and how many hồ sơ are in which state there."""

    place: str = Field(description="Nơi. / The place.", examples=["store:kho-1"])
    due: int = Field(description="Còn phải xóa. / Due.", examples=[0])
    removed: int = Field(description="Đã xóa, chưa tìm lại. / Removed, not looked for yet.", examples=[0])
    absent: int = Field(description="Đã xóa, tìm lại không còn. / Looked for, and gone.", examples=[50])
    unreachable: int = Field(description="Chưa tới được. / Could not be reached.", examples=[0])
    locked: int = Field(description="Còn khóa của phương tiện. / Under a lock of the medium.", examples=[0])


class WorkItemView(BaseModel):
    """One place of one hồ sơ; without a hồ sơ: what is done once for the round."""

    file_id: str = Field(description="Hồ sơ; trống: cả đợt. / The hồ sơ; empty: the round.", examples=[FILE_ID])
    place: str = Field(description="Nơi. / The place.", examples=["store:kho-1"])
    state: ItemState = Field(description="Trạng thái. / State.")
    attempts: int = Field(description="Số lần đã thử. / Attempts.", examples=[3])
    problem: str = Field(
        description="Điều cản trở. / What stands in the way.", examples=["store.failed: Kho không mở được."]
    )
    locked_until: datetime | None = Field(description="Khóa tới; trống: không rõ. / Locked until; null: unknown.")
    changed_at: datetime = Field(description="Ghi nhận lúc. / Noted at.", examples=[_INSTANT])

    @classmethod
    def of(cls, item: WorkItem) -> WorkItemView:
        return cls(
            file_id=item.file_id,
            place=item.place,
            state=item.state,
            attempts=item.attempts,
            problem=without_paths(item.problem),
            locked_until=_here(item.locked_until),
            changed_at=item.changed_at.astimezone(VIETNAM),
        )


class DestructionView(BaseModel):
    """How far the destruction of a round has come."""

    round_id: str = Field(description="Đợt hủy. / The round.", examples=[ROUND_ID])
    to_begin: int = Field(description="Dòng còn chưa bắt đầu. / Lines still to be begun.", examples=[0])
    begun: int = Field(description="Hồ sơ đã bắt đầu hủy. / Hồ sơ begun.", examples=[50])
    destroyed: int = Field(description="Hồ sơ đã chứng minh là không còn. / Proven to be gone.", examples=[50])
    locked: int = Field(description="Chỗ còn khóa của phương tiện. / Items under a lock.", examples=[0])
    settled: bool = Field(description="Không còn việc phải làm lúc này. / Nothing is left to be done now.")
    certified_at: datetime | None = Field(description="Cấp giấy chứng nhận lúc. / Certified at.", examples=[_INSTANT])
    places: list[PlaceView] = Field(description="Theo nơi. / By place.")
    waiting: list[WorkItemView] = Field(description="Những việc còn chờ. / What waits, and why.")
    after: str | None = Field(
        description="Gửi lại ở «after» để xem tiếp. / For «after».", examples=[f"{FILE_ID}~index"]
    )
    orders: list[OrderView] = Field(description="Các yêu cầu hủy, mới trước. / What was asked for, newest first.")


class TraceView(BaseModel):
    """Something that was met: where, of which hồ sơ, of what sort; what it says is not repeated."""

    place: str = Field(description="Nơi. / The place.", examples=["store:kho-2"])
    where: str = Field(description="Ở đâu trong nơi đó. / Where in it.", examples=["aip/0b9c2f5e.tar"])
    what: str = Field(description="Loại dấu vết. / What sort.", examples=["content"])
    file_id: str = Field(description="Hồ sơ. / The hồ sơ.", examples=[FILE_ID])
    offset: int | None = Field(description="Vị trí byte. / At which byte.", examples=[4096])


class LookedView(BaseModel):
    """One place that was looked at."""

    place: str = Field(description="Nơi. / The place.", examples=["store:kho-1"])
    objects: int = Field(description="Số đối tượng. / Objects.", examples=[120])
    size_bytes: int = Field(description="Dung lượng. / Bytes.", examples=[1048576])
    not_looked: str = Field(description="Vì sao không xem được. / Why it could not be looked at.", examples=[""])


class LookView(BaseModel):
    """One look for what a round destroyed."""

    id: str = Field(description="Mã lần tìm. / Its id.", examples=[ROUND_ID])
    verifier: str = Field(description="Người kiểm chứng. / Who looked.", examples=["le.thi.mai"])
    begun_at: datetime = Field(description="Bắt đầu. / Begun.", examples=[_INSTANT])
    ended_at: datetime | None = Field(description="Kết thúc; trống: đang tìm hoặc bị ngắt. / Ended; null: it did not.")
    verdict: AbsenceVerdict | None = Field(description="Kết luận. / Verdict.")
    report_sha256: str | None = Field(description="SHA-256 của báo cáo. / Of its report.", examples=["9f" * 32])
    files: int = Field(description="Số hồ sơ được tìm. / Hồ sơ looked for.", examples=[50])
    found: int = Field(description="Số dấu vết. / Traces found.", examples=[0])
    traces: list[TraceView] = Field(description="Những dấu vết đầu tiên. / The first of them.")
    lawful_elsewhere: int = Field(description="Gặp ở hồ sơ khác còn giữ. / Met in what is kept.", examples=[2])
    unsettled: int = Field(description="Việc hủy còn chờ lúc đó. / Work that waited then.", examples=[0])
    under_way: int = Field(description="Lần nộp cùng mã đang xử lý. / Submissions of it under way.", examples=[0])
    to_begin: int = Field(description="Dòng còn chưa bắt đầu lúc đó. / Lines not begun then.", examples=[0])
    unmarked: int = Field(description="Hồ sơ không có dấu nhận biết. / Hồ sơ nothing was taken from.", examples=[0])
    needles_missing: int = Field(description="Hồ sơ thiếu dấu nhận biết. / Whose needles are missing.", examples=[0])
    places: list[LookedView] = Field(description="Các nơi đã xem. / Places looked at.")

    @classmethod
    def of(cls, run: AbsenceRun, names: Names) -> LookView:
        said: Mapping[str, Any] = run.report or {}
        return cls(
            id=run.id,
            verifier=names.of(run.verifier_id),
            begun_at=run.begun_at.astimezone(VIETNAM),
            ended_at=_here(run.ended_at),
            verdict=run.verdict,
            report_sha256=run.report_sha256,
            files=said.get("files", 0),
            found=_count(said, "found"),
            traces=[
                TraceView(**{name: item[name] for name in TraceView.model_fields})
                for item in said.get("found", {}).get("traces", ())
            ],
            lawful_elsewhere=_count(said, "lawful_elsewhere"),
            unsettled=_count(said, "unsettled"),
            under_way=_count(said, "under_way"),
            to_begin=_count(said, "to_begin"),
            unmarked=_count(said, "unmarked"),
            needles_missing=_count(said, "needles_missing"),
            places=[
                LookedView(
                    place=item["place"],
                    objects=item["objects"],
                    size_bytes=item["size_bytes"],
                    not_looked=without_paths(item["not_looked"]),
                )
                for item in said.get("places", ())
            ],
        )


class LookList(BaseModel):
    items: list[LookView] = Field(description="Các lần tìm, mới trước. / Looks, the newest first.")
    orders: list[OrderView] = Field(description="Các yêu cầu tìm, mới trước. / What was asked for, newest first.")


class TombstoneView(BaseModel):
    """What remains of a hồ sơ that was destroyed, or is on its way there (``destroyed_at`` null)."""

    file_id: str = Field(description="Mã trong sổ đăng ký. / Its id.", examples=[FILE_ID])
    agency_code: str = Field(description="Mã cơ quan. / Agency.", examples=[AGENCY])
    file_code: str = Field(description="Mã hồ sơ. / Its code.", examples=["H49.64.33.2015.03.TH"])
    title: str | None = Field(description="Tiêu đề, nếu quyết định cho giữ. / Title, where it may stay.")
    ended_year: int | None = Field(description="Năm kết thúc. / Year the work ended.", examples=[2010])
    period: str = Field(description="Thời hạn đã có. / Its period.", examples=["10 năm"])
    round_id: str = Field(description="Đợt hủy. / The round.", examples=[ROUND_ID])
    line: int = Field(description="Số thứ tự trong danh mục. / Its line of the list.", examples=[7])
    list_sha256: str = Field(description="Mã băm danh mục. / Hash of the list.", examples=["9f" * 32])
    decision_number: str = Field(description="Số quyết định hủy. / Decision.", examples=["12/QĐ-LTLS"])
    decided_on: date | None = Field(description="Ngày quyết định. / Decided on.", examples=["2026-11-20"])
    packages: int = Field(description="Số gói tin. / Packages.", examples=[1])
    documents: int = Field(description="Số tài liệu. / Documents.", examples=[12])
    size_bytes: int = Field(description="Dung lượng. / Bytes.", examples=[1048576])
    begun_at: datetime = Field(description="Bắt đầu hủy lúc. / Destruction began.", examples=[_INSTANT])
    destroyed_at: datetime | None = Field(
        description="Đã chứng minh là không còn lúc; trống: đang hủy. / Proven to be gone at; null: on its way.",
        examples=[_INSTANT],
    )
    ledger_seq: int | None = Field(description="Bản ghi trong sổ nhật ký. / Its ledger record.", examples=[4711])

    @classmethod
    def values(cls, laid: Tombstone) -> dict[str, Any]:
        return {
            "file_id": laid.file_id,
            "agency_code": laid.agency_code,
            "file_code": laid.file_code,
            "title": laid.title,
            "ended_year": laid.ended_year,
            "period": laid.period_text,
            "round_id": laid.round_id,
            "line": laid.line,
            "list_sha256": laid.list_sha256,
            "decision_number": laid.decision_number,
            "decided_on": laid.decided_on,
            "packages": laid.packages,
            "documents": laid.documents,
            "size_bytes": laid.size_bytes,
            "begun_at": laid.intended_at.astimezone(VIETNAM),
            "destroyed_at": _here(laid.destroyed_at),
            "ledger_seq": laid.destroyed_seq,
        }

    @classmethod
    def of(cls, laid: Tombstone) -> TombstoneView:
        return cls(**cls.values(laid))


class TombstonePackageView(BaseModel):
    """One package that was destroyed: its ids and digests."""

    aip_id: str = Field(description="Mã gói. / Its id.", examples=[FILE_ID])
    registration_number: str = Field(description="Mã đăng ký nộp. / Registration.", examples=["NL-2026-000042"])
    size_bytes: int = Field(description="Dung lượng. / Bytes.", examples=[1048576])
    sha256: str = Field(description="SHA-256 của gói. / Of the package.", examples=["9f" * 32])
    transfer_sha256: str = Field(description="SHA-256 của tệp đã nộp. / Of what was handed in.", examples=["9f" * 32])


class WholeTombstoneView(TombstoneView):
    package_list: list[TombstonePackageView] = Field(description="Các gói đã hủy. / Its packages.")

    @classmethod
    def whole(cls, laid: Tombstone, packages: tuple[TombstonePackage, ...]) -> WholeTombstoneView:
        shown = [
            TombstonePackageView(
                aip_id=item.aip_id,
                registration_number=item.registration_number,
                size_bytes=item.size_bytes,
                sha256=item.sha256,
                transfer_sha256=item.transfer_sha256,
            )
            for item in packages
        ]
        return cls(**cls.values(laid), package_list=shown)


class TombstonePage(BaseModel):
    items: list[TombstoneView] = Field(description="Mới trước. / The newest first.")
    after: str | None = Field(
        description="Gửi lại ở «after» để xem tiếp. / For «after».",
        examples=[f"2026-11-20T02:15:02.000000Z~{FILE_ID}"],
    )


def destruction_view(
    round_id: str, progress: RoundProgress, waiting: list[WorkItem], after: str | None, orders: list[OrderView]
) -> DestructionView:
    return DestructionView(
        round_id=round_id,
        to_begin=progress.to_begin,
        begun=progress.begun,
        destroyed=progress.destroyed,
        locked=progress.locked,
        settled=progress.settled,
        certified_at=_here(progress.certified_at),
        places=[
            PlaceView(place=place, **{state.value: states.get(state, 0) for state in ItemState})
            for place, states in sorted(progress.places.items())
        ],
        waiting=[WorkItemView.of(item) for item in waiting],
        after=after,
        orders=orders,
    )


def without_paths(problem: str) -> str:
    """An error of the operating system names files: of it only its sort is told."""
    named = _SYSTEM_ERROR.match(problem)
    return named[1] if named is not None and "/" in problem else problem


def _count(said: Mapping[str, Any], name: str) -> int:
    return int(said.get(name, {}).get("count", 0))


def _here(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(VIETNAM)
