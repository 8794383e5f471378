"""Review tasks of periods: what changed under a hồ sơ, or was never determined, waits here for a head's decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.http.described import told
from api.http.file_targets import FileJudge, found_file
from api.http.file_views import FileView, PageAfter, PeriodReviewView
from api.http.gate import Asked, gate
from api.http.list_places import read_place, written_place
from api.http.listing import PageSize
from api.http.problems import unknown
from api.http.rights_views import NEVER_STORED, Id, Reason, Strict
from api.http.routes.files import Determined, decision_of
from archive.access import Author, Operation
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.retention_deciding import decide_review
from archive.catalogue.schedule_reading import review, reviews_open, reviews_open_count
from archive.events import Event

router = APIRouter(tags=["files"], dependencies=[NEVER_STORED])


class PeriodReviewRow(BaseModel):
    review: PeriodReviewView = Field(description="Việc xem xét. / The task.")
    file: FileView = Field(description="Hồ sơ. / Its hồ sơ.")


class PeriodReviewPage(BaseModel):
    waiting: int = Field(description="Còn chờ quyết định. / How many wait.", examples=[12])
    items: list[PeriodReviewRow] = Field(description="Chờ lâu nhất trước. / The oldest first.")
    after: str | None = Field(
        description="Gửi lại ở «after» để xem tiếp. / For «after».",
        examples=["2026-11-20T02:15:02.000000Z~5f70bf18a086007016e948b04aed3b82"],
    )


class PeriodReviewDecision(Strict):
    """The period stays (``determined`` null) or is determined anew."""

    note: Reason = Field(description="Lý do. / Why.", examples=["Giữ nguyên theo thời hạn đã xác định"])
    determined: Determined | None = Field(default=None, description="Thời hạn xác định lại. / The period anew.")


@router.get(
    "/period-reviews",
    operation_id="list_period_reviews",
    **told(
        "Việc xem xét thời hạn đang chờ",
        "Review tasks of periods that wait",
        description=(
            "Chờ lâu nhất trước, chỉ của hồ sơ được biết.",
            "The oldest first, of hồ sơ that may be known of.",
        ),
        problems=(400,),
    ),
)
def list_period_reviews(
    asked: Annotated[Asked, gate(Operation.PERIOD_REVIEW_READ)], size: PageSize = 20, after: PageAfter = None
) -> PeriodReviewPage:
    place = read_place(after)
    rows: list[PeriodReviewRow] = []
    with asked.service.installation.catalogue.read() as reading:
        waiting = reviews_open_count(reading)
        more = True
        while more and len(rows) <= size:
            page = reviews_open(reading, after=place, limit=2 * size + 1)
            held = files_with_ids(reading, {item.file_id for item in page})
            judge = FileJudge.of(reading, asked, held.values())
            known = [item for item in page if item.file_id in held and judge.knows(held[item.file_id])]
            rows += [
                PeriodReviewRow(review=PeriodReviewView.of(item), file=FileView.of(held[item.file_id]))
                for item in known
            ]
            more = len(page) == 2 * size + 1
            if page:
                place = (page[-1].opened_at, page[-1].id)
    shown = rows[:size]
    asked.record(Event.RECORD_DESCRIPTION_SHOWN, "period-reviews", {"file_ids": [row.file.id for row in shown]})
    last = shown[-1].review if len(rows) > size else None
    return PeriodReviewPage(
        waiting=waiting, items=shown, after=written_place(last.opened_at, last.id) if last else None
    )


@router.post(
    "/period-reviews/{review_id}/decision",
    operation_id="decide_period_review",
    **told(
        "Quyết định một việc xem xét thời hạn",
        "Decide a review task",
        description=(
            "Giữ nguyên kèm lý do, hoặc xác định lại. Đã quyết định khác: 409.",
            "Kept, with the reason, or determined anew. Decided otherwise before: 409.",
        ),
        problems=(404, 409),
    ),
)
def decide_one(
    review_id: Id, said: PeriodReviewDecision, asked: Annotated[Asked, gate(Operation.PERIOD_REVIEW_DECIDE)]
) -> PeriodReviewView:
    with asked.service.installation.catalogue.read() as reading:
        standing = review(reading, review_id)
        if standing is None:
            raise unknown()
        found_file(reading, asked, standing.file_id)
    decided = None if said.determined is None else decision_of(said.determined)
    with asked.service.installation.catalogue.transaction() as tx:
        closed = decide_review(tx, review_id, decided, note=said.note, by=Author.of(asked.who), at=asked.at)
        return PeriodReviewView.of(closed)
