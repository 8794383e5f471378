"""What waits for a person, the oldest first, page by page from the index."""

from __future__ import annotations

from sqlalchemy import literal, select, tuple_

from archive.catalogue import tables as t
from archive.catalogue.columns import Instant
from archive.catalogue.model import Submission, read_cursor
from archive.catalogue.reading import Reading
from archive.catalogue.rows import submission_of
from archive.lifecycle import State


def waiting_for_review(reading: Reading, *, after: str | None = None, limit: int = 100) -> tuple[Submission, ...]:
    """Submissions in review from behind ``after`` (``Submission.cursor``) on. Raises CursorUnknownError."""
    c = t.submissions.c
    query = select(t.submissions).where(c.state == State.IN_REVIEW.value).order_by(c.entered_at, c.id).limit(limit)
    if after is not None:
        entered_at, submission_id = read_cursor(after)
        query = query.where(tuple_(c.entered_at, c.id) > tuple_(literal(entered_at, Instant), submission_id))
    return tuple(map(submission_of, reading.rows(query)))
