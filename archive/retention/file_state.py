"""The states of a hồ sơ from its opening to its lawful end, and every move between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class FileState(StrEnum):
    """đang lập, đã kết thúc, đã giao nộp vào lưu trữ lịch sử, xem xét hủy, đang hủy, đã hủy."""

    OPEN = "open"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    IN_ROUND = "in_round"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


MOVES: Mapping[FileState, frozenset[FileState]] = {
    FileState.OPEN: frozenset({FileState.CLOSED}),
    FileState.CLOSED: frozenset({FileState.OPEN, FileState.TRANSFERRED, FileState.IN_ROUND}),
    FileState.TRANSFERRED: frozenset({FileState.IN_ROUND}),
    FileState.IN_ROUND: frozenset({FileState.CLOSED, FileState.TRANSFERRED, FileState.DESTROYING}),
    FileState.DESTROYING: frozenset({FileState.DESTROYED}),
    FileState.DESTROYED: frozenset(),
}
"""From ``destroying`` there is no way back: it is entered in the transaction that asks for holds, before any byte goes."""
