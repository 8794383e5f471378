"""Submissions of a destroyed hồ sơ that became no package of it: they were returned, and yet lie where submissions lie.

returned, of the same agency, under the same code, or with the same bytes ─▶ taken in ─▶ nothing describes it any more
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update

from archive.catalogue.destruction_tables import tombstone_packages, tombstone_submissions, tombstones
from archive.catalogue.returned_reading import returned_of
from archive.catalogue.scrubbing import forget_submissions
from archive.catalogue.tables import submissions
from archive.catalogue.writing import Transaction

_TOLD = ("registration_number", "transfer_sha256", "transfer_size_bytes")


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
        ids = list(tx.rows(returned_of(tx, laid.agency_code, laid.file_code, digests)).scalars())
        if not ids:
            continue
        rows = tx.rows(select(s.id.label("submission_id"), *(s[name] for name in _TOLD)).where(s.id.in_(ids))).all()
        tx.rows(insert(tombstone_submissions), [{"file_id": file_id, **row._mapping} for row in rows])
        forget_submissions(tx, ids)
        over = update(submissions).where(s.id.in_(ids), s.content_removed_at.is_(None), s.remove_after > at)
        tx.rows(over.values(remove_after=at))
        found.append(file_id)
    return found
