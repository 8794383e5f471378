"""Submissions of a destroyed hồ sơ that became no package of it: they were returned, and yet lie where submissions lie.

returned, of the same agency, under the same code, or with the same bytes ─▶ taken in ─▶ nothing describes it any more
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, insert, or_, select, update

from archive.catalogue.destruction_tables import tombstone_packages, tombstone_submissions, tombstones
from archive.catalogue.file_reading import agency_codes
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.scrubbing import forget_submissions
from archive.catalogue.tables import submissions
from archive.catalogue.writing import Transaction
from archive.lifecycle import State

_TOLD = ("registration_number", "transfer_sha256", "transfer_size_bytes")


def files_with_returned(view: LedgerReading, round_id: str) -> list[str]:
    """Hồ sơ of the round, not yet said to be destroyed, that may have such submissions nobody has taken in."""
    s, o, p = submissions.c, tombstones.c, tombstone_packages.c
    going = (o.round_id == round_id, o.destroyed_at.is_(None), *_returned_and_not_taken_in())
    by_code = select(o.file_id).join(submissions, s.file_code == o.file_code).where(*going)
    by_bytes = (
        select(o.file_id)
        .join(tombstone_packages, p.file_id == o.file_id)
        .join(submissions, s.transfer_sha256 == p.transfer_sha256)
        .where(*going)
    )
    return sorted({*view.rows(by_code).scalars(), *view.rows(by_bytes).scalars()})


def returned_words(view: LedgerReading, agency_code: str, file_code: str) -> list[str]:
    """What those of a hồ sơ were called that may go with it."""
    s = submissions.c
    query = _returned_of(view, agency_code, file_code, ()).add_columns(s.title, s.source_name)
    return [text for row in view.rows(query) for text in (row.title, row.source_name)]


def take_in_returned(tx: Transaction, file_ids: Iterable[str], at: datetime) -> list[str]:
    """Each such submission of these hồ sơ, whose tombstones are laid, goes with its hồ sơ from the commit of ``tx`` on.

    Its time in quarantine is over: whoever sweeps there finds it due, and records its removal. Returns the hồ sơ that had
    any; harmless to repeat.
    """
    found: list[str] = []
    o, p, s = tombstones.c, tombstone_packages.c, submissions.c
    for file_id in file_ids:
        laid = tx.rows(select(o.agency_code, o.file_code).where(o.file_id == file_id)).one()
        digests = list(tx.rows(select(p.transfer_sha256).where(p.file_id == file_id)).scalars())
        ids = list(tx.rows(_returned_of(tx, laid.agency_code, laid.file_code, digests)).scalars())
        if not ids:
            continue
        rows = tx.rows(select(s.id.label("submission_id"), *(s[name] for name in _TOLD)).where(s.id.in_(ids))).all()
        tx.rows(insert(tombstone_submissions), [{"file_id": file_id, **row._mapping} for row in rows])
        forget_submissions(tx, ids)
        over = update(submissions).where(s.id.in_(ids), s.content_removed_at.is_(None), s.remove_after > at)
        tx.rows(over.values(remove_after=at))
        found.append(file_id)
    return found


def _returned_of(
    view: LedgerReading, agency_code: str, file_code: str, transfer_digests: Sequence[str]
) -> Select[tuple[str]]:
    """The question for the ids of those of one hồ sơ."""
    s = submissions.c
    same = or_(s.file_code == file_code, s.transfer_sha256.in_(transfer_digests))
    return select(s.id).where(same, s.owned_by.in_(agency_codes(view, agency_code)), *_returned_and_not_taken_in())


def _returned_and_not_taken_in() -> tuple[ColumnElement[bool], ...]:
    s = submissions.c
    return s.state == State.RETURNED.value, s.id.not_in(select(tombstone_submissions.c.submission_id))
