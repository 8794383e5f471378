"""Signed checkpoints of the ledger, what was copied to which store, and which rows have changed since."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
