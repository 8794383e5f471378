"""The states of a destruction round (đợt hủy) and every move between them: one table, total over all pairs.

drawn_up ─► submitted ─► council_formed ◄─► concluded ◄─► appraised ─► frozen ─► decided ─► papers_complete
                             ▲───────────────────────────────┘
   ─► handed_over ─► executing ─► verified ─► minutes_made ─► dossier_stored ─► completed

abandoned: from every state in which nothing has been destroyed yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from archive.disposal.refusals import refusal
from archive.events import Event


class RoundState(StrEnum):
    """Where a round stands."""

    DRAWN_UP = "drawn_up"
    SUBMITTED = "submitted"
    COUNCIL_FORMED = "council_formed"
    CONCLUDED = "concluded"
    APPRAISED = "appraised"
    FROZEN = "frozen"
    DECIDED = "decided"
    PAPERS_COMPLETE = "papers_complete"
    HANDED_OVER = "handed_over"
    EXECUTING = "executing"
    VERIFIED = "verified"
    MINUTES_MADE = "minutes_made"
    DOSSIER_STORED = "dossier_stored"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


_S = RoundState

MOVES: Mapping[RoundState, frozenset[RoundState]] = {
    _S.DRAWN_UP: frozenset({_S.SUBMITTED, _S.ABANDONED}),
    _S.SUBMITTED: frozenset({_S.COUNCIL_FORMED, _S.ABANDONED}),
    _S.COUNCIL_FORMED: frozenset({_S.CONCLUDED, _S.ABANDONED}),
    _S.CONCLUDED: frozenset({_S.APPRAISED, _S.COUNCIL_FORMED, _S.ABANDONED}),
    _S.APPRAISED: frozenset({_S.FROZEN, _S.COUNCIL_FORMED, _S.ABANDONED}),
    _S.FROZEN: frozenset({_S.DECIDED, _S.ABANDONED}),
    _S.DECIDED: frozenset({_S.PAPERS_COMPLETE, _S.ABANDONED}),
    _S.PAPERS_COMPLETE: frozenset({_S.HANDED_OVER, _S.ABANDONED}),
    _S.HANDED_OVER: frozenset({_S.EXECUTING, _S.ABANDONED}),
    _S.EXECUTING: frozenset({_S.VERIFIED, _S.ABANDONED}),
    _S.VERIFIED: frozenset({_S.MINUTES_MADE}),
    _S.MINUTES_MADE: frozenset({_S.DOSSIER_STORED}),
    _S.DOSSIER_STORED: frozenset({_S.COMPLETED}),
    _S.COMPLETED: frozenset(),
    _S.ABANDONED: frozenset(),
}
"""``executing`` is abandoned only while no hồ sơ of it was begun; that is asked of the lines, not of this table."""

EVENT_OF: Mapping[RoundState, Event] = {
    _S.DRAWN_UP: Event.ROUND_LIST_DRAWN_UP,
    _S.SUBMITTED: Event.ROUND_LIST_SUBMITTED,
    _S.COUNCIL_FORMED: Event.ROUND_COUNCIL_FORMED,
    _S.CONCLUDED: Event.ROUND_SESSIONS_CONCLUDED,
    _S.APPRAISED: Event.ROUND_OPINION_RECORDED,
    _S.FROZEN: Event.ROUND_LIST_FROZEN,
    _S.DECIDED: Event.ROUND_DECISION_MADE,
    _S.PAPERS_COMPLETE: Event.ROUND_PAPERS_COMPLETED,
    _S.HANDED_OVER: Event.ROUND_FILES_HANDED_OVER,
    _S.EXECUTING: Event.ROUND_DESTRUCTION_STARTED,
    _S.VERIFIED: Event.ROUND_DESTRUCTION_VERIFIED,
    _S.MINUTES_MADE: Event.ROUND_MINUTES_MADE,
    _S.DOSSIER_STORED: Event.ROUND_DOSSIER_STORED,
    _S.COMPLETED: Event.ROUND_PROCEDURE_COMPLETED,
    _S.ABANDONED: Event.ROUND_PROCEDURE_ABANDONED,
}
"""The record with which each state is entered; going back to the council for another session has one of its own."""

VIETNAMESE: Mapping[RoundState, str] = {
    _S.DRAWN_UP: "đang lập danh mục",
    _S.SUBMITTED: "đã trình",
    _S.COUNCIL_FORMED: "đã thành lập Hội đồng",
    _S.CONCLUDED: "Hội đồng đã kết luận",
    _S.APPRAISED: "đã có ý kiến thẩm định",
    _S.FROZEN: "đã chốt danh mục",
    _S.DECIDED: "đã có quyết định hủy",
    _S.PAPERS_COMPLETE: "đã đủ hồ sơ hủy",
    _S.HANDED_OVER: "đã bàn giao",
    _S.EXECUTING: "đang hủy",
    _S.VERIFIED: "đã kiểm chứng",
    _S.MINUTES_MADE: "đã lập biên bản hủy",
    _S.DOSSIER_STORED: "đã lưu hồ sơ hủy",
    _S.COMPLETED: "hoàn thành",
    _S.ABANDONED: "đã bãi bỏ",
}

BEFORE_FREEZING = frozenset({_S.DRAWN_UP, _S.SUBMITTED, _S.COUNCIL_FORMED, _S.CONCLUDED, _S.APPRAISED})
OPEN = frozenset(RoundState) - {_S.COMPLETED, _S.ABANDONED}
"""States in which a round still has something to do."""


def move(state: RoundState, to: RoundState) -> RoundState:
    """``to`` when the table allows it from ``state``, else a refusal ``round.move-illegal``. Staying is no move."""
    if to not in MOVES[state]:
        raise refusal("round.move-illegal", state=VIETNAMESE[state], to=VIETNAMESE[to])
    return to
