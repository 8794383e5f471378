"""The ledger against itself, its noted end, and the receipts that are in other people's hands."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue.ledger_reading import LedgerRow
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.events import Event
from archive.fsck.differences import Difference, difference
from archive.ledger import GENESIS, Record, is_whole, read_record

_AT_ONCE = 500


def chain_differences(view: Reading) -> list[Difference]:
    """Every record that was changed, removed or put in, and a cut-off end; the first bad one first.

    The chain is walked from its end: a proven record proves, by its ``prev``, which hash the one before must have, so
    that a record changed together with its own hash is itself named, and not the innocent one behind it.
    """
    found: list[Difference] = []
    noted = view.ledger_end() or (0, GENESIS)
    expected: str | None = noted[1]
    above = noted[0] + 1
    for row in view.ledger_rows_backwards():
        if row.seq >= above:
            found.append(difference("ledger.end.changed", row.seq, "ledger", found=row.seq, noted=noted[0]))
            expected = None
        elif row.seq < above - 1:
            if above == noted[0] + 1:
                found.append(difference("ledger.end.changed", noted[0], "ledger", found=row.seq, noted=noted[0]))
            found += (difference("ledger.record.missing", seq, "ledger") for seq in range(above - 1, row.seq, -1))
            expected = None
        record = read_row(row)
        proven = record is not None and is_whole(record) and expected in (None, record.hash)
        if not proven:
            found.append(difference("ledger.record.changed", row.seq, "ledger"))
        elif record is not None and (record.event, record.subject) != (row.event, row.subject):
            found.append(difference("ledger.columns.changed", row.seq, "ledger"))
        expected = record.prev if record is not None and proven else None
        above = row.seq
    if above > 1:
        if above == noted[0] + 1:
            found.append(difference("ledger.end.changed", noted[0], "ledger", found=0, noted=noted[0]))
        found += (difference("ledger.record.missing", seq, "ledger") for seq in range(above - 1, 0, -1))
    elif expected not in (None, GENESIS):
        found.append(difference("ledger.record.changed", above, "ledger"))
    return found[::-1]


def receipt_differences(view: Reading) -> Iterator[Difference]:
    """Receipts name a record and its hash; a chain rewritten from some point on cannot match those issued before."""
    for receipt in view.receipts():
        row = view.ledger_row(receipt.ledger_seq)
        if row is None or row.hash != receipt.ledger_hash:
            yield difference("ledger.receipt.contradicted", receipt.submission_id, "ledger", seq=receipt.ledger_seq)


def unknown_submissions(view: Reading) -> Iterator[Difference]:
    """Submissions the ledger received and the catalogue does not have."""
    received = (row.subject for row in view.ledger_rows() if row.event == Event.SUBMISSION_CONTENT_RECEIVED.value)
    for subjects in pieces(received, _AT_ONCE):
        known = view.known_submissions(subjects)
        for subject in subjects:
            if subject not in known:
                yield difference("submission.row.missing", subject, "catalogue")


def read_row(row: LedgerRow) -> Record | None:
    """The record of this row, or None when it states none or its number is not the row's."""
    try:
        record = read_record(row.body.encode("utf-8"), row.hash)
    except ValueError:
        return None
    return record if record.seq == row.seq else None
