"""The queue of what needs a person, and the person's decision."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.http.described import told
from api.http.found_submission import SubmissionId, found_submission
from api.http.gate import Asked, gate
from api.http.listing import After, PageSize, following
from api.http.problems import ProblemError
from api.http.submission_views import ReviewPage, ReviewRow, SubmissionView, findings_shown, row_values, submission_view
from api.http.told_findings import told_reports
from archive.access import Operation
from archive.catalogue import Reading, Submission
from archive.catalogue.review_queue import waiting_for_review
from archive.events import Event
from archive.local_time import VIETNAM

router = APIRouter(tags=["review"])


class ReviewDecision(StrEnum):
    """``refuse``: it bears a mark of secrecy nobody else saw; its content is destroyed at once."""

    ACCEPT = "accept"
    RETURN = "return"
    REFUSE = "refuse"


class ReviewRequest(BaseModel):
    """A person's decision, with the reason that goes to the ledger and, for a return, into the letter."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"decision": "accept", "reason": "Đã đối chiếu bản giấy; một văn bản thuộc hai hồ sơ."}]
        },
    )

    decision: ReviewDecision = Field(description="Quyết định. / Decision.")
    reason: str = Field(
        min_length=3, max_length=4000, pattern=r"\S", description="Lý do. / Why, in the person's own words."
    )


@router.get(
    "/review",
    operation_id="list_review_queue",
    **told(
        "Hồ sơ chờ quyết định",
        "What waits for a decision",
        description=(
            "Chờ lâu nhất trước, kèm lý do cần người quyết định.",
            "The oldest first, with why each needs a person.",
        ),
        problems=(400,),
    ),
)
def list_review_queue(
    asked: Annotated[Asked, gate(Operation.SUBMISSION_REVIEW)],
    size: PageSize = 20,
    after: After = None,
) -> ReviewPage:
    with asked.service.installation.catalogue.read() as reading:
        found = waiting_for_review(reading, after=after, limit=size + 1)
        rows = [_row(reading, asked, item) for item in found[:size]]
    asked.record(Event.SUBMISSION_DESCRIPTION_SHOWN, "review", {"list": True, "submissions": [row.id for row in rows]})
    return ReviewPage(items=rows, after=following(found, size))


@router.post(
    "/review/{submission_id}",
    operation_id="decide_review",
    **told(
        "Quyết định một hồ sơ chờ xem xét",
        "Decide what waits",
        description=(
            "Ai và vì sao được ghi vào sổ nhật ký. Người đã nộp không được tự quyết định. Đã có người quyết định: 409.",
            "Who and why go to the ledger. Who handed it in may not decide it. Decided by another already: 409.",
        ),
        problems=(404, 409),
    ),
)
def decide_review(
    submission_id: SubmissionId,
    request: ReviewRequest,
    asked: Annotated[Asked, gate(Operation.SUBMISSION_REVIEW)],
) -> SubmissionView:
    catalogue = asked.service.installation.catalogue
    with catalogue.read() as reading:
        submission = found_submission(reading, asked, submission_id).submission
        own = handed_in_by(reading, submission.id) == asked.actor
    if own:
        asked.record(
            Event.RECORD_ACCESS_REFUSED,
            submission.id,
            {"operation": asked.operation.value, "verdict": "own-submission"},
        )
        raise ProblemError(
            403,
            "review.own-submission",
            "Người đã nộp hồ sơ không được tự xem xét hồ sơ đó.",
            remedy="Đề nghị một cán bộ khác quyết định.",
        )
    steps = asked.service.installation.steps()
    decided = {
        ReviewDecision.ACCEPT: steps.accept,
        ReviewDecision.RETURN: steps.send_back,
        ReviewDecision.REFUSE: steps.refuse,
    }[request.decision]
    decided(submission.id, actor=asked.actor, reason=" ".join(request.reason.split()))
    with catalogue.read() as reading:
        return submission_view(reading, reading.submission(submission.id), told_reports(reading, asked, submission.id))


def handed_in_by(reading: Reading, submission_id: str) -> str:
    """As the ledger names who did."""
    record = reading.record_of(submission_id, Event.SUBMISSION_CONTENT_RECEIVED)
    return record.actor if record else ""


def _row(reading: Reading, asked: Asked, submission: Submission) -> ReviewRow:
    referred = reading.record_of(submission.id, Event.SUBMISSION_DECISION_REFERRED)
    codes = set(referred.data.get("reasons", ())) if referred else set()
    reports = told_reports(reading, asked, submission.id)
    return ReviewRow(
        **row_values(submission),
        referred_at=referred.at.astimezone(VIETNAM) if referred else None,
        reasons=findings_shown(item for report in reports for item in report.findings if item.code in codes),
        own=handed_in_by(reading, submission.id) == asked.actor,
    )
