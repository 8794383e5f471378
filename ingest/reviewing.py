"""One decision by a person for each submission that waits for one."""

from __future__ import annotations

from archive.catalogue import Reading
from archive.errors import LuutruError
from archive.events import Event
from archive.lifecycle import VIETNAMESE, State
from archive.local_time import local_text


class ReviewDecidedError(LuutruError):
    """Nobody waits for a person's decision here: another was faster, or it was never asked for one."""

    code = "review.already-decided"
    http_status = 409


def require_undecided(reading: Reading, submission_id: str, decision: Event, actor: str) -> bool:
    """False while a person is asked to decide; True when this person has decided just this. Raises ReviewDecidedError."""
    submission = reading.submission(submission_id)
    if submission.state is State.IN_REVIEW:
        return False
    made = [
        record
        for event in (
            Event.SUBMISSION_DECISION_ACCEPTED,
            Event.SUBMISSION_DECISION_RETURNED,
            Event.SUBMISSION_CONTENT_REFUSED,
        )
        if (record := reading.record_of(submission_id, event)) is not None
    ]
    last = max(made, key=lambda record: record.seq, default=None)
    if last is not None and (last.event, last.actor) == (decision.value, actor):
        return True
    raise ReviewDecidedError(
        f"Hồ sơ nộp lưu đang ở trạng thái «{VIETNAMESE[submission.state]}», không chờ quyết định.",
        remedy=f"Đã có quyết định «{_DECIDED[last.event]}» lúc {local_text(last.at)}."
        if last
        else "Xem lại trạng thái.",
        detail=last.actor if last else "",
    )


_DECIDED = {
    Event.SUBMISSION_DECISION_ACCEPTED.value: "tiếp nhận",
    Event.SUBMISSION_DECISION_RETURNED.value: "trả lại",
    Event.SUBMISSION_CONTENT_REFUSED.value: "từ chối",
}
