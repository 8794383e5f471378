"""Uploads that any machine may go on with: where each stands, which of its parts count, and who makes a submission of it.

A part counts by one statement that moves the offset from where the part begins to where it ends: of two that begin at the
same place exactly one does. Whoever finishes an upload gives it the id of a submission of his own; the record of that
submission is refused (``require_finishing``) once another has given it another, so that it becomes one at the most.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update

from archive.catalogue import tables as t
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.catalogue.service_tables import upload_parts, uploads
from archive.catalogue.worker_model import FRESH
from archive.catalogue.worker_reading import database_now
from archive.catalogue.writing import Transaction
from archive.errors import StaleClaimError

_ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SharedUpload:
    """One upload. ``length_bytes`` None until its sender knows it; ``became``: the submission made of it."""

    id: str
    account_id: str
    owner: str
    actor: str
    length_bytes: int | None
    name: str
    client_key: str | None
    sent_metadata: str
    submission_id: str
    offset_bytes: int
    moved_at: datetime
    finishing_until: datetime | None = None
    became: str | None = None

    @property
    def complete(self) -> bool:
        return self.offset_bytes == self.length_bytes


@dataclass(frozen=True, slots=True)
class UploadPart:
    """Bytes that are durable in the shared store; ``token`` tells their object from others that begin there too."""

    offset_bytes: int
    length_bytes: int
    sha256: str
    token: str


def shared_upload(view: Reading, upload_id: str) -> SharedUpload | None:
    row = view.rows(select(uploads).where(uploads.c.id == upload_id)).first()
    return None if row is None else _upload(row)


def under_way(view: Reading, account_id: str, before: datetime, complete_before: datetime) -> int:
    """How many uploads of this account have not become a submission yet, those that are over left out."""
    c = uploads.c
    ours = and_(c.account_id == account_id, c.became.is_(None), ~_over(before, complete_before))
    query = select(func.count()).select_from(uploads).where(ours)
    return int(view.rows(query).scalar_one())


def announced_bytes(view: Reading) -> int:
    """How many bytes of all uploads under way are announced and not there yet."""
    c = uploads.c
    missing = func.coalesce(func.sum(c.length_bytes - c.offset_bytes), 0)
    return int(view.rows(select(missing).where(c.became.is_(None), c.length_bytes.is_not(None))).scalar_one())


def parts_behind(view: Reading, upload_id: str, offset_bytes: int, limit: int = 1000) -> list[UploadPart]:
    """Of the parts that count, those that begin at ``offset_bytes`` or behind it: in order, without a gap, not all at once."""
    c = upload_parts.c
    query = select(c.offset_bytes, c.length_bytes, c.sha256, c.token).order_by(c.offset_bytes).limit(limit)
    found = view.rows(query.where(c.upload_id == upload_id, c.offset_bytes >= offset_bytes))
    return [UploadPart(*row) for row in found]


def complete_uploads(view: Reading) -> list[str]:
    """Those all of whose bytes are there and of which no submission was made yet."""
    c = uploads.c
    query = select(c.id).where(c.became.is_(None), c.offset_bytes == c.length_bytes).order_by(c.moved_at)
    return [row.id for row in view.rows(query)]


def moved_last_before(view: Reading, before: datetime, complete_before: datetime) -> list[str]:
    """Those nobody went on with since ``before``, and complete ones of no submission yet since ``complete_before``."""
    return [row.id for row in view.rows(select(uploads.c.id).where(_over(before, complete_before)))]


def still_coming(view: Reading, upload_ids: Collection[str]) -> set[str]:
    """Those of these that are there, and no submission yet: their bytes are needed."""
    c, found = uploads.c, set[str]()
    for some in pieces(upload_ids, _ASKED_AT_ONCE):
        found |= {row.id for row in view.rows(select(c.id).where(c.id.in_(some), c.became.is_(None)))}
    return found


def made_submissions(view: Reading, upload_ids: Collection[str]) -> dict[str, str | None]:
    """Of these uploads, those whose bytes nobody needs any more: the submission each became, None of one that is no more.

    One that is recorded as a submission and not said to have become it counts as that. Uploads still coming are left out.
    """
    u, s, found = uploads.c, t.submissions.c, dict[str, str | None]()
    for some in pieces(upload_ids, _ASKED_AT_ONCE):
        recorded = select(u.id, u.became, s.id).outerjoin(t.submissions, s.id == u.submission_id).where(u.id.in_(some))
        known = {row[0]: row[1] or row[2] for row in view.rows(recorded)}
        found |= {name: known.get(name) for name in some if name not in known or known[name] is not None}
    return found


def begin_upload(tx: Transaction, new: SharedUpload) -> None:
    tx.rows(insert(uploads).values(asdict(new)))


def fix_length(tx: Transaction, upload_id: str, length_bytes: int) -> bool:
    """Whether its length, unknown before and no smaller than what is there, is this one from now on."""
    c = uploads.c
    ours = and_(c.id == upload_id, c.length_bytes.is_(None), c.offset_bytes <= length_bytes)
    return bool(tx.rows(update(uploads).where(ours).values(length_bytes=length_bytes)).rowcount)


def count_part(tx: Transaction, upload_id: str, part: UploadPart, at: datetime) -> bool:
    """Whether the part goes on from where the upload stands; then it counts, and no other that begins there ever will."""
    c, end = uploads.c, part.offset_bytes + part.length_bytes
    ours = and_(
        c.id == upload_id,
        c.offset_bytes == part.offset_bytes,
        c.became.is_(None),
        or_(c.length_bytes.is_(None), c.length_bytes >= end),
    )
    if not tx.rows(update(uploads).where(ours).values(offset_bytes=end, moved_at=at)).rowcount:
        return False
    tx.rows(insert(upload_parts).values(upload_id=upload_id, **asdict(part)))
    return True


def take_finishing(tx: Transaction, upload_id: str, submission_id: str) -> SharedUpload | None:
    """The upload, to be made the submission ``submission_id`` by whoever asks, and by nobody else while he beats.

    Made one already, by somebody who did not come to say so: ``became`` tells it, and it is for whoever asks to look that
    nothing of it is missing and to say so (``record_became``). None while another is at it, while bytes are missing, and
    when there is no such upload.
    """
    c, now = uploads.c, database_now(tx)
    standing = shared_upload(tx, upload_id)
    if standing is None or standing.became is not None:
        return standing
    if not standing.complete:
        return None
    s = t.submissions.c
    if tx.rows(select(s.id).where(s.id == standing.submission_id)).first() is not None:
        return replace(standing, became=standing.submission_id, finishing_until=None)
    if standing.finishing_until is not None and now < standing.finishing_until:
        return None
    values = {"submission_id": submission_id, "finishing_until": now + FRESH}
    tx.rows(update(uploads).where(c.id == upload_id).values(values))
    return shared_upload(tx, upload_id)


def beat_finishing(tx: Transaction, upload_id: str, submission_id: str, life: timedelta = FRESH) -> None:
    """Whoever makes ``submission_id`` of it is at it still; no ``life``: any more. Another's turn is not touched."""
    c = uploads.c
    ours = and_(c.id == upload_id, c.submission_id == submission_id, c.became.is_(None))
    tx.rows(update(uploads).where(ours).values(finishing_until=database_now(tx) + life))


def require_finishing(tx: Transaction, upload_id: str, submission_id: str) -> None:
    """Raises StaleClaimError unless the upload is still to become this submission."""
    standing = shared_upload(tx, upload_id)
    if standing is None or standing.submission_id != submission_id:
        raise StaleClaimError("Lần tải lên này đã được một tiến trình khác tiếp nhận.", detail=upload_id)


def record_became(tx: Transaction, upload_id: str, submission_id: str) -> None:
    values = {"became": submission_id, "finishing_until": None}
    tx.rows(update(uploads).where(uploads.c.id == upload_id).values(values))


def drop_upload(tx: Transaction, upload_id: str) -> bool:
    """Whether the upload is gone; False, and nothing is touched, while somebody makes a submission of it."""
    standing = shared_upload(tx, upload_id)
    if standing is None:
        return True
    if standing.finishing_until is not None and database_now(tx) < standing.finishing_until:
        return False
    _drop(tx, upload_id)
    return True


def drop_over(tx: Transaction, upload_id: str, before: datetime, complete_before: datetime) -> bool:
    """Whether this very call took it away: of many who clean up at once, one does what else is to be done."""
    if tx.rows(select(uploads.c.id).where(uploads.c.id == upload_id, _over(before, complete_before))).first() is None:
        return False
    standing = shared_upload(tx, upload_id)
    return standing is not None and drop_upload(tx, upload_id)


def _drop(tx: Transaction, upload_id: str) -> None:
    tx.rows(delete(upload_parts).where(upload_parts.c.upload_id == upload_id))
    tx.rows(delete(uploads).where(uploads.c.id == upload_id))


def _over(before: datetime, complete_before: datetime) -> Any:
    c = uploads.c
    waits = and_(c.became.is_(None), c.length_bytes.is_not(None), c.offset_bytes == c.length_bytes)
    return and_(c.moved_at <= before, or_(~waits, c.moved_at <= complete_before))


def _upload(row: Any) -> SharedUpload:
    return SharedUpload(**row._mapping)
