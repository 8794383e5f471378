"""Every submission's row against its own events, replayed from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archive.catalogue.ledger_ends import ended_by_ledger
from archive.catalogue.ledger_reading import LedgerRow
from archive.catalogue.model import Aip, Submission
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.errors import IllegalMoveError
from archive.events import Event
from archive.fsck.chain import read_row
from archive.fsck.differences import Difference, difference
from archive.ledger import Record
from archive.lifecycle import State, replayed
from archive.storage.key import is_sealed

_AT_ONCE = 500
_KNOWN = {event.value for event in Event}


def submission_differences(view: Reading) -> Iterator[Difference]:
    """State, received content, package and last record of each submission, against what the ledger says of it."""
    for some in pieces(view.submissions_in(), _AT_ONCE):
        rows = groupby(view.ledger_rows_of([item.id for item in some]), lambda row: row.subject)
        told = {subject: list(theirs) for subject, theirs in rows}
        for submission in some:
            yield from _compared(view, submission, told.get(submission.id, []))


def _compared(view: Reading, submission: Submission, rows: Sequence[LedgerRow]) -> Iterator[Difference]:
    records = {record.event: record for record in map(read_row, rows) if record is not None}
    try:
        state = replayed(Event(row.event) for row in rows if row.event in _KNOWN)
    except IllegalMoveError:
        state = None
    if state is None:
        yield difference("submission.events.contradicted", submission.id, "ledger")
    elif state is not submission.state:
        yield difference(
            "submission.state.changed", submission.id, "catalogue", catalogue=submission.state.value, ledger=state.value
        )
    last = rows[-1].seq if rows else 0
    if submission.last_seq != last:
        behind = "ledger" if submission.last_seq > last else "catalogue"
        yield difference("submission.seq.changed", submission.id, behind, catalogue=submission.last_seq, ledger=last)
    yield from _content(submission, records.get(Event.SUBMISSION_CONTENT_RECEIVED))
    if State.PACKAGED in (state, submission.state) or State.STORED in (state, submission.state):
        yield from _package(view, submission, records.get(Event.AIP_PACKAGE_WRITTEN))


def _content(submission: Submission, received: Record | None) -> Iterator[Difference]:
    if received is None:
        return
    stated = [received.data.get(name) for name in ("registration_number", "sha256", "size_bytes", "aip_id")]
    # Records made before submissions had owners say none: those came in on the command line.
    if [*stated, received.data.get("owner", "")] != [
        submission.registration_number,
        submission.transfer_sha256,
        submission.transfer_size_bytes,
        submission.aip_id,
        submission.owner,
    ]:
        yield difference("submission.content.changed", submission.id, "catalogue")


def _package(view: Reading, submission: Submission, written: Record | None) -> Iterator[Difference]:
    aip = view.aip(submission.aip_id)
    if submission.aip_id in ended_by_ledger(view, [submission.aip_id]):
        if aip is not None:
            # Its end is recorded, and begun: nothing may describe it any more.
            yield difference("aip.row.changed", aip.id, "catalogue")
    elif aip is None:
        yield difference("aip.row.missing", submission.id, "catalogue")
    elif written is not None and not _states(written, aip):
        # Stored in its other form since: then that record has the last word.
        last = view.record_of(aip.id, Event.AIP_PACKAGE_REWRITTEN)
        if last is None or not _states(last, aip):
            yield difference("aip.row.changed", aip.id, "catalogue")


def _states(record: Record, aip: Aip) -> bool:
    stated = [record.data.get(name) for name in ("aip_id", "sha256", "size_bytes", "layout_sha256")]
    sealed = record.data.get("sealed") is not None
    return [*stated, sealed] == [aip.id, aip.sha256, aip.size_bytes, aip.layout_sha256, is_sealed(aip.object_key)]
