"""What is known of a paper beyond its row: sheets, formal parts, and how it was judged when it came back signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select

from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.paper_tables import paper_particulars
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_tables import file_aips
from archive.catalogue.writing import Transaction

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Particulars:
    """``judgement``: as ``PaperJudgement.as_json`` has it; None for what the archive printed itself."""

    round_id: str
    kind: str
    ordinal: int
    sheets: int
    organ: str
    number: str
    notation: str
    issued: date | None
    judgement: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """What a hồ sơ is made of, over all its packages."""

    documents: int
    size_bytes: int


def keep_particulars(tx: Transaction, new: Particulars) -> None:
    """Written once; said before, it stands."""
    c = paper_particulars.c
    same = (c.round_id == new.round_id, c.kind == new.kind, c.ordinal == new.ordinal)
    if tx.rows(select(c.ordinal).where(*same)).first() is None:
        values = {name: getattr(new, name) for name in Particulars.__slots__}
        values["judgement"] = None if new.judgement is None else dict(new.judgement)
        tx.rows(insert(paper_particulars).values(values))


def particulars_of(view: LedgerReading, round_id: str) -> Mapping[tuple[str, int], Particulars]:
    """By kind and number of the paper."""
    query = select(paper_particulars).where(paper_particulars.c.round_id == round_id)
    return {(row.kind, row.ordinal): Particulars(**row._mapping) for row in view.rows(query)}


def extents_of(view: LedgerReading, file_ids: Iterable[str]) -> Mapping[str, Extent]:
    """Of each of these hồ sơ that still has packages."""
    f, a = file_aips.c, t.aips.c
    found: dict[str, Extent] = {}
    for some in pieces(file_ids, _AT_ONCE):
        query = (
            select(f.file_id, func.sum(a.document_count), func.sum(a.size_bytes))
            .join(t.aips, a.id == f.aip_id)
            .where(f.file_id.in_(some))
            .group_by(f.file_id)
        )
        for file_id, documents, size_bytes in view.rows(query):
            found[file_id] = Extent(int(documents), int(size_bytes))
    return found
