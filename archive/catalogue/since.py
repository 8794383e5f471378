"""What has changed behind a checkpoint, for whoever compares the living catalogue with what was sealed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from archive.catalogue.checkpoint_tables import checkpoints, row_changes
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.tables import aip_validation

_PAGE = 1000


def keys_changed_behind(view: LedgerReading, change: int) -> Iterator[tuple[str, str]]:
    """Table and key (a JSON array) of every row noted as changed behind ``change``."""
    c = row_changes.c
    query = select(c.table_name, c.row_key).where(c.change > change).distinct().execution_options(yield_per=_PAGE)
    for row in view.rows(query):
        yield row.table_name, row.row_key


def sealed_change(view: LedgerReading, number: int) -> int:
    """The last change of a row that the checkpoint ``number`` speaks of."""
    found = view.rows(select(checkpoints.c.last_change).where(checkpoints.c.number == number)).scalar()
    return int(found or 0)


def packages_of_material(view: LedgerReading, sha256: str) -> list[str]:
    """The packages that a certificate, revocation datum or time-stamp belongs to."""
    c = aip_validation.c
    return list(view.rows(select(c.aip_id).where(c.sha256 == sha256)).scalars())
