"""How many there are of what operators watch; by index or by one grouped scan, never by reading rows into memory."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from archive.catalogue import tables as t
from archive.catalogue.reading import Reading
from archive.catalogue.rights_tables import rights_changes
from archive.lifecycle import State


def submission_counts(reading: Reading) -> Mapping[State, int]:
    """Submissions by state; a state without any is absent."""
    c = t.submissions.c
    rows = reading.rows(select(c.state, func.count()).group_by(c.state))
    return {State(state): int(count) for state, count in rows}


def unconfirmed_rights_changes(reading: Reading) -> int:
    """Changes of rights nobody has confirmed yet."""
    query = select(func.count()).select_from(rights_changes).where(rights_changes.c.confirmed_at.is_(None))
    return int(reading.rows(query).scalar_one())
