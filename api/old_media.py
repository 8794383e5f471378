"""Media the archive knows and no longer reaches: where its stores lay before, and where moves that were given up had come to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from api.bootstrap import Installation
from archive.catalogue.policy_model import MediumMove, MoveKind
from archive.catalogue.policy_reading import ended_moves
from archive.local_time import local_text

_NOT_DONE = "Hệ thống không còn truy cập: không xóa, không kiểm chứng ở đây; do người giữ phương tiện hủy."


def old_media(installation: Installation) -> list[dict[str, str]]:
    """One entry for each, as certificates name them: nothing was done there by this archive."""
    with installation.catalogue.read() as view:
        ended = ended_moves(view)
    told = [text for move in ended for text in _told(move, installation.policy.names)]
    return [{"medium": text, "done": "", "not_done": _NOT_DONE} for text in dict.fromkeys(told)]


def _told(move: MediumMove, stores: Collection[str]) -> Iterator[str]:
    assert move.ended_at is not None
    day = local_text(move.ended_at)
    if move.kind is MoveKind.RETIREMENT:
        if move.store in stores:
            return  # still among those that are looked at
        yield f"kho «{move.store}» đã thôi dùng ({_place(move.old_place)}; {day})"
    elif (move.report or {}).get("passed"):
        yield f"phương tiện cũ của kho «{move.store}» ({_place(move.old_place)}; chuyển đi {day})"
    else:
        yield f"phương tiện mà kho «{move.store}» định chuyển sang ({_place(move.new_place)}; thôi chuyển {day})"


def _place(place: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for _, value in sorted(place.items()) if value)
