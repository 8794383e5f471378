"""How many submissions nobody has begun on: counted from the index, and no further than somebody wants to know."""

from __future__ import annotations

from sqlalchemy import func, select

from archive.catalogue import tables as t
from archive.catalogue.reading import Reading
from archive.lifecycle import State


def waiting_count(reading: Reading, at_most: int) -> int:
    """Submissions received and not checked yet; ``at_most`` when there are that many or more."""
    c = t.submissions.c
    some = select(c.id).where(c.state == State.RECEIVED.value).limit(at_most).subquery()
    return int(reading.rows(select(func.count()).select_from(some)).scalar_one())
