"""Where likes of a document are held, for one agency: its own places by name, those of others only as a fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from archive.catalogue import tables as t
from archive.catalogue.model import Place
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import ASKED_AT_ONCE, Reading


class Likeness(StrEnum):
    """On which level: the whole file, a signed revision of it, or number, notation, agency and date."""

    BYTES = "bytes"
    REVISION = "revision"
    IDENTITY = "identity"


def places_seen_by(
    reading: Reading, owner: str, likeness: Likeness, values: Iterable[str]
) -> Mapping[str, Place | None]:
    """For each of ``values`` that some held document has: a place of ``owner``, or None when only others hold it."""
    column, source = _asked(likeness)
    d, a, s = t.documents.c, t.aips.c, t.submissions.c
    found: dict[str, Place | None] = {}
    for some in pieces(values, ASKED_AT_ONCE):
        query = source.join(t.aips, a.id == d.aip_id).join(t.submissions, s.id == a.submission_id)
        query = query.where(column.in_(some)).order_by(d.aip_id, d.ordinal)
        query = query.with_only_columns(column.label("asked"), s.owned_by, a.file_code, d.aip_id, d.path)
        for row in reading.rows(query):
            if row.owned_by != owner:
                found.setdefault(row.asked, None)
            elif found.get(row.asked) is None:
                found[row.asked] = Place(row.file_code, row.aip_id, row.path)
    return found


def _asked(likeness: Likeness) -> tuple[ColumnElement[Any], Select[Any]]:
    d, r = t.documents.c, t.revisions.c
    match likeness:
        case Likeness.BYTES:
            return d.sha256, select(t.documents)
        case Likeness.REVISION:
            joined = and_(r.aip_id == d.aip_id, r.ordinal == d.ordinal)
            return r.sha256, select(t.documents).join(t.revisions, joined)
        case Likeness.IDENTITY:
            return d.identity_key, select(t.documents)
