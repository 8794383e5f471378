"""What checks and backups of a reported time came to, and why submissions were returned: from the ledger by its index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import PAGE, LedgerReading
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import Record, read_record
from archive.lifecycle import State
from archive.papers.records import CheckFigures
from archive.retention.figures import Span

CLOCKS_DIFFER = timedelta(days=1)
"""Records stand in the order they were written; the clocks of the machines that wrote them may differ by less than this."""
BY_A_PERSON = ""
"""The reason of a return that no finding led to."""


def check_figures(view: LedgerReading, span: Span) -> CheckFigures:
    """Of what the ledger says within the time; every record is judged by its own instant."""
    counted: Counter[str] = Counter()
    for record in records_within(view, Event.AUDIT_RUN_COMPLETED, span):
        counted.update({state: int(count) for state, count in record.data["counts"].items()})
    bad = {state.value for state in CopyState if state.red and state not in (CopyState.OVERDUE, CopyState.NOT_RUN)}

    def times(*events: Event) -> int:
        return sum(1 for event in events for _ in records_within(view, event, span))

    return CheckFigures(
        copies_read=counted[CopyState.OK.value] + counted[CopyState.MISMATCH.value],
        copies_bad=sum(count for state, count in counted.items() if state in bad),
        copies_repaired=times(Event.AIP_COPY_REPAIRED, Event.AIP_COPY_REBUILT),
        backups=times(Event.ARCHIVE_BACKUP_COMPLETED),
        drills=times(Event.ARCHIVE_DRILL_COMPLETED),
    )


def return_reasons(view: LedgerReading, span: Span) -> tuple[tuple[str, int], ...]:
    """Why what was handed in within the time was returned: the check, and of how many submissions; the most first.

    One that several checks object to counts under each; one that only a person objects to, under ``BY_A_PERSON``.
    """
    c = t.submissions.c
    query = select(c.decision).where(
        c.state == State.RETURNED.value, c.entered_at >= span.begins, c.entered_at < span.ends
    )
    counted: Counter[str] = Counter()
    for decision in view.rows(query.execution_options(yield_per=PAGE)).scalars():
        codes = (decision or {}).get("reasons", ())
        counted.update({code.partition(".")[0] for code in codes} or {BY_A_PERSON})
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def records_within(view: LedgerReading, event: Event, span: Span) -> Iterator[Record]:
    """The records of this event within the time, in their order; flat memory."""
    after = _last_before(view, span.begins - CLOCKS_DIFFER)
    while page := view.records(after, PAGE, event=event):
        for record in page:
            if span.begins <= record.at < span.ends:
                yield record
            elif record.at >= span.ends + CLOCKS_DIFFER:
                return
        after = page[-1].seq


def _last_before(view: LedgerReading, at: datetime) -> int:
    """The seq behind which records are later than ``at``: found by halving, some thirty rows of any ledger."""
    end = view.ledger_end()
    before, behind = 0, 1 + (end[0] if end else 0)
    while behind - before > 1:
        middle = (before + behind) // 2
        row = view.ledger_row(middle)
        if row is None or read_record(row.body.encode("utf-8"), row.hash).at < at:
            before = middle
        else:
            behind = middle
    return before
