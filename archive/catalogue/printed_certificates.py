"""Certificates of destruction on sheets: where the PDF/A of each lies in every store, and its digest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from archive.catalogue.destruction_tables import destruction_certificates
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.writing import Transaction
from archive.events import Event


@dataclass(frozen=True, slots=True)
class PrintedCertificate:
    round_id: str
    object_key: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NotedSheets:
    """What was printed and may lie in any store, or in none: it was not recorded that it lies in every one."""

    object_key: str
    sha256: str


def printed_certificate(view: LedgerReading, round_id: str) -> PrintedCertificate | None:
    """None as long as it was not issued, or its sheets do not lie in every store."""
    c = destruction_certificates.c
    found = select(c.round_id, c.printed_key, c.printed_sha256, c.printed_size_bytes)
    row = view.rows(found.where(c.round_id == round_id, c.printed_size_bytes.is_not(None))).first()
    return None if row is None else PrintedCertificate(*row)


def noted_sheets(view: LedgerReading, round_id: str) -> NotedSheets | None:
    """What an attempt before noted; None: nobody printed, or they are recorded as printed."""
    c = destruction_certificates.c
    noted = (c.printed_key.is_not(None), c.printed_size_bytes.is_(None))
    row = view.rows(select(c.printed_key, c.printed_sha256).where(c.round_id == round_id, *noted)).first()
    return None if row is None else NotedSheets(*row)


def certified_unprinted(view: LedgerReading) -> list[str]:
    """Rounds whose certificate was issued and is not on sheets yet."""
    c = destruction_certificates.c
    return list(view.rows(select(c.round_id).where(c.printed_size_bytes.is_(None)).order_by(c.round_id)).scalars())


def note_sheets(tx: Transaction, round_id: str, sheets: NotedSheets, *, instead_of: NotedSheets | None) -> bool:
    """Where the sheets will lie, known before they do, so that whoever comes next goes on with them. False, and nothing is
    written, where something else than ``instead_of`` is noted or recorded: another was faster."""
    c = destruction_certificates.c
    change = update(destruction_certificates).where(c.round_id == round_id, c.printed_size_bytes.is_(None))
    change = change.where(c.printed_key.is_(None) if instead_of is None else c.printed_key == instead_of.object_key)
    return bool(tx.rows(change.values(printed_key=sheets.object_key, printed_sha256=sheets.sha256)).rowcount)


def record_printed(tx: Transaction, printed: PrintedCertificate, *, actor: str, at: datetime) -> None:
    """The noted sheets lie in every store. What was recorded before, or noted by another, stands: write-once."""
    c = destruction_certificates.c
    same = (c.printed_key == printed.object_key, c.printed_sha256 == printed.sha256, c.printed_size_bytes.is_(None))
    change = update(destruction_certificates).where(c.round_id == printed.round_id, *same)
    if tx.rows(change.values(printed_size_bytes=printed.size_bytes)).rowcount:
        data = {"sha256": printed.sha256, "size_bytes": printed.size_bytes}
        tx.append(Event.ROUND_CERTIFICATE_PRINTED, printed.round_id, actor=actor, at=at, data=data)


def known_certificates(view: LedgerReading, object_keys: Collection[str]) -> set[str]:
    """Those of these object keys (some hundred at most) under which the sheets of a certificate lie, or may by now."""
    c = destruction_certificates.c
    return set(view.rows(select(c.printed_key).where(c.printed_key.in_(list(object_keys)))).scalars())
