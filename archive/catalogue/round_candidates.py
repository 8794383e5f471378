"""What may be put on the list of a round: hồ sơ that are due, and of each that may not stand there every reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.file_reading import DuePlace, files_due, supplements_awaited
from archive.catalogue.hold_reading import held_among
from archive.catalogue.reading import Reading
from archive.catalogue.round_fitting import fit_reasons
from archive.disposal.clock import today
from archive.disposal.model import NewLine, Round
from archive.disposal.refusals import Reason, reason
from archive.disposal.words import ListingReason
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import PeriodKind

MOST_LOOKED_AT = 5000
"""Due hồ sơ looked at in one go, however few of them are asked for: the place behind them is told, to go on from."""
_PAGE = 500
_LISTABLE = (FileState.CLOSED, FileState.TRANSFERRED)
_KEPT_TWIN = (FileState.OPEN, FileState.CLOSED, FileState.TRANSFERRED)


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """Which of the due hồ sơ are meant; what is not said matches all. ``ended_from``, ``ended_to``: years, both included."""

    agency_code: str = ""
    schedule_id: str = ""
    schedule_row: str = ""
    ended_from: int | None = None
    ended_to: int | None = None

    def matches(self, held: File) -> bool:
        """All but the agency, which the index answers for."""
        return (
            self.schedule_id in ("", held.schedule_id)
            and self.schedule_row in ("", held.schedule_row)
            and (self.ended_from is None or (held.ended_year or 0) >= self.ended_from)
            and (self.ended_to is None or (held.ended_year or 9999) <= self.ended_to)
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """``files``: those meant, the longest over first. ``after``: behind which to go on; None when there is nothing more."""

    files: tuple[File, ...]
    after: DuePlace | None


def candidates(
    view: Reading, of: Round, asked: DueQuestion, *, at: datetime, after: DuePlace | None = None, limit: int = 200
) -> Candidates:
    """Some of the due hồ sơ for the list of this round, by the index of what is due; held ones too: see ``list_reasons``.

    Of the round's own agency, when it has one and none is asked for.
    """
    on, found, looked_at = today(at), list[File](), 0
    while len(found) < limit and looked_at < MOST_LOOKED_AT:
        page = files_due(view, on, agency_code=asked.agency_code or of.agency_code, after=after, limit=_PAGE)
        for item in page:
            looked_at, after = looked_at + 1, _place(item, on)
            if asked.matches(item):
                found.append(item)
                if len(found) == limit:
                    return Candidates(tuple(found), after)
        if len(page) < _PAGE:
            return Candidates(tuple(found), None)
    return Candidates(tuple(found), after)


def list_reasons(view: Reading, of: Round, new: Sequence[NewLine], *, at: datetime) -> Mapping[str, list[Reason]]:
    """Why each of these (some hundred at most) may not stand on the list; one that may has none. Explanations apart."""
    ids = [item.file_id for item in new]
    twins = [item.duplicate_of for item in new if item.duplicate_of]
    known = files_with_ids(view, [*ids, *twins])
    held = held_among(view, [file_id for file_id in ids if file_id in known])
    unfit = fit_reasons(view, of, [(known[one], known[one].state) for one in dict.fromkeys(ids) if one in known])
    found: dict[str, list[Reason]] = {}
    for item in new:
        file = known.get(item.file_id)
        if file is None:
            found[item.file_id] = [reason("line.missing", item.file_id)]
            continue
        wrong = _unlistable(view, file)
        if file.id in held:
            wrong.append(reason("hold.in-force", file.id))
        wrong += [*unfit.get(file.id, ()), *_without_cause(item, file, known.get(item.duplicate_of or ""), at)]
        found[item.file_id] = wrong
    return found


def _unlistable(view: Reading, held: File) -> list[Reason]:
    found = [] if held.state in _LISTABLE else [reason("line.file-state", held.id)]
    if held.period.permanent:
        found.append(reason("line.permanent", held.id))
    if held.paper_permanent:
        found.append(reason("line.paper-permanent", held.id))
    if held.period.kind is PeriodKind.UNDETERMINED:
        found.append(reason("line.undetermined", held.id))
    if supplements_awaited(view, held):
        found.append(reason("line.packages-changed", held.id))
    return found


def _without_cause(item: NewLine, held: File, twin: File | None, at: datetime) -> list[Reason]:
    """Only what ran out, or what another hồ sơ keeps, is without value."""
    if item.reason is ListingReason.EXPIRED:
        due = held.review_on is not None and held.review_on <= today(at)
        return [] if due else [reason("line.not-due", held.id)]
    kept = twin is not None and twin.id != held.id and twin.state in _KEPT_TWIN
    return [] if kept else [reason("line.twin-missing", held.id)]


def _place(held: File, on: date) -> DuePlace:
    return held.review_on or on, held.id
