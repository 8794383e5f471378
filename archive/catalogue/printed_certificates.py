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


def printed_certificate(view: LedgerReading, round_id: str) -> PrintedCertificate | None:
    """None as long as it was not issued, or not printed."""
    c = destruction_certificates.c
    found = select(c.round_id, c.printed_key, c.printed_sha256, c.printed_size_bytes)
    row = view.rows(found.where(c.round_id == round_id, c.printed_key.is_not(None))).first()
    return None if row is None else PrintedCertificate(*row)


def certified_unprinted(view: LedgerReading) -> list[str]:
    """Rounds whose certificate was issued and is not on sheets yet."""
    c = destruction_certificates.c
    return list(view.rows(select(c.round_id).where(c.printed_key.is_(None)).order_by(c.round_id)).scalars())


def record_printed(tx: Transaction, printed: PrintedCertificate, *, actor: str, at: datetime) -> None:
    """Its sheets lie in every store. Recorded before, what was recorded stands: write-once."""
    c = destruction_certificates.c
    change = update(destruction_certificates).where(c.round_id == printed.round_id, c.printed_key.is_(None))
    values = {
        "printed_key": printed.object_key,
        "printed_sha256": printed.sha256,
        "printed_size_bytes": printed.size_bytes,
    }
    if tx.rows(change.values(values)).rowcount:
        data = {"sha256": printed.sha256, "size_bytes": printed.size_bytes}
        tx.append(Event.ROUND_CERTIFICATE_PRINTED, printed.round_id, actor=actor, at=at, data=data)


def known_certificates(view: LedgerReading, object_keys: Collection[str]) -> set[str]:
    """Those of these object keys (some hundred at most) under which the sheets of a certificate lie."""
    c = destruction_certificates.c
    return set(view.rows(select(c.printed_key).where(c.printed_key.in_(list(object_keys)))).scalars())
