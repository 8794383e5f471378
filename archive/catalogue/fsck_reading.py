"""What fsck asks of the catalogue about whole stores, in pages of flat memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from archive.catalogue import tables as t
from archive.catalogue.audit_tables import audit_runs, canaries
from archive.catalogue.reading import Reading
from archive.fixity import CopyState
from archive.lifecycle import State
from archive.storage.key import Key


@dataclass(frozen=True, slots=True)
class ExpectedObject:
    """A package whose object is to lie in a store."""

    aip_id: str
    key: Key


def expected_objects(view: Reading, store: str, after: str, limit: int) -> list[ExpectedObject]:
    """Stored packages with a copy in ``store`` that is not awaited, ascending by id from behind ``after`` on."""
    a, c, s = t.aips.c, t.copies.c, t.submissions.c
    query = (
        select(a.id, a.object_key)
        .join(t.copies, c.aip_id == a.id)
        .join(t.submissions, s.id == a.submission_id)
        .where(a.id > after, c.store == store, c.state != CopyState.AWAITED.value, s.state == State.STORED.value)
        .order_by(a.id)
        .limit(limit)
    )
    return [ExpectedObject(row.id, Key(row.object_key)) for row in view.rows(query)]


def canaries_lying(view: Reading, store: str, keys: Collection[Key]) -> set[Key]:
    """Those of ``keys`` that are canaries of ``store`` nobody has removed yet."""
    c = canaries.c
    query = select(c.object_key).where(
        c.store == store, c.object_key.in_([str(key) for key in keys]), c.removed_at.is_(None)
    )
    return {Key(found) for found in view.rows(query).scalars()}


def known_audits(view: Reading, runs: Collection[str]) -> set[str]:
    """Those of ``runs`` that are audits."""
    query = select(audit_runs.c.id).where(audit_runs.c.id.in_(list(runs)))
    return set(view.rows(query).scalars())
