"""The receipt (biên nhận): what the archive signs it has, and the return reason: why it has not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from archive.finding import Finding
from archive.local_time import local_text
from ingest.policy import Consequence, Decision
from schemas.findings import finding_kinds

RECEIPT_SCHEMA = "luutru-receipt/1"
RETURN_SCHEMA = "luutru-return/1"


def described(item: Finding) -> dict[str, Any]:
    """A finding as letters and receipts show it: with what to do about it."""
    kind = finding_kinds().get(item.code)
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "remedy": kind.remedy if kind else "",
        "document": item.document,
        "clause": item.clause,
    }


def receipt_statement(
    *,
    submission: Mapping[str, Any],
    archive: Mapping[str, str],
    aip: Mapping[str, Any],
    documents: Iterable[Mapping[str, Any]],
    findings: Iterable[Finding],
    ledger: Mapping[str, Any],
    issued_at: datetime,
) -> dict[str, Any]:
    """What the archive signs: who submitted what and when, the digest of every original, the package and its verified
    copies, what the checks noted, and the ledger position that proves it was recorded (NĐ 64/2007 Điều 37, TT 05 Điều 23).
    """
    rows = [dict(row) for row in documents]
    return {
        "schema": RECEIPT_SCHEMA,
        "archive": dict(archive),
        **submission,
        "issued_at": local_text(issued_at),
        "aip": dict(aip),
        "documents": rows,
        "size_bytes": sum(row["size_bytes"] for row in rows),
        "findings": [described(item) for item in findings],
        "ledger": dict(ledger),
    }


def return_reason(
    *,
    submission: Mapping[str, Any],
    archive: Mapping[str, str],
    decision: Decision,
    findings: Iterable[Finding],
    returned_at: datetime,
    remove_after: datetime,
    note: str = "",
) -> dict[str, Any]:
    """Why a submission came back, for programs and for the printed letter (NĐ 30/2020 Điều 21.2b)."""
    others = [item for item in findings if item not in decision.reasons]
    return {
        "schema": RETURN_SCHEMA,
        "archive": dict(archive),
        **submission,
        "returned_at": local_text(returned_at),
        "remove_after": local_text(remove_after),
        "consequence": (Consequence.RETURN if note else decision.consequence).value,
        "note": note,
        "reasons": [described(item) for item in decision.reasons],
        "others": [described(item) for item in others],
    }
