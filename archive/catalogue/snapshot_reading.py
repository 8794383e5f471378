"""What a hồ sơ is at this moment, as digests: taken when it is listed, and again when its destruction would begin.

Nobody has to remember to say that something changed: whoever changed it, by whatever way, the digests differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from archive.canonical import canonical_sha256
from archive.catalogue import rights_tables as r
from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.retention_tables import file_aips, files
from archive.catalogue.rows import AnyRow
from archive.disposal.snapshot import Snapshot
from archive.ledger import written_instant

ASKED_AT_ONCE = 500

DESCRIPTION = (
    "agency_code",
    "file_code",
    "fonds_code",
    "title",
    "opened_on",
    "received_on",
    "ended_year",
    "closed_at",
    "transferred_at",
    "transfer",
    "paper_code",
    "paper_permanent",
    "paper_reason",
    "plan_id",
    "plan_ordinal",
)
PERIOD = (
    "period_kind",
    "period_years",
    "period_event",
    "period_at_least",
    "event_year",
    "period_basis",
    "schedule_id",
    "schedule_version",
    "schedule_row",
    "profile",
    "profile_version",
    "review_on",
)
LEFT_OUT = ("id", "state", "round_id", "destroyed_at", "changed_at", "transfer_due_on")
"""What the round itself changes, or what follows from the rest. A test demands every column in one of the three."""


def snapshot(view: LedgerReading, file_id: str) -> Snapshot | None:
    """Of this hồ sơ; None when there is none."""
    return snapshots(view, [file_id]).get(file_id)


def snapshots(view: LedgerReading, file_ids: Iterable[str]) -> Mapping[str, Snapshot]:
    """Of each of these hồ sơ that there is."""
    found: dict[str, Snapshot] = {}
    for some in pieces(file_ids, ASKED_AT_ONCE):
        held = view.rows(select(files).where(files.c.id.in_(some))).all()
        packages = _packages(view, some)
        rights = _rights(view, [aip_id for listed in packages.values() for _, aip_id, _ in listed])
        for row in held:
            made_of = packages[row.id]
            found[row.id] = Snapshot(
                canonical_sha256(_part(row, DESCRIPTION)),
                canonical_sha256(_part(row, PERIOD)),
                canonical_sha256([list(one) for one in made_of]),
                canonical_sha256({aip_id: rights[aip_id] for _, aip_id, _ in made_of if aip_id in rights}),
            )
    return found


def _part(row: AnyRow, columns: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return written_instant(value)
    return value.isoformat() if isinstance(value, date) else value


def _packages(view: LedgerReading, file_ids: Iterable[str]) -> dict[str, list[tuple[int, str, int | None]]]:
    """Ordinal, id and number of documents; not the digest of the object: a package may be sealed anew unchanged."""
    f = file_aips.c
    query = select(f.file_id, f.ordinal, f.aip_id, t.aips.c.document_count)
    query = query.outerjoin(t.aips, t.aips.c.id == f.aip_id).where(f.file_id.in_(list(file_ids)))
    found: dict[str, list[tuple[int, str, int | None]]] = defaultdict(list)
    for row in view.rows(query.order_by(f.file_id, f.ordinal)):
        found[row.file_id].append((row.ordinal, row.aip_id, row.document_count))
    return found


def _rights(view: LedgerReading, aip_ids: Iterable[str]) -> dict[str, list[list[Any]]]:
    """Decided modes by the record that decided them, and permissions; that one runs out by itself changes nothing."""
    m, g = r.usage_modes.c, r.grants.c
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for some in pieces(aip_ids, ASKED_AT_ONCE):
        modes = select(m.aip_id, m.ordinal, m.mode, m.changed_seq).where(m.aip_id.in_(some))
        for row in view.rows(modes.order_by(m.aip_id, m.ordinal)):
            found[row.aip_id].append(["mode", row.ordinal, row.mode, row.changed_seq])
        given = select(g.aip_id, g.id, g.withdrawn_at).where(g.aip_id.in_(some))
        for row in view.rows(given.order_by(g.aip_id, g.id)):
            found[row.aip_id].append(["grant", row.id, row.withdrawn_at is not None])
    return found
