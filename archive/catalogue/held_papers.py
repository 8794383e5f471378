"""Everything on paper that the stores hold of rounds: attached papers, each of its bytes once, and certificates on sheets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, union

from archive.catalogue.destruction_tables import destruction_certificates
from archive.catalogue.disposal_tables import round_papers
from archive.catalogue.ledger_reading import LedgerReading

_PAGE = 500


@dataclass(frozen=True, slots=True)
class HeldPaper:
    object_key: str
    sha256: str
    size_bytes: int


def held_papers(view: LedgerReading, round_id: str = "") -> Iterator[HeldPaper]:
    """Of all rounds, or of one, by their keys; flat memory."""
    p, c = round_papers.c, destruction_certificates.c
    attached = select(p.object_key, p.sha256, p.size_bytes)
    printed = select(c.printed_key, c.printed_sha256, c.printed_size_bytes).where(c.printed_size_bytes.is_not(None))
    if round_id:
        attached, printed = attached.where(p.round_id == round_id), printed.where(c.round_id == round_id)
    every = union(attached, printed).subquery()
    query = select(every).order_by(every.c.object_key, every.c.sha256).limit(_PAGE)
    after = ""
    while page := view.rows(query.where(every.c.object_key > after)).all():
        yield from (HeldPaper(*row) for row in page)
        after = page[-1].object_key
