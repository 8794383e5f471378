"""Which tables go with the checkpoints to the stores, and where every other one comes from after a loss.

Each table of the catalogue stands in exactly one of these lists; a test demands it of new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Column, Table

from archive.catalogue import (  # noqa: F401 (each adds its tables to the metadata)
    alert_tables,
    audit_tables,
    checkpoint_tables,
    destruction_tables,
    disposal_tables,
    paper_tables,
    policy_tables,
    repair_tables,
    retention_tables,
    rights_tables,
    sealing_tables,
    service_tables,
    worker_tables,
)
from archive.catalogue.tables import metadata

CARRIED = frozenset(
    {
        "absence_runs",
        "accounts",
        "activity_reports",
        "agencies",
        "alerts",
        "asides",
        "audit_findings",
        "audit_runs",
        "backups",
        "canaries",
        "copies",
        "destruction_certificates",
        "destruction_work",
        "drills",
        "file_aips",
        "file_plan_lines",
        "file_plans",
        "files",
        "fonds",
        "fsck_runs",
        "grants",
        "hold_files",
        "hold_pieces",
        "holds",
        "incidents",
        "medium_moves",
        "paper_orders",
        "paper_particulars",
        "receipts",
        "registration_numbers",
        "repairs",
        "replaced_objects",
        "reports",
        "retention_reviews",
        "retention_schedules",
        "rights_changes",
        "round_decisions",
        "round_lines",
        "round_opinions",
        "round_papers",
        "round_persons",
        "round_sessions",
        "round_votes",
        "rounds",
        "saved_searches",
        "sealed_aips",
        "storage_places",
        "storage_policies",
        "submissions",
        "tokens",
        "tombstone_documents",
        "tombstone_packages",
        "tombstone_submissions",
        "tombstones",
        "usage_modes",
    }
)
"""Their rows go to the stores whenever they change, without the columns in ``SECRET_COLUMNS``."""

FROM_PACKAGES = frozenset({"aip_validation", "aips", "documents", "revisions", "validation_material"})
"""Read again from the packages themselves."""

FROM_LEDGER = frozenset({"ledger", "ledger_end"})
"""Read again from the ledger's segments."""

FROM_CHECKPOINTS = frozenset({"checkpoint_timestamps", "checkpoints"})
"""Read again from the checkpoints themselves."""

NOT_CARRIED: Mapping[str, str] = {
    "absence_parts": "looks under way on each machine; what came of an ended one stands in the report of its run",
    "alembic_version": "the version of the program that rebuilds",
    "alert_deliveries": "messages on their way; a new machine tells what is wrong then",
    "alert_notices": "messages on their way; a new machine tells what is wrong then",
    "claims": "which worker carries what at this moment",
    "cursors": "how far followers have read: a new index begins anew",
    "destruction_orders": "what was asked of workers; a person asks again, what had begun goes on by itself",
    "failed_attempts": "counts of minutes",
    "machines": "which machines work: those of a new archive say so themselves",
    "rate_windows": "counts of minutes",
    "row_changes": "what the next checkpoint will hold",
    "schedule_runs": "a new machine runs what is due",
    "sealing_lease": "who seals at this moment",
    "shipments": "seen again from the stores",
    "upload_parts": "what is not acknowledged as a submission yet; its sender begins anew",
    "uploads": "what is not acknowledged as a submission yet; its sender begins anew",
    "used_logins": "logins of minutes",
    "workers": "who lives at this moment",
}

SECRET_COLUMNS: Mapping[str, frozenset[str]] = {
    "accounts": frozenset({"password_hash"}),
    "tokens": frozenset({"secret_sha256"}),
}
"""Never written to a store; the encrypted backup of secrets has them."""


@cache
def carried_tables() -> tuple[Table, ...]:
    """In an order in which rows may be put back: a table stands behind those it refers to."""
    return tuple(table for table in metadata.sorted_tables if table.name in CARRIED)


def carried_columns(table: Table) -> tuple[Column[object], ...]:
    """What of a row is carried: no secret, and nothing the database works out itself."""
    secret = SECRET_COLUMNS.get(table.name, frozenset())
    return tuple(column for column in table.columns if column.computed is None and column.name not in secret)
