"""Which hồ sơ have ended, and with which packages, by the ledger alone: rows that say so are believed only where it does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from archive.catalogue.destruction_tables import tombstone_packages
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.events import Event
from archive.ledger import Record, read_record

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class End:
    """What the ledger says of the end of one hồ sơ. ``destroyed``: None until its absence was proven."""

    begun: Record
    aip_ids: frozenset[str]
    destroyed: Record | None


def ends(view: LedgerReading) -> Iterator[End]:
    """Every hồ sơ whose destruction has begun, in the order of the ledger; flat memory."""
    after = 0
    while page := view.records(after=after, event=Event.FILE_DESTRUCTION_BEGUN):
        for some in pieces([record.subject for record in page], _AT_ONCE):
            found = ends_of(view, some)
            yield from (found[file_id] for file_id in dict.fromkeys(some))
        after = page[-1].seq


def ends_of(view: LedgerReading, file_ids: Collection[str]) -> Mapping[str, End]:
    """The ends of those of these hồ sơ (some hundred at most) that have begun."""
    begun: dict[str, Record] = {}
    destroyed: dict[str, Record] = {}
    packages: dict[str, set[str]] = {}
    for row in view.ledger_rows_of(file_ids):
        if row.event == Event.FILE_PACKAGE_ADDED:
            record = read_record(row.body.encode("utf-8"), row.hash)
            packages.setdefault(row.subject, set()).add(str(record.data["aip_id"]))
        elif row.event == Event.FILE_DESTRUCTION_BEGUN:
            begun.setdefault(row.subject, read_record(row.body.encode("utf-8"), row.hash))
        elif row.event == Event.FILE_CONTENT_DESTROYED:
            destroyed.setdefault(row.subject, read_record(row.body.encode("utf-8"), row.hash))
    return {
        file_id: End(record, frozenset(packages.get(file_id, ())), destroyed.get(file_id))
        for file_id, record in begun.items()
    }


def ended_by_ledger(view: LedgerReading, aip_ids: Collection[str]) -> set[str]:
    """Those of these packages that have a tombstone, and of whose hồ sơ the ledger says that its destruction has begun."""
    c = tombstone_packages.c
    found: set[str] = set()
    for some in pieces(sorted(aip_ids), _AT_ONCE):
        of = {row.aip_id: row.file_id for row in view.rows(select(c.aip_id, c.file_id).where(c.aip_id.in_(some)))}
        told = ends_of(view, sorted(set(of.values())))
        found |= {aip_id for aip_id, file_id in of.items() if file_id in told and aip_id in told[file_id].aip_ids}
    return found
