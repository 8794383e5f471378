"""The states of a submission and every move between them: one table, total over all pairs.

received ──► checked ◄─► accepted ──► packaged ──► stored      (back: checks that had to be made again)
   │  │       │ │ │         ▲
   │  │       │ │ └► in_review ──► returned | refused
   │  └───────┼─┴────────────────► returned
   └──────────┴──────────────────► refused      (secrecy: the content is destroyed at once)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from archive.errors import IllegalMoveError
from archive.events import Event


class State(StrEnum):
    """Where a submission stands."""

    RECEIVED = "received"
    CHECKED = "checked"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    REFUSED = "refused"
    PACKAGED = "packaged"
    STORED = "stored"


MOVES: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.CHECKED, State.RETURNED, State.REFUSED}),
    State.CHECKED: frozenset({State.ACCEPTED, State.IN_REVIEW, State.RETURNED, State.REFUSED}),
    State.IN_REVIEW: frozenset({State.ACCEPTED, State.RETURNED, State.REFUSED}),
    State.ACCEPTED: frozenset({State.PACKAGED, State.CHECKED}),
    State.PACKAGED: frozenset({State.STORED}),
    State.RETURNED: frozenset(),
    State.REFUSED: frozenset(),
    State.STORED: frozenset(),
}

STATE_AFTER: Mapping[Event, State] = {
    Event.SUBMISSION_CONTENT_RECEIVED: State.RECEIVED,
    Event.SUBMISSION_CHECKS_COMPLETED: State.CHECKED,
    Event.SUBMISSION_DECISION_REFERRED: State.IN_REVIEW,
    Event.SUBMISSION_DECISION_ACCEPTED: State.ACCEPTED,
    Event.SUBMISSION_DECISION_RETURNED: State.RETURNED,
    Event.SUBMISSION_CONTENT_REFUSED: State.REFUSED,
    Event.AIP_PACKAGE_WRITTEN: State.PACKAGED,
    Event.AIP_COPIES_VERIFIED: State.STORED,
}
"""Each state is entered by exactly one event, so a state without its ledger record cannot be said."""

EVENT_OF: Mapping[State, Event] = {state: event for event, state in STATE_AFTER.items()}

VIETNAMESE: Mapping[State, str] = {
    State.RECEIVED: "đã tiếp nhận",
    State.CHECKED: "đã kiểm tra",
    State.IN_REVIEW: "chờ xem xét",
    State.ACCEPTED: "được chấp nhận",
    State.RETURNED: "trả lại",
    State.REFUSED: "từ chối",
    State.PACKAGED: "đã đóng gói",
    State.STORED: "đã lưu",
}


def move(state: State, to: State) -> State:
    """``to`` when the table allows it from ``state``, else IllegalMoveError. Staying is no move."""
    if to not in MOVES[state]:
        raise IllegalMoveError(
            f"Hồ sơ nộp lưu ở trạng thái «{VIETNAMESE[state]}» không thể chuyển sang «{VIETNAMESE[to]}».",
            remedy="Xem trạng thái hiện tại bằng «luutru status».",
        )
    return to


def is_final(state: State) -> bool:
    """Whether nothing follows: returned, refused, stored."""
    return not MOVES[state]


def replayed(events: Iterable[Event]) -> State | None:
    """The state these events of one submission lead to; None for none. Events that move nothing are passed over.

    Raises IllegalMoveError when they contradict the table, and when the first move is not the receipt.
    """
    state: State | None = None
    for event in events:
        to = STATE_AFTER.get(event)
        if to is None:
            continue
        if state is None:
            if to is not State.RECEIVED:
                raise IllegalMoveError(f"Sự kiện «{event}» đứng trước khi tiếp nhận.")
            state = to
        else:
            state = move(state, to)
    return state
