"""What a half-year or a year came to, agency by agency: every figure counted, none estimated."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from archive.catalogue import tables as t
from archive.catalogue.destruction_tables import tombstones
from archive.catalogue.file_plan_reading import agency
from archive.catalogue.file_reading import agency_codes
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_figures import agencies_with_files, due_figures, held_figures, round_figures
from archive.catalogue.retention_tables import files
from archive.lifecycle import State
from archive.retention.figures import Span

# Said in so many words: an index over part of the rows is only used where the statement says which part.
_HELD: ColumnElement[bool] = literal_column("received_on IS NOT NULL AND state <> 'destroyed'")
_HANDED_OVER: ColumnElement[bool] = literal_column("transferred_at IS NOT NULL")


@dataclass(frozen=True, slots=True)
class AgencyActivity:
    """``received`` … ``stored``: of what was handed in within the time. ``files_held``, ``on_hold``, ``in_round``: as
    the registry stands now; ``due``: on the last day of the time, by what is known now."""

    agency_code: str
    agency_name: str
    received: int
    returned: int
    stored: int
    files_held: int
    due: int
    on_hold: int
    in_round: int
    transferred: int
    destroyed: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def agency_activities(view: LedgerReading, span: Span, *, agency_code: str = "") -> tuple[AgencyActivity, ...]:
    """By agency, both codes of one taken together, those with nothing at all left out."""
    if agency_code:
        listed = [agency_codes(view, agency_code)]
    else:
        known = {*agencies_with_files(view), *agencies_with_files(view, tombstones), *_agencies_handing_in(view)}
        listed = sorted({agency_codes(view, code) for code in known})
    held = _summed(held_figures(view, agency_code=agency_code))
    in_round = _summed(round_figures(view, agency_code=agency_code))
    due = _summed(due_figures(view, span.until, agency_code=agency_code))
    found = [_activity(view, codes, span, held, in_round, due) for codes in listed]
    return tuple(one for one in found if any(value for value in one.as_json().values() if isinstance(value, int)))


def _activity(
    view: LedgerReading,
    codes: tuple[str, ...],
    span: Span,
    held: Counter[str],
    in_round: Counter[str],
    due: Counter[str],
) -> AgencyActivity:
    s, f, d = t.submissions.c, files.c, tombstones.c
    handed = view.rows(
        select(s.state, func.count())
        .where(s.owned_by.in_(codes), s.entered_at >= span.begins, s.entered_at < span.ends)
        .group_by(s.state)
    )
    states = Counter({state: int(count) for state, count in handed})
    kept = select(func.count()).where(f.agency_code.in_(codes), _HELD)
    moved = select(func.count()).where(
        f.agency_code.in_(codes), _HANDED_OVER, f.transferred_at >= span.begins, f.transferred_at < span.ends
    )
    gone = select(func.count()).where(
        d.agency_code.in_(codes), d.destroyed_at >= span.begins, d.destroyed_at < span.ends
    )
    named = agency(view, codes[0])
    return AgencyActivity(
        agency_code=codes[0],
        agency_name=named.name if named else "",
        received=sum(states.values()),
        returned=states[State.RETURNED.value],
        stored=states[State.STORED.value],
        files_held=int(view.rows(kept).scalar_one()),
        due=sum(due[code] for code in codes),
        on_hold=sum(held[code] for code in codes),
        in_round=sum(in_round[code] for code in codes),
        transferred=int(view.rows(moved).scalar_one()),
        destroyed=int(view.rows(gone).scalar_one()),
    )


def _agencies_handing_in(view: LedgerReading) -> set[str]:
    """A step in the index each."""
    column, code, found = t.submissions.c.owned_by, "", set()
    while (following := view.rows(select(func.min(column)).where(column > code)).scalar()) is not None:
        found.add(following)
        code = following
    return found


def _summed(figures: Any) -> Counter[str]:
    counted: Counter[str] = Counter()
    for figure in figures:
        counted[figure.agency_code] += figure.files
    return counted
