"""A record that was destroyed, where it was asked for: 410 and what remains of it, for who may see that (T18)."""

from __future__ import annotations

from dataclasses import replace

from api.http.destruction_views import TombstoneView
from api.http.file_targets import own_codes
from api.http.gate import Asked
from api.http.problems import ProblemError
from archive.access import Operation, Target, Verdict
from archive.catalogue import Reading
from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_reading import tombstones_named
from archive.events import Event


def may_see_tombstone(reading: Reading, asked: Asked, laid: Tombstone) -> bool:
    """Staff those they might know of before, an agency those of its own hồ sơ; whoever may not learns nothing."""
    if asked.principal is None:
        return False
    owner = asked.who.agency_code if laid.agency_code in own_codes(reading, asked) else laid.agency_code
    seeing = replace(asked, operation=Operation.TOMBSTONE_READ)
    return seeing.verdict(Target(owner, laid.mode)) is Verdict.ALLOWED


def ended(reading: Reading, asked: Asked, named: str) -> ProblemError | None:
    """The answer in the place of what ``named`` (an id or number of it) once was; None when it is nothing destroyed, or
    who asks may not know of it.

    Nobody is told that it is destroyed as long as absence is not proven: until then it is being destroyed.
    """
    laid = next((item for item in tombstones_named(reading, named) if may_see_tombstone(reading, asked, item)), None)
    if laid is None:
        return None
    asked.record(Event.LEDGER_RECORDS_SHOWN, "tombstones", {"file_ids": [laid.file_id]})
    remains = TombstoneView.of(laid).model_dump(mode="json")
    if not laid.destroyed:
        return ProblemError(
            410,
            "record.being-destroyed",
            "Hồ sơ đang được hủy theo quyết định của người có thẩm quyền; không còn được phục vụ.",
            remedy="Xem «tombstone»: quyết định, đợt hủy và dòng trong danh mục.",
            tombstone=remains,
        )
    return ProblemError(
        410,
        "record.destroyed",
        "Hồ sơ đã hết giá trị và đã được hủy theo quyết định của người có thẩm quyền.",
        remedy="Xem «tombstone»: quyết định, đợt hủy, dòng trong danh mục và thời điểm hủy.",
        tombstone=remains,
    )
